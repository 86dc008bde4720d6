/**
 * XEP-0410, for our users: after a link was lost or opened again, and after a restart, nobody knows whether the rooms of other servers still have
 * our clients. The server asks each room, in the name of the client, and tells the client when it is out (ROOM-120 to 124).
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import { section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { FromClient, ToSession } from '../../server/pipeline/contexts.ts'
import type { Stage } from '../../server/pipeline/pipeline.ts'
import { el } from '../../xml/element.ts'
import { wire } from '../../xml/wire.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { MUC_USER } from '../../xmpp/muc-user.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { isThere, meaningOf, type Meaning } from './answers.ts'
import { Joins, type Join } from './joins.ts'
import { Stays, type Stay } from './stays.ts'

export type { Stays } from './stays.ts'

const staysByHost = new WeakMap<Host, Stays>()
/** The rooms of other servers that clients of this server are in. */
export const staysOf = (host: Host): Stays => staysByHost.get(host)!

/** Which rooms of other servers clients are in. For features that need 'self-ping'. */
export interface RoomsElsewhere {
  isIn(session: Session, address: Jid): boolean
}
const known = new WeakMap<Host, RoomsElsewhere>()
export const roomsElsewhereOf = (host: Host): RoomsElsewhere => known.get(host)!

export const selfPing = defineFeature({
  name: 'self-ping',
  specs: [xep(410, "MUC Self-Ping (Schrödinger's Chat)", '1.1.0')],
  settings: section({}),
  install(host) {
    const stays = new Stays(host)
    staysByHost.set(host, stays)
    const joins = new Joins(host)
    const asking = new AskingRooms(host, stays, joins)
    known.set(host, { isIn: (session, address) => stays.isIn({ session, address }) })
    const said: Stage<FromClient> = ({ session, packet }) => {
      if (packet.to !== null && host.router.placeOf(packet.to) !== 'here') joins.said(session, packet)
      return 'next'
    }
    host.fromClient('joins', said, { kinds: ['presence'] })
    const shown: Stage<ToSession> = ({ session, packet }) => {
      if (host.router.placeOf(packet.from) === 'here') return 'next'
      stays.shown(session, packet)
      joins.shown(session, packet)
      return 'next'
    }
    host.toSession('stays', shown, { kinds: ['presence'] })
    host.on('sessions-restored', () => asking.askAll(null, null))
    host.on('link-mended', ({ local, remote }) => asking.askAll(remote, local))
    host.on('link-reopened', ({ local, remote }) => asking.reopened(local, remote))
  },
})

const PING = el('ping', 'urn:xmpp:ping')
const INFO = el('query', 'http://jabber.org/protocol/disco#info')
/** Questions to one domain in a second. */
const ASKED_A_SECOND = 20
/** At most, before the first one: a room service that was away has many servers that ask. */
const JITTER_MS: Millis = 5000
/** How soon a question that got no answer is asked again, or those of a link that was opened again. */
const AGAIN_MS: Millis = 60_000
const NO_JOINS: readonly Join[] = []
/** Links that were opened again and are remembered. */
const DOMAINS_MAX = 1000
/** 110, 333: it is the client's own, and a technical reason. Clients join again by themselves (ROOM-124). */
const OUT = Payload.ofText(
  wire(`<x xmlns='${MUC_USER}'><item affiliation='none' role='none'/><status code='110'/><status code='333'/></x>`),
)

class AskingRooms {
  readonly #host: Host
  readonly #stays: Stays
  readonly #joins: Joins
  /** Those about which a question is open, or comes soon. */
  readonly #open = new Set<string | Join>()

  /** When rooms were last asked because a link was opened again, by both domains. */
  readonly #reopenedAt = new BoundedMap<string, Millis>(DOMAINS_MAX)

  constructor(host: Host, stays: Stays, joins: Joins) {
    this.#host = host
    this.#stays = stays
    this.#joins = joins
  }
  /** @param remote those in rooms of this domain only @param local those of clients at this domain only; null: all */
  askAll(remote: string | null, local: string | null): void {
    this.ask(this.#stays.all(remote), this.#joins.all(remote), local)
  }
  /** @param local those of clients at this domain only; null: all */
  ask(stays: Iterable<Stay>, joins: Iterable<Join>, local: string | null = null): void {
    const { clock, entropy } = this.#host
    const counts = new Map<string, number>()
    const jitter = Math.floor((entropy.bytes(2).readUInt16BE() / 0x1_00_00) * JITTER_MS)
    const soon = (about: Stay | Join, key: string | Join, ping: () => void): void => {
      if (!this.#isMeant(about, local) || this.#open.has(key)) return
      this.#open.add(key)
      const { domain } = about.address
      const before = counts.get(domain) ?? 0
      counts.set(domain, before + 1)
      clock.after(jitter + Math.floor(before / ASKED_A_SECOND) * 1000, ping)
    }
    for (const stay of stays) soon(stay, keyOf(stay), () => this.#ping(stay))
    for (const join of joins) soon(join, join, () => this.#pingAfter(join))
  }
  #isMeant({ session: { jid, vacant }, address }: Stay, local: string | null): boolean {
    return !vacant && (local === null || jid.domain === local) && this.#host.router.placeOf(address) !== 'here'
  }
  /**
   * Both servers had closed their streams properly. A service that was restarted in between does not know our clients any more, and
   * nothing else would tell (ROOM-122).
   */
  reopened(local: string, remote: string): void {
    const key = pairKey({ local, remote })
    const now = this.#host.clock.now()
    if (now - (this.#reopenedAt.get(key) ?? -Infinity) < AGAIN_MS) return
    const stays = [...this.#stays.all(remote)]
    if (stays.length > 0) this.#reopenedAt.set(key, now)
    this.ask(stays, NO_JOINS, local) // the link may have been opened for a join
  }

  /**
   * The room answers in the order in which it is asked. So the answer to the request comes before that to the question, whatever
   * that is, or it was lost.
   */
  #pingAfter(join: Join): void {
    const { session, address } = join
    if (!this.#joins.isOpen(join)) return void this.#open.delete(join)
    this.#host.ask(session.jid, address, PING, (answer) => {
      this.#open.delete(join)
      if (!this.#joins.isOpen(join)) return
      const meaning = meaningOf(answer)
      if (meaning === 'undecided') return void this.#host.clock.after(AGAIN_MS, () => this.#askAgain(join, [], [join]))
      if (meaning !== 'out') this.#leave(join)
      this.#tellOut(join)
    })
  }
  /** The room has a client that does not know it, and was shown some of the others at most. Clients ask anew. */
  #leave({ session, address }: Join): void {
    this.#host.router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: session.jid, to: address }))
  }

  #ping(stay: Stay): void {
    const { session, address } = stay
    if (!this.#stays.isIn(stay)) return void this.#open.delete(keyOf(stay))
    this.#host.ask(session.jid, address, PING, (answer) => this.#learn(stay, meaningOf(answer)))
  }
  #learn(stay: Stay, meaning: Meaning): void {
    const { session, address } = stay
    if (meaning === 'see whether the room is there' && this.#stays.isIn(stay))
      return this.#host.ask(session.jid, address.asBare, INFO, (answer) => this.#learn(stay, isThere(answer)))
    this.#open.delete(keyOf(stay))
    if (!this.#stays.isIn(stay)) return
    if (meaning === 'in') this.#host.tell('stay-confirmed', { session, room: address.asBare })
    else if (meaning === 'out') this.#tellOut(stay)
    else this.#host.clock.after(AGAIN_MS, () => this.#askAgain(stay, [stay], []))
  }
  /** While the link is down it is asked about when it is mended. */
  #askAgain({ session, address }: Stay | Join, stays: readonly Stay[], joins: readonly Join[]): void {
    const state = this.#host.links.get(session.jid.domain, address.domain)?.state
    if (state !== 'down')
      this.ask(
        stays.filter((stay) => this.#stays.isIn(stay)),
        joins.filter((join) => this.#joins.isOpen(join)),
      )
  }
  /** As the room would say it. */
  #tellOut({ session: { jid }, address }: Stay): void {
    const { log, router } = this.#host
    log.info({ jid: jid.full, room: address.bare }, 'A client is no longer in a room of another server; it is told')
    router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: address, to: jid, payload: OUT }))
  }
}

const keyOf = ({ session, address }: Stay): string => `${session.jid.full} ${address.bare}`
