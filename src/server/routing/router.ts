/**
 * RFC 6120 section 10: where a stanza goes, by the domain of its address. Each domain of ours, and each service, has one
 * destination; everything else goes to the destination for other servers.
 */
import { Packet } from '../../xmpp/packet.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { errorReply, StanzaError } from '../../xmpp/stanza-error.ts'
import type { Home } from './home.ts'
import { operatingRefusal } from './operating-refusal.ts'

/**
 * What is behind a domain of ours: accounts of this server, a service of it, or a component, whose addresses only the component
 * itself knows (XEP-0114).
 */
export type Served = 'accounts' | 'service' | 'component'
/** 'elsewhere' if the domain is not ours. */
export type DomainKind = Served | 'elsewhere'
/**
 * Where a name has its home, the one place that has it in memory. 'here': in this process. 'ours': in another process of this
 * server; no name is there yet. 'elsewhere': behind a link that can break, at another server or a component.
 */
export type Place = 'here' | 'ours' | 'elsewhere'

export interface Destination {
  /**
   * Takes over a stanza that has a `to`. Throws a StanzaError to refuse it; a promise makes the sender's lane wait.
   * @param origin told of a refusal that comes later, when nobody waits for it; null for nobody
   */
  deliver(packet: Packet, origin: Jid | null): void | Promise<void>
}

/** The destination for remote domains if this server does not federate (10.4.3). */
const nowhere: Destination = {
  deliver() {
    throw new StanzaError('remote-server-not-found', { text: 'This server does not connect to other servers' })
  },
}

/** Addresses grouped by the homes of local accounts. */
export interface ByHome {
  readonly ours: ReadonlyMap<Home, readonly Jid[]>
  readonly others: readonly Jid[]
}

const itself = (destination: Destination): Destination => destination

export interface RouterParts {
  readonly facts: FactBoard
  /** Told of errors that the sender did not cause. */
  readonly failed: (error: unknown, packet: Packet) => void
  /** Stands before what leaves for components and for other servers: see `labelling/guard.ts`. */
  readonly guarded?: (destination: Destination) => Destination
}

export class Router {
  readonly #facts: FactBoard
  readonly #destinations = new Map<string, Destination>()
  readonly #kinds = new Map<string, Served>()
  readonly #homes = new Map<string, Home>()
  readonly #failed: (error: unknown, packet: Packet) => void
  readonly #guarded: (destination: Destination) => Destination
  #remote: Destination = nowhere
  /** What `placeOf` was last asked, and its answer. */
  #lastName: Jid | null = null
  #lastPlace: Place = 'elsewhere'
  /** Stanzas that their destinations have not finished. */
  #underWay = 0
  #idle: (() => void)[] = []

  constructor({ facts, failed, guarded = itself }: RouterParts) {
    this.#facts = facts
    this.#failed = failed
    this.#guarded = guarded
  }
  /** From now on stanzas for `domain` go to `destination`. @param kind what is behind the domain */
  claim(domain: string, kind: Served, destination: Destination): void {
    if (this.#kinds.has(domain)) throw new Error(`Two parts of the server want the domain "${domain}"`)
    this.#kinds.set(domain, kind)
    this.#lastName = null
    this.#destinations.set(domain, kind === 'component' ? this.#guarded(destination) : destination)
  }
  /** `domain` has accounts: their stanzas go to `destination`, and `home` answers questions about them. */
  claimAccounts(domain: string, destination: Destination, home: Home): void {
    this.claim(domain, 'accounts', destination)
    this.#homes.set(domain, home)
  }
  /** From now on stanzas for all other domains go to `destination`. */
  claimRest(destination: Destination): void {
    this.#remote = this.#guarded(destination)
  }
  /** Is this domain ours, or that of a component? */
  serves(domain: string): boolean {
    return this.#kinds.has(domain)
  }
  /** The domains whose accounts and services are here. */
  *here(): Generator<string> {
    for (const [domain, kind] of this.#kinds) if (kind === 'accounts' || kind === 'service') yield domain
  }
  /** What is behind this domain? For code that depends on whether it has accounts. */
  kindOf(domain: string): DomainKind {
    return this.#kinds.get(domain) ?? 'elsewhere'
  }
  /** Where does this name have its home? For code that depends on whether stanzas can get lost, or memory can be read. */
  placeOf(name: Jid): Place {
    // Copies of one broadcast have one sender: the domain is looked up once for all of them
    if (name === this.#lastName) return this.#lastPlace
    const kind = this.#kinds.get(name.domain)
    this.#lastName = name
    return (this.#lastPlace = kind === 'accounts' || kind === 'service' ? 'here' : 'elsewhere')
  }
  /** The home of a local account; null if no local account can be at that domain. */
  homeOf({ domain }: Jid): Home | null {
    return this.#homes.get(domain) ?? null
  }
  /** The addresses by their homes, each group in the given order, and those without a home here. */
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
   * Routes a stanza to its `to`. A refusal is answered to `origin`.
   * @returns a promise if the destination has to wait; it does not reject
   */
  route(packet: Packet, origin: Jid = packet.from): void | Promise<void> {
    try {
      const waits = this.#to(packet.to!).deliver(packet, origin)
      return waits === undefined ? undefined : this.#await(waits.catch((error: unknown) => this.#refuse(packet, error, origin)))
    } catch (error) {
      return this.#refuse(packet, error, origin)
    }
  }
  /** Sends copies of one presence to many addresses. Errors are ignored (RFC 6121 4.4.2). */
  routeAll(packet: Packet, to: readonly Jid[]): void {
    let domain = ''
    let destination = this.#remote
    for (const jid of to) {
      // Contacts are often neighbours: the destination is looked up once for all of them
      if (jid.domain !== domain) {
        domain = jid.domain
        destination = this.#to(jid)
      }
      this.#quietly(packet.addressedTo(jid), destination)
    }
  }
  /** Sends a stanza whose failure is told to nobody. */
  routeQuietly(packet: Packet): void {
    this.#quietly(packet, this.#to(packet.to!))
  }
  #quietly(packet: Packet, destination: Destination): void {
    try {
      const waits = destination.deliver(packet, null)
      if (waits !== undefined) void this.#await(waits.catch((error: unknown) => this.#swallow(packet, error)))
    } catch (error) {
      this.#swallow(packet, error)
    }
  }
  /** Answers `packet` with an error, unless it is a stanza that must not be answered. */
  refuse(packet: Packet, error: StanzaError, origin: Jid = packet.from): void | Promise<void> {
    const reply = errorReply(packet, error)
    if (reply !== null) return this.route(reply.addressedTo(origin))
  }

  /** The same for any error of a destination. */
  failed(packet: Packet, error: unknown, origin: Jid | null): void {
    if (origin === null) this.#swallow(packet, error)
    else void this.#refuse(packet, error, origin)
  }

  /** A destination took the stanza over and could not deliver it. @param origin as in `Destination.deliver` */
  returned(packet: Packet, error: StanzaError, origin: Jid | null): void | Promise<void> {
    const { kind, from, to } = packet
    const isLost = kind === 'presence' && this.kindOf(from.domain) === 'accounts' && this.placeOf(to!) !== 'here'
    if (this.kindOf(from.domain) === 'service' && this.placeOf(to!) !== 'here')
      this.#facts.tell('service-undelivered', { packet })
    if (isLost) this.#facts.tell('presence-undelivered', { presence: packet, why: error })
    if (origin !== null) return this.refuse(packet, error, origin)
  }

  /** The other side has acknowledged the stanza; without acknowledgements, it was written. */
  heard(packet: Packet): void {
    if (packet.kind === 'presence' && packet.type !== '') this.#facts.tell('presence-delivered', { presence: packet })
  }

  /** Resolves when no destination is still waiting, for example for the disk. */
  whenIdle(): Promise<void> {
    return new Promise((idle) => (this.#underWay === 0 ? idle() : void this.#idle.push(idle)))
  }

  /** Work that a fact has begun, and that nobody waits for: the database is not closed before it is done. It never rejects. */
  busyWith(work: Promise<void>): void {
    void this.#await(work)
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
