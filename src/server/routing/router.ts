/**
 * RFC 6120 section 10: where a stanza goes, by the domain of its address. Each domain that is ours, and
 * each service, is one destination; everything else goes to the one that federates.
 */
import { Packet } from '../../xmpp/packet.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { errorReply, StanzaError } from '../../xmpp/stanza-error.ts'
import type { Home } from './home.ts'
import { operatingRefusal } from './operating-refusal.ts'

/**
 * What is behind a domain of ours: accounts of this server, a service of it, or a component, of which only the component
 * itself knows more (XEP-0114).
 */
export type Served = 'accounts' | 'service' | 'component'
/** 'elsewhere': the domain is not ours. */
export type DomainKind = Served | 'elsewhere'
/**
 * Where a name has its home, the one place that holds it in memory. 'here': in this process. 'ours': in another process of
 * this server; no name is there yet. 'elsewhere': behind a link that can break, to another server or to a component.
 */
export type Place = 'here' | 'ours' | 'elsewhere'

export interface Destination {
  /**
   * Takes over a stanza that has a `to`. Throws a StanzaError when it refuses; a promise makes the sender's lane wait.
   * @param origin who is to be told of a refusal that comes later, when nobody waits for it; null: nobody
   */
  deliver(packet: Packet, origin: Jid | null): void | Promise<void>
}

/** Where other people's domains are when this server does not federate (10.4.3). */
const nowhere: Destination = {
  deliver() {
    throw new StanzaError('remote-server-not-found', { text: 'This server does not connect to other servers' })
  },
}

/** Addresses, by the homes of those that are accounts of ours. */
export interface ByHome {
  readonly ours: ReadonlyMap<Home, readonly Jid[]>
  readonly others: readonly Jid[]
}

export interface RouterParts {
  readonly facts: FactBoard
  /** Told of errors that are not the sender's. */
  readonly failed: (error: unknown, packet: Packet) => void
}

export class Router {
  readonly #facts: FactBoard
  readonly #destinations = new Map<string, Destination>()
  readonly #kinds = new Map<string, Served>()
  readonly #homes = new Map<string, Home>()
  readonly #failed: (error: unknown, packet: Packet) => void
  #remote: Destination = nowhere
  /** Stanzas that their destinations have not done yet. */
  #underWay = 0
  #idle: (() => void)[] = []

  constructor({ facts, failed }: RouterParts) {
    this.#facts = facts
    this.#failed = failed
  }
  /** Stanzas for `domain` go to `destination` from now on. @param kind what is there */
  claim(domain: string, kind: Served, destination: Destination): void {
    if (this.#kinds.has(domain)) throw new Error(`Two parts of the server want the domain "${domain}"`)
    this.#kinds.set(domain, kind)
    this.#destinations.set(domain, destination)
  }
  /** Accounts are behind `domain`: their stanzas go to `destination`, and `home` answers what is asked about them. */
  claimAccounts(domain: string, destination: Destination, home: Home): void {
    this.claim(domain, 'accounts', destination)
    this.#homes.set(domain, home)
  }
  /** Stanzas for domains that nobody claims go to `destination` from now on. */
  claimRest(destination: Destination): void {
    this.#remote = destination
  }
  /** Is this domain ours, be it a component's? */
  serves(domain: string): boolean {
    return this.#kinds.has(domain)
  }
  /** What is behind this domain? Asked where it matters whether accounts are there. */
  kindOf(domain: string): DomainKind {
    return this.#kinds.get(domain) ?? 'elsewhere'
  }
  /** Where is this name at home? Asked where it matters whether what is said can get lost on the way, or memory can be read. */
  placeOf({ domain }: Jid): Place {
    const kind = this.#kinds.get(domain)
    return kind === 'accounts' || kind === 'service' ? 'here' : 'elsewhere'
  }
  /** The home of an account of ours; null: there is no account of ours at that domain. */
  homeOf({ domain }: Jid): Home | null {
    return this.#homes.get(domain) ?? null
  }
  /** The addresses by their homes, each in the given order, and those that have none among us. */
  byHome(addresses: Iterable<Jid>): ByHome {
    const ours = new Map<Home, Jid[]>()
    const others: Jid[] = []
    for (const address of addresses) {
      const home = this.#homes.get(address.domain)
      if (home === undefined) others.push(address)
      else if (ours.get(home)?.push(address) === undefined) ours.set(home, [address])
    }
    return { ours, others }
  }
  /**
   * Sends a stanza on its way to its `to`. A refusal is answered to `origin`.
   * @returns a promise when the destination has to wait; it does not reject
   */
  route(packet: Packet, origin: Jid = packet.from): void | Promise<void> {
    try {
      const waits = this.#to(packet.to!).deliver(packet, origin)
      return waits === undefined ? undefined : this.#await(waits.catch((error: unknown) => this.#refuse(packet, error, origin)))
    } catch (error) {
      return this.#refuse(packet, error, origin)
    }
  }
  /** Sends copies of one presence to many. What comes back is swallowed (RFC 6121 4.4.2). */
  routeAll(packet: Packet, to: readonly Jid[]): void {
    for (const jid of to) this.routeQuietly(packet.addressedTo(jid))
  }
  /** Sends a stanza whose failure concerns nobody. */
  routeQuietly(packet: Packet): void {
    try {
      const waits = this.#to(packet.to!).deliver(packet, null)
      if (waits !== undefined) void this.#await(waits.catch((error: unknown) => this.#swallow(packet, error)))
    } catch (error) {
      this.#swallow(packet, error)
    }
  }
  /** Answers `packet` with an error, if it is one that is answered. */
  refuse(packet: Packet, error: StanzaError, origin: Jid = packet.from): void | Promise<void> {
    const reply = errorReply(packet, error)
    if (reply !== null) return this.route(reply.addressedTo(origin))
  }

  /** The same, of whatever error a destination has met with. */
  failed(packet: Packet, error: unknown, origin: Jid | null): void {
    if (origin === null) this.#swallow(packet, error)
    else void this.#refuse(packet, error, origin)
  }

  /** A destination has taken the stanza over and could not deliver it. @param origin as in `Destination.deliver` */
  returned(packet: Packet, error: StanzaError, origin: Jid | null): void | Promise<void> {
    const { kind, from, to } = packet
    const isLost = kind === 'presence' && this.kindOf(from.domain) === 'accounts' && this.placeOf(to!) !== 'here'
    if (isLost) this.#facts.tell('presence-undelivered', { presence: packet, why: error })
    if (origin !== null) return this.refuse(packet, error, origin)
  }

  /** The other side has acknowledged the stanza; where nothing is acknowledged, it was written. */
  heard(packet: Packet): void {
    if (packet.kind === 'presence' && packet.type !== '') this.#facts.tell('presence-delivered', { presence: packet })
  }

  /** Resolves when no stanza is under way to a destination that has to wait, such as for the disk. */
  whenIdle(): Promise<void> {
    return new Promise((idle) => (this.#underWay === 0 ? idle() : void this.#idle.push(idle)))
  }

  #await(waits: Promise<void>): Promise<void> {
    this.#underWay += 1
    return waits.finally(() => {
      this.#underWay -= 1
      if (this.#underWay === 0) for (const tell of this.#idle.splice(0)) tell()
    })
  }
  #to(jid: Jid): Destination {
    return this.#destinations.get(jid.domain) ?? this.#remote
  }
  #refuse(packet: Packet, error: unknown, origin: Jid): void | Promise<void> {
    if (error instanceof StanzaError) return this.returned(packet, error, origin)
    this.#failed(error, packet)
    return this.refuse(packet, operatingRefusal(error), origin)
  }
  #swallow(packet: Packet, error: unknown): void {
    if (error instanceof StanzaError) void this.returned(packet, error, null)
    else this.#failed(error, packet)
  }
}
