/**
 * XEP-0410, for our users: after a link was lost, and after a restart, nobody knows whether the rooms of other servers still have
 * our clients. The server asks each room, in the name of the client, and tells the client when it is out (ROOM-120 to 124).
 */
import type { Millis } from '../../base/clock.ts'
import { section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { wire } from '../../xml/wire.ts'
import { MUC_USER } from '../../xmpp/muc-user.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { isThere, meaningOf, type Meaning } from './answers.ts'
import { Stays, type Stay } from './stays.ts'

export const selfPing = defineFeature({
  name: 'self-ping',
  specs: [xep(410, "MUC Self-Ping (Schrödinger's Chat)", '1.1.0')],
  settings: section({}),
  install(host) {
    const stays = new Stays(host)
    const asking = new AskingRooms(host, stays)
    host.toSession('stays', ({ session, packet }) => {
      if (packet.kind === 'presence' && !packet.payload.isEmpty) stays.shown(session, packet)
      return 'next'
    })
    host.on('sessions-restored', () => asking.ask(stays.all()))
    host.on('link-mended', ({ local, remote }) => asking.ask(stays.all(remote), local))
  },
})

const PING = el('ping', 'urn:xmpp:ping')
const INFO = el('query', 'http://jabber.org/protocol/disco#info')
/** Questions to one domain in a second. */
const ASKED_A_SECOND = 20
/** At most, before the first one: a room service that was away has many servers that ask. */
const JITTER_MS: Millis = 5000
/** How soon a question that got no answer is asked again. */
const AGAIN_MS: Millis = 60_000
/** 110, 333: it is the client's own, and a technical reason. Clients join again by themselves (ROOM-124). */
const OUT = Payload.ofText(
  wire(`<x xmlns='${MUC_USER}'><item affiliation='none' role='none'/><status code='110'/><status code='333'/></x>`),
)

class AskingRooms {
  readonly #host: Host
  readonly #stays: Stays
  /** Those about which a question is open, or comes soon. */
  readonly #open = new Set<string>()

  constructor(host: Host, stays: Stays) {
    this.#host = host
    this.#stays = stays
  }
  /** @param local those of clients at this domain only; null: all */
  ask(stays: Iterable<Stay>, local: string | null = null): void {
    const { clock, entropy, router } = this.#host
    const counts = new Map<string, number>()
    const jitter = Math.floor((entropy.bytes(2).readUInt16BE() / 0x1_00_00) * JITTER_MS)
    for (const stay of stays) {
      const { jid, vacant } = stay.session
      const { domain } = stay.address
      const isMeant = !vacant && (local === null || jid.domain === local) && router.placeOf(stay.address) !== 'here'
      if (!isMeant || this.#open.has(keyOf(stay))) continue
      this.#open.add(keyOf(stay))
      const before = counts.get(domain) ?? 0
      counts.set(domain, before + 1)
      clock.after(jitter + Math.floor(before / ASKED_A_SECOND) * 1000, () => this.#ping(stay))
    }
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
    else this.#host.clock.after(AGAIN_MS, () => this.#askAgain(stay))
  }
  /** While the link is down it is asked about when it is mended. */
  #askAgain(stay: Stay): void {
    const { session, address } = stay
    const state = this.#host.links.get(session.jid.domain, address.domain)?.state
    if (state !== 'down' && this.#stays.isIn(stay)) this.ask([stay])
  }
  /** As the room would say it. */
  #tellOut({ session: { jid }, address }: Stay): void {
    const { log, router } = this.#host
    log.info({ jid: jid.full, room: address.bare }, 'A client is no longer in a room of another server; it is told')
    router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: address, to: jid, payload: OUT }))
  }
}

const keyOf = ({ session, address }: Stay): string => `${session.jid.full} ${address.bare}`
