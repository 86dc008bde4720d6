/**
 * IQs from one occupant to another (XEP-0045 7.10, 17.4; XEP-0410): passed on under the addresses in the room, so that neither
 * learns the other's real address. An answer is accepted from the address that was asked alone, and for a while.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Entropy } from '../../base/entropy.ts'
import { token } from '../../base/entropy.ts'
import { occupantOfSession, type Occupant, type Room } from '../../rooms/machine/room.ts'
import { wire, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { el } from '../../xml/element.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { DISCO_INFO, DISCO_ITEMS } from './room-info.ts'
import { refused } from './refused.ts'
import type { Orders } from './orders.ts'

export interface OccupantIqsParts {
  readonly rooms: Orders
  readonly entropy: Entropy
  readonly clock: Clock
  /**
   * Sends it on its way; a refusal is answered to `origin`. The room does not wait for that: an account may have to read its
   * answer from the disk, and the answer waits for its turn in the room.
   */
  readonly route: (packet: Packet, origin: Jid) => void
}

const PING = 'urn:xmpp:ping'
/** What is the account's to answer, and not a client's (ROOM-66). */
const OF_ACCOUNT = new Set(['vcard-temp', 'http://jabber.org/protocol/pubsub', 'urn:ietf:params:xml:ns:vcard-4.0'])
const OPEN_MAX = 20_000
/** How long an answer is waited for. */
const OPEN_MS = 5 * 60_000

interface Question {
  /** The real address of who has asked, the id that it gave, and whom it asked, as an address in the room. */
  readonly asker: Jid
  readonly id: Wire | null
  readonly asked: Jid
  /** The real address that was asked. */
  readonly real: Jid
  readonly timer: Timer
}

export class OccupantIqs {
  readonly #parts: OccupantIqsParts
  readonly #open = new BoundedMap<Wire, Question>(OPEN_MAX)

  constructor(parts: OccupantIqsParts) {
    this.#parts = parts
  }
  /** An IQ to an address with a nickname. */
  take(packet: Packet): void | Promise<void> {
    if (packet.type === 'result' || packet.type === 'error') return this.#answer(packet)
    const room = this.#parts.rooms.get(packet.to!.asBare, packet.from)
    return room instanceof Promise ? room.then((loaded) => this.#ask(loaded, packet)) : this.#ask(room, packet)
  }

  #ask(room: Room | null, packet: Packet): void {
    const { from, to, payload } = packet
    const by = to!.bare
    if (room === null) throw new StanzaError('item-not-found', { by })
    const asker = occupantOfSession(room, from.full)
    const { ns } = payload.elements[0]!
    if (asker === undefined)
      throw ns === DISCO_INFO || ns === DISCO_ITEMS ? new StanzaError('bad-request', { by }) : notInside(by)
    const asked = room.occupants.get(to!.resource)
    if (ns === PING && asked === asker) return this.#parts.route(resultOf(packet), from)
    if (asked === undefined) throw refused({ refuse: 'no-such-occupant' }, by)
    this.#pass(room, packet, asker, asked)
  }
  #pass(room: Room, packet: Packet, asker: Occupant, asked: Occupant): void {
    const isOfAccount = packet.type === 'get' && OF_ACCOUNT.has(packet.payload.elements[0]!.ns)
    const real = isOfAccount ? asked.effective.jid.asBare : asked.effective.jid
    const id = wire(token(this.#parts.entropy))
    const timer = this.#parts.clock.after(OPEN_MS, () => this.#giveUp(id))
    this.#open.set(id, { asker: packet.from, id: packet.id, asked: packet.to!, real, timer })
    const from = room.address.withResource(asker.nick)
    this.#parts.route(packet.with({ from, to: real, id }), from)
  }

  #answer(packet: Packet): void {
    const question = packet.id === null ? undefined : this.#open.get(packet.id)
    if (question === undefined || question.real.full !== packet.from.full) return
    this.#open.delete(packet.id!)
    question.timer.cancel()
    const { asker, asked, id } = question
    this.#parts.route(packet.with({ from: asked, to: asker, id, payload: withoutBy(packet) }), asked)
  }
  /** Nobody has answered (RFC 6120 8.2.3). */
  #giveUp(id: Wire): void {
    const question = this.#open.get(id)
    if (question === undefined) return
    this.#open.delete(id)
    const error = new StanzaError('remote-server-timeout', { by: question.asked.bare, text: 'There was no answer' })
    const payload = Payload.of(error.toElement())
    const { asker, asked } = question
    this.#parts.route(Packet.of({ kind: 'iq', type: 'error', from: asked, to: asker, id: question.id, payload }), asked)
  }
}

/** ROOM-141: an error may name whoever made it (RFC 6120 8.3.1), by the real address. */
function withoutBy({ type, payload }: Packet): Payload {
  if (type !== 'error') return payload
  return Payload.of(
    ...payload.elements.map((e) => (e.name === 'error' ? el('error', e.ns, { ...e.attrs, by: undefined }, ...e.children) : e)),
  )
}

const notInside = (by: string): StanzaError =>
  new StanzaError('not-acceptable', { type: 'cancel', by, text: 'You are not in the room' })
const resultOf = ({ from, to, id }: Packet): Packet => Packet.of({ kind: 'iq', type: 'result', from: to!, to: from, id })
