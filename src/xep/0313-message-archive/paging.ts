/** XEP-0313 4.2 and 4.3: finds the page of an archive that somebody asks for. The filter comes first, then the page (MAM-31). */
import { el, type Element } from '../../xml/element.ts'
import { DELAY } from '../../xmpp/delay.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { forwarded, FORWARD } from '../../xmpp/forwarded.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { pageElement } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { escape, wire } from '../../xml/wire.ts'
import { pagesFrom, type ArchiveEnd, type ArchivePage, type ArchiveRange } from '../../server/archive.ts'
import { MAM, type ArchiveAsk } from './ask.ts'

/** Entries on a page of which nobody has said how long it may be, and at most. */
const PAGE = 50
const PAGE_MAX = 250
/** More are not counted (MAM-21). */
const COUNT_MAX = 10_000
/** Of the messages of one page; the first one is given in any case. */
const PAGE_OCTETS_MAX = 256 * 1024

/** An entry of an archive, as far as its place goes. */
export interface Placed {
  readonly id: string
  readonly seq: number
}
/** An archive with the filter of one query. */
export interface Filtered<E extends Placed> {
  /** The first `limit` entries, or the last ones. Fewer, but one in any case, if they have very many octets. */
  page(range: ArchiveRange, limit: number, end: ArchiveEnd): Promise<ArchivePage<E>>
  /** How many there are, counted as far as `max`. */
  count(range: ArchiveRange, max: number): Promise<number>
  /** Whatever the filter is. Null: there is none. */
  byId(id: string): Promise<E | null>
  /** The octets of the message. */
  sizeOf(entry: E): number
}
/** As many entries as go into one page, from the end that was asked for. */
export class PageBuilder<E extends Placed> {
  readonly #archive: Pick<Filtered<E>, 'sizeOf'>
  readonly #limit: number
  readonly #end: ArchiveEnd
  readonly #found: E[] = []
  #octets = 0

  constructor(archive: Pick<Filtered<E>, 'sizeOf'>, limit: number, end: ArchiveEnd) {
    this.#archive = archive
    this.#limit = limit
    this.#end = end
  }
  /** @param batch in their order @returns whether there is space for more */
  take(batch: readonly E[]): boolean {
    for (const entry of this.#end === 'last' ? batch.toReversed() : batch) {
      this.#octets += this.#archive.sizeOf(entry)
      if (this.#found.length > 0 && this.#octets > PAGE_OCTETS_MAX) return false
      if (this.#found.push(entry) === this.#limit) return false
    }
    return true
  }
  get entries(): readonly E[] {
    return this.#end === 'last' ? this.#found.toReversed() : this.#found
  }
}

/** Entries that are read at a time where some are hidden. */
const BATCH = 250

/** The same archive for somebody who may not see all of it. What is hidden is as if it were not there: for pages, numbers and ids (LAB-27). */
export function visibleIn<E extends Placed, V extends E>(archive: Filtered<E>, isVisible: (entry: E) => entry is V): Filtered<V> {
  const batches = (range: ArchiveRange, size: number, end: ArchiveEnd) =>
    pagesFrom((part) => archive.page(part, size, end), end, range)
  return {
    page: async (range, limit, end) => {
      const found = new PageBuilder<V>(archive, limit, end)
      for await (const batch of batches(range, Math.max(limit, BATCH), end))
        if (!found.take(batch.filter(isVisible))) return { entries: found.entries, isAll: false }
      return { entries: found.entries, isAll: true }
    },
    count: async (range, max) => {
      let n = 0
      for await (const batch of batches(range, BATCH, 'first')) if ((n += batch.filter(isVisible).length) >= max) return max
      return n
    },
    byId: async (id) => {
      const entry = await archive.byId(id)
      return entry !== null && isVisible(entry) ? entry : null
    },
    sizeOf: (entry) => archive.sizeOf(entry),
  }
}

export interface Found<E extends Placed> {
  readonly entries: readonly E[]
  /** There is nothing more in the direction that was asked for. */
  readonly isComplete: boolean
  /** Of all that the filter finds, where it was asked for and is not too large. */
  readonly count?: number
}

/** @throws StanzaError item-not-found: no entry has an id that is named */
export async function findPage<E extends Placed>(archive: Filtered<E>, ask: ArchiveAsk): Promise<Found<E>> {
  const { page, ids } = ask
  const searched = ids === null ? archive : onlyThose(archive, await placesOf(archive, ids))
  const range = await rangeOf(archive, ask)
  const limit = Math.min(page.max ?? PAGE, PAGE_MAX)
  if (limit === 0) return countOnly(searched, range)
  const end = page.before !== null ? 'last' : 'first'
  const { entries: found, isAll } = await searched.page(range, limit + 1, end)
  const fitting = new PageBuilder<E>(archive, limit, end)
  fitting.take(found)
  const { entries } = fitting
  return { entries, isComplete: isAll && entries.length === found.length }
}

/** Where these entries are, in their order. One is read after the other: together they may be long. */
async function placesOf<E extends Placed>(archive: Filtered<E>, ids: readonly string[]): Promise<readonly Placed[]> {
  const places: Placed[] = []
  for (const one of new Set(ids)) {
    const { id, seq } = await entryOf(archive, one)
    places.push({ id, seq })
  }
  return places.toSorted((a, b) => a.seq - b.seq)
}
/** 4.1.3.2: of the archive, the entries that are named. @param places in their order */
function onlyThose<E extends Placed>(archive: Filtered<E>, places: readonly Placed[]): Filtered<E> {
  const inside = ({ after, before }: ArchiveRange): readonly Placed[] =>
    places.filter(({ seq }) => seq > (after ?? 0) && seq < (before ?? Infinity))
  return {
    page: async (range, limit, end) => {
      const found = new PageBuilder<E>(archive, limit, end)
      const wanted = inside(range)
      for (const { id } of end === 'last' ? wanted.toReversed() : wanted)
        if (!found.take([await entryOf(archive, id)])) return { entries: found.entries, isAll: false }
      return { entries: found.entries, isAll: true }
    },
    count: async (range) => inside(range).length,
    byId: (id) => archive.byId(id),
    sizeOf: (entry) => archive.sizeOf(entry),
  }
}
async function rangeOf<E extends Placed>(archive: Filtered<E>, { page, afterId, beforeId }: ArchiveAsk): Promise<ArchiveRange> {
  const ids = [afterId, page.after, beforeId, page.before === '' ? null : page.before]
  const [afterSeq = null, afterPage = null, beforeSeq = null, beforePage = null] = await Promise.all(
    ids.map(async (id) => (id === null ? null : (await entryOf(archive, id)).seq)),
  )
  return { after: latest(afterSeq, afterPage), before: earliest(beforeSeq, beforePage) }
}
async function entryOf<E extends Placed>(archive: Filtered<E>, id: string): Promise<E> {
  const entry = await archive.byId(id)
  if (entry === null) throw new StanzaError('item-not-found')
  return entry
}
/** Only the number is wanted. */
async function countOnly<E extends Placed>(archive: Filtered<E>, range: ArchiveRange): Promise<Found<E>> {
  const count = await archive.count(range, COUNT_MAX + 1)
  return { entries: [], isComplete: count === 0, ...(count > COUNT_MAX ? {} : { count }) }
}

const latest = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.max(a, b))
const earliest = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.min(a, b))

/** 4.2: one message of the answer. @param message as it was, with both addresses that may be seen */
export function resultOf(message: Packet, id: string, at: number, queryId: string | undefined): Payload {
  const query = queryId === undefined ? '' : ` queryid='${escape(queryId)}'`
  const begin = `<forwarded xmlns='${FORWARD}'>`
  const stamped = `${begin}<delay xmlns='${DELAY}' stamp='${formatDateTime(at)}'/>${forwarded(message).slice(begin.length)}`
  return Payload.ofText(wire(`<result xmlns='${MAM}'${query} id='${id}'>${stamped}</result>`))
}

/** 4.2: the end of the answer. */
export function endOf<E extends Placed>({ entries, isComplete, ...counted }: Found<E>): Element {
  const page = { first: entries[0]?.id ?? null, last: entries.at(-1)?.id ?? null, ...counted }
  return el('fin', MAM, { complete: isComplete ? 'true' : undefined }, pageElement(page))
}

/** 4.4: where an archive begins and ends. Both are null if it is empty. */
export function metadataOf(first: Dated | null, last: Dated | null): Element {
  if (first === null || last === null) return el('metadata', MAM)
  const place = (name: string, { id, at }: Dated): Element => el(name, MAM, { id, timestamp: formatDateTime(at) })
  return el('metadata', MAM, {}, place('start', first), place('end', last))
}
interface Dated {
  readonly id: string
  readonly at: number
}
