/**
 * IQs from one occupant to another (XEP-0045 7.10, 17.4; XEP-0410): passed on under the addresses in the room, so that neither
 * learns the other's real address. An answer is accepted from the address that was asked alone, and only for a limited time. When one of
 * the two clients leaves the room, the room answers.
 */
import type { Clock } from '../../base/clock.ts'
import type { Entropy } from '../../base/entropy.ts'
import { token } from '../../base/entropy.ts'
import { occupantOfSession, type Occupant, type Room } from '../../rooms/machine/room.ts'
import type { Tell } from '../../rooms/machine/tells.ts'
import { wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { el } from '../../xml/element.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { DISCO_INFO, DISCO_ITEMS } from './room-info.ts'
import { refused } from './refused.ts'
import { OpenQuestions, type Question } from './open-questions.ts'
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
  /** The occupants of that room know each other. */
  readonly catchUp: (room: Room) => void
}

const PING = 'urn:xmpp:ping'
/** What is the account's to answer, and not a client's (ROOM-66). */
const OF_ACCOUNT = new Set(['vcard-temp', 'http://jabber.org/protocol/pubsub', 'urn:ietf:params:xml:ns:vcard-4.0'])
const OPEN_MAX = 20_000
/** How long the room waits for an answer. */
const OPEN_MS = 5 * 60_000

export class OccupantIqs {
  readonly #parts: OccupantIqsParts
  readonly #open = new OpenQuestions(OPEN_MAX)

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
    const timer = this.#parts.clock.after(OPEN_MS, () => this.#giveUp(this.#open.take(id, real)))
    this.#giveUp(this.#open.add({ ours: id, asker: packet.from, id: packet.id, asked: packet.to!, real, timer }))
    const from = room.address.withResource(asker.nick)
    this.#parts.catchUp(room)
    this.#parts.route(packet.with({ from, to: real, id }), from)
  }

  #answer(packet: Packet): void {
    const question = packet.id === null ? null : this.#open.take(packet.id, packet.from)
    if (question === null) return
    const { asker, asked, id } = question
    this.#parts.route(packet.with({ from: asked, to: asker, id, payload: withoutBy(packet) }), asked)
  }

  /** Hears of everything that happens in a room: a client that has left it does not answer any more. */
  tell({ address }: Room, tell: Tell): void {
    if (tell.tell === 'out' && tell.to === 'self') for (const { jid } of tell.sessions) this.#left(address, jid)
    if (tell.tell === 'ended')
      for (const { sessions } of tell.occupants) for (const { jid } of sessions) this.#ended(address, jid)
  }
  #left(room: Jid, session: Jid): void {
    for (const question of this.#open.takeOf(room, session)) {
      const isAsker = question.asker.full === session.full
      this.#refuse(question, isAsker ? notInside(room.bare) : refused({ refuse: 'no-such-occupant' }, room.bare))
    }
  }
  #ended(room: Jid, session: Jid): void {
    for (const question of this.#open.takeOf(room, session))
      this.#refuse(question, refused({ refuse: 'no-such-room' }, room.bare))
  }
  /** Nobody has answered (RFC 6120 8.2.3). */
  #giveUp(question: Question | null): void {
    if (question === null) return
    const by = question.asked.bare
    this.#refuse(question, new StanzaError('remote-server-timeout', { by, text: 'There was no answer' }))
  }
  #refuse({ asker, asked, id }: Question, error: StanzaError): void {
    const payload = Payload.of(error.toElement())
    this.#parts.route(Packet.of({ kind: 'iq', type: 'error', from: asked, to: asker, id, payload }), asked)
  }
}

/** ROOM-141: an error can contain the real address of the entity that made it (RFC 6120 8.3.1). */
function withoutBy({ type, payload }: Packet): Payload {
  if (type !== 'error') return payload
  return Payload.of(
    ...payload.elements.map((e) => (e.name === 'error' ? el('error', e.ns, { ...e.attrs, by: undefined }, ...e.children) : e)),
  )
}

const notInside = (by: string): StanzaError =>
  new StanzaError('not-acceptable', { type: 'cancel', by, text: 'You are not in the room' })
const resultOf = ({ from, to, id }: Packet): Packet => Packet.of({ kind: 'iq', type: 'result', from: to!, to: from, id })
