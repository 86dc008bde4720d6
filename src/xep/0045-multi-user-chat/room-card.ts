/** XEP-0486: the card of a room, with its picture. Owners write it, everybody who can see the room reads it (ROOM-115). */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { RoomStore } from '../../rooms/store.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { decode, encode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { photoHash, VCARD } from '../0054-vcard-temp/index.ts'
import { actorOf } from './incoming-presence.ts'
import { orThrow, type Orders } from './orders.ts'

export interface RoomCardsParts {
  readonly rooms: Orders
  readonly store: RoomStore
  readonly now: () => number
  /** Of a card. */
  readonly octetsMax: number
}

/** People whose pace is known. */
const ASKERS_MAX = 10_000
const SECONDS = 10
/** Cards of the largest size that one person reads in ten seconds. */
const CARDS_MAX = 20

/** The hashes of the pictures in a card. */
export function picturesIn(card: Element): readonly string[] {
  const photos = card.elements.filter((e) => e.is('PHOTO', VCARD))
  const hashes = photos.map((photo) => photoHash(el('vCard', VCARD, {}, photo))).filter((hash) => hash !== '')
  return [...new Set(hashes)]
}

export class RoomCards {
  readonly #parts: RoomCardsParts
  readonly #paces = new BoundedMap<string, Bucket>(ASKERS_MAX)

  constructor(parts: RoomCardsParts) {
    this.#parts = parts
  }
  /** @throws StanzaError policy-violation: this person has read too many */
  async get(room: Room, { from }: ServiceRequest): Promise<Answer> {
    const text = await this.#parts.store.card(room.uid)
    if (text === null) return el('vCard', VCARD)
    this.#pace(from.bare, text.length)
    return parseElement(encode(text))
  }
  set({ packet, payload, reply }: ServiceRequest): void | Promise<void> {
    const card = decode(serialise(payload))
    if (Buffer.byteLength(card) > this.#parts.octetsMax)
      throw new StanzaError('not-acceptable', { text: 'The card is too large' })
    const command = { do: 'card', card: payload.elements.length === 0 ? '' : card, pictures: picturesIn(payload) } as const
    const done = this.#parts.rooms.perform(packet.to!.asBare, actorOf(packet), command, () => reply(null))
    return orThrow(done, packet)
  }
  #pace(who: string, octets: number): void {
    const { now, octetsMax } = this.#parts
    const max = CARDS_MAX * octetsMax
    const bucket = this.#paces.get(who) ?? new Bucket(max, max / SECONDS, now())
    this.#paces.set(who, bucket)
    if (bucket.tryTake(octets, now()) > 0)
      throw new StanzaError('policy-violation', { type: 'wait', text: 'You read too many cards' })
  }
}
