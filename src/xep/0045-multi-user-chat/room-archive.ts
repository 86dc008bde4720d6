/** The archive of a room, for those who may enter it (XEP-0313 on rooms; ROOM-113, MAM-30). */
import type { LabelledRooms, RoomReading } from '../../rooms/labelled-rooms.ts'
import { UNVEILED, type Entry } from '../../rooms/log.ts'
import { affiliationIn } from '../../rooms/machine/plan.ts'
import { occupantOfSession, type Room, type Seq } from '../../rooms/machine/room.ts'
import { STANZAS, type RoomFilter, type RoomLog } from '../../rooms/room-log.ts'
import { ALL_POSITIONS, type ArchiveRange } from '../../server/archive.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import {
  archiveForm,
  endOf,
  MAM,
  metadataOf,
  OF_ROOMS,
  readArchiveAsk,
  resultOf,
  searchPage,
  visibleIn,
  type ArchiveAsk,
  type Filtered,
  type Found,
} from '../0313-message-archive/index.ts'
import type { Orders } from './orders.ts'
import type { RoomSearches } from './room-searches.ts'
import { archivedMessage, isSaying, type Saying } from './said.ts'

const textOf = ({ payload }: Saying): string => payload.child('body')?.text ?? ''

export interface RoomArchiveParts {
  readonly rooms: Orders
  readonly log: RoomLog
  readonly send: (packet: Packet) => void
  /** Null: nothing is judged by security labels. */
  readonly labels: LabelledRooms | null
  readonly searches: RoomSearches
}

export class RoomArchive {
  readonly #parts: RoomArchiveParts

  constructor(parts: RoomArchiveParts) {
    this.#parts = parts
  }
  async form(request: ServiceRequest): Promise<Answer> {
    await this.#room(request)
    return el('query', MAM, {}, archiveForm(OF_ROOMS))
  }
  /** 4.2: the messages, and then the answer. */
  async query(request: ServiceRequest): Promise<Answer> {
    const { payload, from } = request
    const ask = readArchiveAsk(payload, OF_ROOMS)
    const room = await this.#room(request)
    if (ask.fullText !== null) this.#parts.searches.admit(from)
    const reading = this.#parts.labels?.reading(room.address, from) ?? null
    const found = await this.#find(room, from, ask, reading).finally(() => reading?.close())
    const queryId = payload.attr('queryid')
    const seesAll = seesAddresses(room, from)
    for (const entry of ask.isFlipped ? found.entries.toReversed() : found.entries) {
      const message = archivedMessage(room, entry, seesAll || !entry.veiled)
      const result = resultOf(message, entry.id, entry.at, queryId)
      this.#parts.send(Packet.of({ kind: 'message', from: room.address, to: from, payload: result }))
    }
    return endOf(found)
  }
  /** 4.4: where the archive begins and ends. */
  async metadata(request: ServiceRequest): Promise<Answer> {
    const room = await this.#room(request)
    const reading = this.#parts.labels?.reading(room.address, request.from) ?? null
    const archive = await this.#readable(room, request.from, STANZAS, reading)
    const ask = Promise.all((['first', 'last'] as const).map((end) => archive.page(ALL_POSITIONS, 1, end)))
    const ends = await ask.finally(() => reading?.close())
    const [first = null, last = null] = ends.map(({ entries }) => entries[0])
    return metadataOf(first, last)
  }

  async #room({ packet: { to, from } }: ServiceRequest): Promise<Room> {
    const by = to!.bare
    const room = await this.#parts.rooms.get(to!.asBare, from)
    if (room === null) throw new StanzaError('item-not-found', { by })
    if (!mayRead(room, from) || this.#parts.labels?.mayEnter(room.address, room.facts.config, from) === false)
      throw new StanzaError('forbidden', { by })
    if (!room.facts.config.archived) throw new StanzaError('service-unavailable', { by })
    return room
  }

  async #find(room: Room, asker: Jid, ask: ArchiveAsk, reading: RoomReading | null): Promise<Found<Saying>> {
    const { messagesMax } = this.#parts.searches
    return searchPage(await this.#filtered(room, asker, ask, reading), ask, { messagesMax, textOf })
  }
  #filtered(room: Room, asker: Jid, ask: ArchiveAsk, reading: RoomReading | null): Promise<Filtered<Saying>> {
    const filter = { ...STANZAS, ...whoseIn(room, asker, ask.with), start: ask.start, end: ask.end }
    return this.#readable(room, asker, filter, reading)
  }
  /** LAB-27: of the archive, what is said, and what the reader may see of it. */
  async #readable(room: Room, asker: Jid, filter: RoomFilter, reading: RoomReading | null): Promise<Filtered<Saying>> {
    const { log } = this.#parts
    const floor = await log.floorFor(room, asker.bare)
    const within = (range: ArchiveRange): RoomFilter => ({ ...filter, ...range, after: Math.max(floor, range.after ?? 0) })
    const all: Filtered<Entry> = {
      page: (range, limit, end) => log.page(room, within(range), limit, end),
      count: (range, max) => log.count(room, within(range), max),
      byId: (id) => this.#entry(room, id, floor),
      sizeOf: (entry) => (isSaying(entry) ? entry.payload.text.length : 0),
    }
    if (reading !== null) return visibleIn(all, (entry): entry is Saying => isSaying(entry) && reading.mayRead(entry))
    return {
      ...all,
      page: async (range, limit, end) => {
        const { entries, isAll } = await all.page(range, limit, end)
        return { entries: entries.filter(isSaying), isAll }
      },
      byId: (id) => this.#entry(room, id, floor),
      sizeOf: (entry) => entry.payload.text.length,
    }
  }
  /** @throws StanzaError item-not-found: no message has that id */
  async #entry(room: Room, id: string, floor: Seq): Promise<Saying> {
    const entry = await this.#parts.log.byId(room, id)
    if (entry === null || !isSaying(entry) || entry.seq <= floor)
      throw new StanzaError('item-not-found', { by: room.address.bare })
    return entry
  }
}

/** ROOM-113: those who could enter now. */
function mayRead(room: Room, who: Jid): boolean {
  const affiliation = affiliationIn(room, who.bare)
  if (affiliation === 'outcast') return false
  const { membersOnly, passwordProtected } = room.facts.config
  if (affiliation !== 'none' || occupantOfSession(room, who.full) !== undefined) return true
  return !membersOnly && !passwordProtected
}
/**
 * MAM-33: messages of a nickname, or of a person for those who may see real addresses.
 * @throws StanzaError forbidden
 */
function whoseIn(room: Room, asker: Jid, who: Jid | null): Partial<RoomFilter> {
  if (who === null || who.full === room.address.bare) return {}
  if (who.bare === room.address.bare) return { nick: who.resource }
  if (seesAddresses(room, asker)) return { author: who.bare }
  if (room.facts.config.whois === 'anyone') return { author: who.bare, flags: UNVEILED }
  throw new StanzaError('forbidden', { by: room.address.bare })
}
/** ROOM-113: all real addresses are for moderators, admins and owners; those from when everybody could see them, for everybody. */
function seesAddresses(room: Room, { bare, full }: Jid): boolean {
  const affiliation = affiliationIn(room, bare)
  return affiliation === 'owner' || affiliation === 'admin' || occupantOfSession(room, full)?.role === 'moderator'
}
