/** Requests that somebody in the room decides: for voice (XEP-0045 7.13, 8.6), and to register (9.9). */
import { occupantOfSession, type Occupant, type Room } from '../../rooms/machine/room.ts'
import { seesAddressOf } from '../../rooms/machine/audience.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import { jidOrNull } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { readApproval, voiceForm, type Approval } from './approval-forms.ts'
import { orThrow, type Orders } from './orders.ts'
import { actorOf } from './incoming-presence.ts'
import { refused } from './refused.ts'

export interface VotingParts {
  readonly rooms: Orders
  readonly now: () => number
  readonly nextId: () => Wire
  readonly send: (packet: Packet) => void
}

/** ROOM-105: a visitor asks once in this time. */
const ASKS_AGAIN_MS = 60_000
const ASKERS_MAX = 10_000

export class Voting {
  readonly #parts: VotingParts
  /** When an occupant has last asked for voice, by room and real bare JID. */
  readonly #asked = new BoundedMap<string, number>(ASKERS_MAX)

  constructor(parts: VotingParts) {
    this.#parts = parts
  }
  /** A form that was sent to a room. */
  take(packet: Packet, form: Element): void | Promise<void> {
    const approval = readApproval(form)
    if (approval === null) throw new StanzaError('bad-request', { by: packet.to!.bare })
    if (approval !== 'request') return this.#decide(packet, approval)
    const room = this.#parts.rooms.get(packet.to!.asBare, packet.from)
    return room instanceof Promise ? room.then((loaded) => this.#ask(loaded, packet)) : this.#ask(room, packet)
  }

  #ask(room: Room | null, packet: Packet): void {
    if (room === null) throw refused({ refuse: 'no-such-room' }, packet.to!.bare)
    const occupant = occupantOfSession(room, packet.from.full)
    if (occupant === undefined) throw refused({ refuse: 'not-inside' }, packet.to!.bare)
    if (occupant.role !== 'visitor') return
    const key = `${room.uid} ${occupant.bare}`
    const { now, send, nextId } = this.#parts
    if (now() - (this.#asked.get(key) ?? -Infinity) < ASKS_AGAIN_MS)
      throw new StanzaError('policy-violation', { type: 'wait', by: room.address.bare, text: 'You have just asked for voice' })
    this.#asked.set(key, now())
    for (const moderator of room.occupants.values()) {
      if (moderator.role !== 'moderator') continue
      const payload = Payload.of(voiceForm(addressFor(room, moderator, occupant), occupant.nick))
      const asks = Packet.of({ kind: 'message', from: room.address, id: nextId(), payload })
      for (const { jid } of moderator.sessions) send(asks.addressedTo(jid))
    }
  }

  #decide(packet: Packet, approval: Approval): void | Promise<void> {
    const { rooms } = this.#parts
    const actor = actorOf(packet)
    if (approval.is === 'voice') {
      if (!approval.isAllowed) return
      const item = { of: { nick: approval.nick }, affiliation: null, role: 'participant', reason: '' } as const
      return orThrow(rooms.perform(packet.to!.asBare, actor, { do: 'change', items: [item] }), packet)
    }
    const who = jidOrNull(approval.jid)
    if (who === null) throw new StanzaError('bad-request', { by: packet.to!.bare })
    const of = { jid: who.bare }
    if (!approval.isAllowed) return this.#deny(packet, of)
    const item = { of, affiliation: 'member', role: null, reason: '' } as const
    return orThrow(rooms.perform(packet.to!.asBare, actor, { do: 'change', items: [item] }), packet)
  }
  /** ROOM-104: they ask no longer. If another admin has decided before, nothing happens. */
  #deny(packet: Packet, of: { readonly jid: string }): void | Promise<void> {
    const item = { of, affiliation: null, role: 'none', reason: '' } as const
    const done = this.#parts.rooms.perform(packet.to!.asBare, actorOf(packet), { do: 'change', items: [item] })
    if (done instanceof Promise) return done.then(() => {})
  }
}

const addressFor = (room: Room, viewer: Occupant, { bare, effective }: Occupant): string | null =>
  seesAddressOf(room.facts, viewer, bare) ? effective.jid.full : null
