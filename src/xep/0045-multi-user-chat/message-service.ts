/** Takes messages that come for the rooms of one domain: what is said to all (XEP-0045 7.4), in private (7.5), about the room. */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import { mayHear } from '../../rooms/machine/audience.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import type { Refusal } from '../../rooms/machine/refusals.ts'
import { occupantOfSession, type Occupant, type Room } from '../../rooms/machine/room.ts'
import type { Element } from '../../xml/element.ts'
import { valueOf } from '../../xml/entities.ts'
import { encode, wire } from '../../xml/wire.ts'
import { jidOrNull, type Jid } from '../../xmpp/jid.ts'
import { isLasting } from '../../xmpp/lasting.ts'
import { isSubject } from '../../xmpp/muc-user.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { namedIn } from '../../xmpp/relations.ts'
import { labelElementsIn } from '../../xmpp/security-label.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { DATA_FORM } from '../../xmpp/data-form.ts'
import { actorOf } from './incoming-presence.ts'
import { endsSession } from './lost-sessions.ts'
import { MUC_USER, XMPP } from './ns.ts'
import { idElement } from './occupant-texts.ts'
import { withoutOurs, withoutOursBy } from './payloads.ts'
import { refused } from './refused.ts'
import { orThrow, type Orders } from './orders.ts'
import type { Relating } from './relating.ts'
import { retractedBy, type Retracting } from './retracting.ts'
import type { Voting } from './voting.ts'

export interface MessageServiceParts {
  readonly rooms: Orders
  /** To a session in that room, after what it is told on entering. */
  readonly sendIn: (room: Room, packet: Packet) => void
  readonly voting: Voting
  readonly retracting: Retracting
  readonly relating: Relating
  /** Null: nothing is judged by security labels. */
  readonly labels: LabelledRooms | null
}

/** Private messages whose errors are still told apart from those of other stanzas. */
const PRIVATE_MAX = 10_000

/** A private message. */
interface Whispered {
  /** The nickname of the sender. */
  readonly by: string
  /** The full JID of the sender. */
  readonly from: string
  /** Its label alone; null if labels are not judged. */
  readonly payload: Payload | null
}

export class MessageService {
  readonly #parts: MessageServiceParts
  /** By real receiver and id: who has sent it, and its content if labels are judged. */
  readonly #sent = new BoundedMap<string, Whispered>(PRIVATE_MAX)

  constructor(parts: MessageServiceParts) {
    this.#parts = parts
  }

  take(packet: Packet): void | Promise<void> {
    const { type, to } = packet
    if (type === 'error') return this.#failed(packet)
    if (to!.resource !== '') return this.#whisper(packet)
    if (type === 'groupchat') return this.#say(packet)
    return this.#aboutRoom(packet)
  }

  #say(packet: Packet): void | Promise<void> {
    const { to, id, lang } = packet
    const said = {
      payload: withoutOursBy(packet.payload, to!.bare),
      fromId: id === null ? null : valueOf(id),
      givenId: null,
      mx: null,
      isPassing: !isLasting(packet.payload),
      lang,
    }
    const retracted = retractedBy(said.payload, to!.bare)
    if (retracted !== undefined && isSubject(said.payload)) throw new StanzaError('bad-request', { by: to!.bare })
    if (retracted !== undefined) return this.#parts.retracting.byAuthor(packet, retracted, { ...said, isPassing: false })
    if (isSubject(said.payload)) {
      const payload = this.#parts.labels === null ? said.payload : subjectAlone(said.payload)
      return this.#perform(packet, { do: 'subject', said: { ...said, payload, isPassing: false } })
    }
    return this.#parts.relating.say(packet, said) ?? this.#perform(packet, { do: 'append', said })
  }
  #perform(packet: Packet, command: Command): void | Promise<void> {
    const { rooms } = this.#parts
    return orThrow(rooms.perform(packet.to!.asBare, actorOf(packet), command), packet)
  }

  /** ROOM-64 */
  #whisper(packet: Packet): void | Promise<void> {
    const { to, type } = packet
    if (type === 'groupchat') throw new StanzaError('bad-request', { by: to!.bare })
    const done = this.#parts.rooms.perform(to!.asBare, actorOf(packet), {
      do: 'whisper',
      to: to!.resource,
      payload: packet.payload,
    })
    const go = (refusal: Refusal | null): void | Promise<void> => {
      if (refusal !== null) throw refused(refusal, to!.bare)
      const room = this.#parts.rooms.get(to!.asBare, packet.from)
      return room instanceof Promise ? room.then((loaded) => this.#judge(loaded!, packet)) : this.#judge(room!, packet)
    }
    return done instanceof Promise ? done.then(go) : go(done)
  }
  /** What names other messages is about them. */
  #judge(room: Room, packet: Packet): void | Promise<void> {
    const addressee = room.occupants.get(packet.to!.resource)
    if (this.#parts.labels === null || addressee === undefined || namedIn(packet.payload).length === 0)
      return this.#pass(room, packet)
    const between = (id: string): Payload | undefined => this.#between(packet.from, addressee, id)
    const judged = this.#parts.relating.whispered(room, packet, addressee.effective.jid, between)
    return judged.then((payload) => this.#pass(room, packet.with({ payload })))
  }
  /** What one of the two has told the other in private. */
  #between(from: Jid, { sessions, nick }: Occupant, id: string): Payload | undefined {
    const came = this.#sent.get(`${from.full} ${encode(id)}`)
    if (came?.by === nick) return came.payload ?? undefined
    for (const { jid } of sessions) {
      const went = this.#sent.get(`${jid.full} ${encode(id)}`)
      if (went?.from === from.full) return went.payload ?? undefined
    }
    return undefined
  }
  #pass(room: Room, packet: Packet): void {
    const { from, to } = packet
    const [sender, addressee] = [occupantOfSession(room, from.full), room.occupants.get(to!.resource)]
    if (sender === undefined || addressee === undefined) return
    if (addressee.sessions.every(({ face }) => face !== XMPP)) throw unread(room.address.bare)
    const { labels } = this.#parts
    const payload = labels === null ? packet.payload : labels.labelled(packet.payload, room.facts.config)
    if (labels !== null && !mayHear(labels, addressee, payload))
      return labels.leftOut(room.address, payload, [addressee.effective.jid])
    const text = wire(withoutOurs(payload).text + `<x xmlns='${MUC_USER}'/>` + idElement(sender))
    const message = packet.with({ from: room.address.withResource(sender.nick), payload: Payload.ofText(text) })
    const remembered = labels === null ? null : Payload.of(...labelElementsIn(payload))
    for (const { jid } of addressee.sessions) {
      if (packet.id !== null)
        this.#sent.set(`${jid.full} ${packet.id}`, { by: sender.nick, from: from.full, payload: remembered })
      this.#parts.sendIn(room, message.addressedTo(jid))
    }
  }
  /** ROOM-65, ROOM-80: the error of a private message is its sender's matter. Others may say that a session is gone. */
  #failed(packet: Packet): void | Promise<void> {
    const { from, to, id } = packet
    const isOfPrivate = id !== null && this.#sent.get(`${from.full} ${id}`)?.by === to!.resource
    if (isOfPrivate || !endsSession(packet)) return
    const done = this.#parts.rooms.perform(to!.asBare, actorOf(packet), { do: 'lost', who: from })
    if (done instanceof Promise) return done.then(() => {})
  }

  /** 7.8.2, 7.13, 8.6, 9.9: invitations, and forms about voice and registration. */
  #aboutRoom(packet: Packet): void | Promise<void> {
    const { payload, to } = packet
    const form = payload.child('x', DATA_FORM)
    if (form?.attr('type') === 'submit') return this.#parts.voting.take(packet, form)
    // The room writes what it sends anew, without the label
    const isSaid = this.#parts.labels === null || labelElementsIn(payload).length === 0
    const commands = (payload.child('x', MUC_USER)?.elements ?? []).flatMap((child) => invitationIn(child, isSaid))
    if (commands.length === 0) throw new StanzaError('bad-request', { by: to!.bare })
    return this.#perform(packet, commands.length === 1 ? commands[0]! : { do: 'batch', commands })
  }
}

/** LAB-32: it alone is not judged. */
const subjectAlone = ({ elements }: Payload): Payload =>
  Payload.of(...elements.filter((e) => e.is('subject', 'jabber:client') || e.is('origin-id', 'urn:xmpp:sid:0')))

const unread = (by: string): StanzaError =>
  new StanzaError('service-unavailable', { by, text: 'This occupant has no client that reads private messages' })

/** @param isSaid may the room repeat the reason? */
function invitationIn(child: Element, isSaid: boolean): readonly Command[] {
  const reason = isSaid ? (child.child('reason')?.text ?? '') : ''
  if (child.is('decline', MUC_USER)) return [{ do: 'decline', reason }]
  const who = child.is('invite', MUC_USER) ? jidOrNull(child.attr('to') ?? '') : null
  if (who === null) return []
  const goesOn = child.child('continue')
  return [{ do: 'invite', who: who.bare, reason, ...(goesOn === undefined ? {} : { thread: goesOn.attr('thread') ?? '' }) }]
}
