/** Takes presence that comes for the rooms of one domain, and answers it. */
import { occupantId } from '../../rooms/machine/occupants.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Refusal } from '../../rooms/machine/refusals.ts'
import { el, type Element } from '../../xml/element.ts'
import { wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { doubtsIn } from '../../xmpp/state-annotation.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { actorOf, entering, joinElement, presenceFacts } from './incoming-presence.ts'
import type { Crowding } from './crowding.ts'
import { endsSession } from './lost-sessions.ts'
import { MUC } from './ns.ts'
import { idElement, userElement } from './occupant-texts.ts'
import { refused } from './refused.ts'
import type { XmppFace } from './xmpp-face.ts'
import type { Orders } from './orders.ts'

export interface PresenceServiceParts {
  readonly rooms: Orders
  readonly now: () => number
  /** The packet has an address. */
  readonly send: (packet: Packet) => void
  /** May this bare JID make rooms? */
  readonly mayCreate: (bare: string) => boolean
  /** Sends the presence of an occupant to a session in the room. */
  readonly show: (room: Room, session: Jid, nick: string) => void
  readonly crowding: Crowding
  /** Of a presence, at most. */
  readonly octetsMax: number
  /** Runs the entry; the room answers with that `id`. */
  readonly reflecting: XmppFace['reflecting']
  /** Does the client behind this presence want to be told of doubts (XEP-0310)? */
  readonly wantsDoubts: (presence: Packet) => boolean
}

export class PresenceService {
  readonly #parts: PresenceServiceParts

  constructor(parts: PresenceServiceParts) {
    this.#parts = parts
  }

  take(packet: Packet): void | Promise<void> {
    switch (packet.type) {
      case '':
        return this.#available(packet)
      case 'unavailable':
        return this.#quietly(this.#parts.rooms.perform(packet.to!.asBare, actorOf(packet), this.#exit(packet)))
      case 'error':
        return endsSession(packet) ? this.#lost(packet) : undefined
      case 'probe':
        return this.#withRoom(packet, (room) => this.#probe(room, packet))
      case 'subscribe':
        return this.#parts.send(Packet.of({ kind: 'presence', type: 'unsubscribed', from: packet.to!, to: packet.from.asBare }))
    }
  }

  #available(packet: Packet): void | Promise<void> {
    const x = joinElement(packet)
    if (this.#isTooLarge(packet)) return this.#refuseSize(packet, x)
    if (x !== undefined) return this.#enter(packet, x)
    return this.#withRoom(packet, (room) => this.#change(room, packet))
  }
  #isTooLarge({ payload }: Packet): boolean {
    return payload.text.length > this.#parts.octetsMax
  }
  #refuseSize(packet: Packet, x: Element | undefined): void {
    const error = new StanzaError('policy-violation', { by: packet.to!.bare, text: 'The presence is too large for a room' })
    if (x === undefined) throw error
    this.#refuseEntry(packet, el('x', MUC), error)
  }
  /** 7.2.1 */
  #enter(packet: Packet, x: Element): void | Promise<void> {
    const { rooms, now, mayCreate, wantsDoubts, reflecting, crowding } = this.#parts
    const { from, to, id } = packet
    if (to!.resource === '') return this.#refuseEntry(packet, x, new StanzaError('jid-malformed', { by: to!.bare }))
    const crowded = crowding.refusal(from, to!.asBare)
    if (crowded !== null) return this.#refuseEntry(packet, x, refused(crowded, to!.bare))
    const command = entering(packet, x, wantsDoubts(packet), now())
    const done = reflecting(from.full, id, () => rooms.enter(to!.asBare, actorOf(packet), command, mayCreate(from.bare)))
    const answer = (refusal: Refusal | null): void => {
      if (refusal !== null) this.#refuseEntry(packet, x, refused(refusal, to!.bare))
    }
    return done instanceof Promise ? done.then(answer) : answer(done)
  }
  /** ROOM-52 */
  #refuseEntry({ from, to, id }: Packet, { children }: Element, error: StanzaError): void {
    const echo = el('x', MUC, {}, ...children.filter((child) => typeof child === 'string' || child.name !== 'password'))
    const payload = Payload.of(echo, error.toElement())
    this.#parts.send(Packet.of({ kind: 'presence', type: 'error', from: to!, to: from, id, payload }))
  }

  /** 7.7, or another nickname (7.6). */
  #change(room: Room | null, packet: Packet): void | Promise<void> {
    const { rooms, wantsDoubts } = this.#parts
    const { from: who, to } = packet
    const occupant = room === null ? undefined : occupantOfSession(room, who.full)
    if (occupant === undefined) return this.#tellOut(room, packet)
    const { resource: nick } = to!
    const isOwn = nick === occupant.nick || nick === ''
    const about = isOwn ? { wantsDoubts: wantsDoubts(packet), doubts: doubtsIn(packet) } : null
    const presence = presenceFacts(packet)
    const command =
      about !== null ? ({ do: 'presence', who, presence, ...about } as const) : ({ do: 'nick', who, nick, presence } as const)
    const answer = (refusal: Refusal | null): void => {
      if (refusal !== null) throw refused(refusal, to!.bare)
    }
    const done = rooms.perform(to!.asBare, actorOf(packet), command)
    return done instanceof Promise ? done.then(answer) : answer(done)
  }
  /** 7.2.18: a client that believes that it is in the room, and is not. */
  #tellOut(room: Room | null, { from, to }: Packet, codes = [110, 307, 333]): void {
    if (to!.resource === '') return
    const id = room === null ? '' : idElement({ id: occupantId(room.secret, from.bare) })
    const payload = Payload.ofText(wire(userElement({ affiliation: 'none', role: 'none', jid: null }, codes) + id))
    this.#parts.send(Packet.of({ kind: 'presence', type: 'unavailable', from: to!, to: from, payload }))
  }

  #exit(packet: Packet) {
    const { from, payload, lang } = packet
    return { do: 'exit', who: from, presence: this.#isTooLarge(packet) ? null : { payload, lang, priority: 0 } } as const
  }
  #lost(packet: Packet): void | Promise<void> {
    return this.#quietly(this.#parts.rooms.perform(packet.to!.asBare, actorOf(packet), { do: 'lost', who: packet.from }))
  }
  #quietly(done: unknown): void | Promise<void> {
    if (done instanceof Promise) return done.then(() => {})
  }

  /** ROOM-68. Servers probe in the name of a person, not of a client (RFC 6121 4.3.1). */
  #probe(room: Room | null, packet: Packet): void {
    const { from, to } = packet
    if (to!.resource === '') return
    const askers = room === null ? [] : sessionsOf(room, from)
    if (askers.length === 0) return this.#tellOut(room, packet, [110, 333])
    for (const asker of askers) this.#parts.show(room!, asker, to!.resource)
  }
  #withRoom(packet: Packet, then: (room: Room | null) => void | Promise<void>): void | Promise<void> {
    const room = this.#parts.rooms.get(packet.to!.asBare, packet.from)
    return room instanceof Promise ? room.then(then) : then(room)
  }
}

/** The sessions in a room that an address stands for: one, or with a bare address all of that person. */
function sessionsOf(room: Room, who: Jid): readonly Jid[] {
  if (!who.isBare) return occupantOfSession(room, who.full) === undefined ? [] : [who]
  const nicks = room.nicksOf.get(who.bare) ?? []
  return nicks.flatMap((nick) => room.occupants.get(nick)!.sessions.map(({ jid }) => jid))
}
