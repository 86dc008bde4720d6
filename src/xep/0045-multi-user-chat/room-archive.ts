/** The archive of a room, for those who may enter it (XEP-0313 on rooms; ROOM-113, MAM-30). */
import { UNVEILED, type Entry } from '../../rooms/log.ts'
import { affiliationIn } from '../../rooms/machine/plan.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import { STANZAS, type RoomFilter, type RoomLog } from '../../rooms/room-log.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { escape, wire, type Wire } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { DELAY } from '../../xmpp/delay.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { FORWARD } from '../../xmpp/forwarded.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { pageElement } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { ArchiveEnd } from '../../server/archive.ts'
import { archiveForm, MAM, readArchiveAsk, type ArchiveAsk } from './archive-query.ts'
import type { Orders } from './orders.ts'
import { archivedMessage, isSaying, type Saying } from './said.ts'

export interface RoomArchiveParts {
  readonly rooms: Orders
  readonly log: RoomLog
  readonly send: (packet: Packet) => void
}

const PAGE = 50
const PAGE_MAX = 250
/** More are not counted (MAM-21). */
const COUNT_MAX = 10_000
/** Of the messages of one page; the first one is given in any case. */
const PAGE_OCTETS_MAX = 256 * 1024

interface Found {
  readonly entries: readonly Saying[]
  /** There is nothing more in the direction that was asked for. */
  readonly isComplete: boolean
  /** Of all that the filter finds, where it was asked for and is not too large. */
  readonly count?: number
}

export class RoomArchive {
  readonly #parts: RoomArchiveParts

  constructor(parts: RoomArchiveParts) {
    this.#parts = parts
  }
  async form(request: ServiceRequest): Promise<Answer> {
    await this.#room(request)
    return el('query', MAM, {}, archiveForm())
  }
  /** 4.2: the messages, and then the answer. */
  async query(request: ServiceRequest): Promise<Answer> {
    const { payload, from } = request
    const ask = readArchiveAsk(payload)
    const room = await this.#room(request)
    const { entries, isComplete, ...counted } = await this.#find(room, from, ask)
    const queryId = payload.attr('queryid')
    const seesAll = seesAddresses(room, from)
    for (const entry of ask.isFlipped ? entries.toReversed() : entries)
      this.#parts.send(resultOf(room, entry, queryId, seesAll || !entry.veiled).addressedTo(from))
    const page = { first: entries[0]?.id ?? null, last: entries.at(-1)?.id ?? null, ...counted }
    return el('fin', MAM, { complete: isComplete ? 'true' : undefined }, pageElement(page))
  }
  /** 4.4: where the archive begins and ends. */
  async metadata(request: ServiceRequest): Promise<Answer> {
    const room = await this.#room(request)
    const ends = await Promise.all((['first', 'last'] as const).map((end) => this.#parts.log.page(room, STANZAS, 1, end)))
    const [first, last] = ends.map(([entry]) => entry)
    if (first === undefined || last === undefined) return el('metadata', MAM)
    const place = (name: string, { id, at }: Entry): Element => el(name, MAM, { id, timestamp: formatDateTime(at) })
    return el('metadata', MAM, {}, place('start', first), place('end', last))
  }

  async #room({ packet: { to, from } }: ServiceRequest): Promise<Room> {
    const by = to!.bare
    const room = await this.#parts.rooms.get(to!.asBare, from)
    if (room === null) throw new StanzaError('item-not-found', { by })
    if (!mayRead(room, from)) throw new StanzaError('forbidden', { by })
    if (!room.facts.config.archived) throw new StanzaError('service-unavailable', { by })
    return room
  }

  async #find(room: Room, asker: Jid, ask: ArchiveAsk): Promise<Found> {
    if (ask.ids !== null) return { entries: await this.#byIds(room, ask.ids), isComplete: true }
    const { page } = ask
    if (page.index !== null) throw new StanzaError('feature-not-implemented')
    const filter = await this.#filterOf(room, asker, ask)
    const limit = Math.min(page.max ?? PAGE, PAGE_MAX)
    if (limit === 0) return this.#count(room, filter)
    const end = page.before !== null ? 'last' : 'first'
    const found = (await this.#parts.log.page(room, filter, limit + 1, end)).filter(isSaying)
    const wanted = end === 'last' ? found.slice(-limit) : found.slice(0, limit)
    const entries = fitting(wanted, end)
    return { entries, isComplete: found.length <= limit && entries.length === found.length }
  }
  /** MAM-31: only the number is wanted. */
  async #count(room: Room, filter: RoomFilter): Promise<Found> {
    const count = await this.#parts.log.count(room, filter, COUNT_MAX + 1)
    return { entries: [], isComplete: count === 0, ...(count > COUNT_MAX ? {} : { count }) }
  }
  async #filterOf(room: Room, asker: Jid, ask: ArchiveAsk): Promise<RoomFilter> {
    const { page } = ask
    const before = page.before === '' ? null : page.before
    const seqs = await Promise.all([ask.afterId, page.after, ask.beforeId, before].map((id) => this.#seqOf(room, id)))
    const [afterId, afterPage, beforeId, beforePage] = seqs as [number | null, number | null, number | null, number | null]
    return {
      ...STANZAS,
      ...whoseIn(room, asker, ask.with),
      start: ask.start,
      end: ask.end,
      after: latest(afterId, afterPage),
      before: earliest(beforeId, beforePage),
    }
  }
  /** @throws StanzaError item-not-found: no message has that id */
  async #seqOf(room: Room, id: string | null): Promise<number | null> {
    if (id === null) return null
    return (await this.#entry(room, id)).seq
  }
  async #byIds(room: Room, ids: readonly string[]): Promise<readonly Saying[]> {
    const entries = await Promise.all(ids.map((id) => this.#entry(room, id)))
    return entries.toSorted((a, b) => a.seq - b.seq)
  }
  async #entry(room: Room, id: string): Promise<Saying> {
    const entry = await this.#parts.log.byId(room, id)
    if (entry === null || !isSaying(entry)) throw new StanzaError('item-not-found', { by: room.address.bare })
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

/** As many as go into one page, from the end that was asked for. */
function fitting(entries: readonly Saying[], end: ArchiveEnd): readonly Saying[] {
  let octets = 0
  const count = (end === 'last' ? entries.toReversed() : entries).findIndex((entry, i) => {
    octets += entry.payload.text.length
    return i > 0 && octets > PAGE_OCTETS_MAX
  })
  if (count < 0) return entries
  return end === 'last' ? entries.slice(-count) : entries.slice(0, count)
}
const latest = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.max(a, b))
const earliest = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.min(a, b))

/** 4.2; the message in it is what the room has sent, with the address of the author for those who may see it (MAM-38). */
function resultOf(room: Room, entry: Saying, queryId: string | undefined, withAddress: boolean): Packet {
  const id = queryId === undefined ? '' : ` queryid='${escape(queryId)}'`
  const stamp = serialise(el('delay', DELAY, { stamp: formatDateTime(entry.at) }), FORWARD)
  const message = inItsNamespace(archivedMessage(room, entry, withAddress).wire)
  const text = `<result xmlns='${MAM}'${id} id='${entry.id}'><forwarded xmlns='${FORWARD}'>${stamp}${message}</forwarded></result>`
  return Packet.of({ kind: 'message', from: room.address, payload: Payload.ofText(wire(text)) })
}
const inItsNamespace = (message: Wire): string => message.replace('<message', `<message xmlns='${CLIENT}'`)
