/** Leads from what a search has found to its place in the conversation: the archive gives what was said before and after it. */
import type { Agent } from 'stanza'
import type { Paging } from 'stanza/protocol'
import { opened, placeFound, placeJoined, type Board } from '../model/board.ts'
import type { Found } from '../model/found.ts'
import { withNewerPage, withOlderPage, type ArchivePage, type Excerpt, type Place } from '../model/place.ts'
import type { Store } from '../model/store.ts'
import { sentence } from '../model/words.ts'
import { w } from '../words/index.ts'
import { chatPage, roomPage } from './archive-pages.ts'
import { whyNot } from './stanzas.ts'

/** Messages on either side of the one that was found, and of a further page. */
const AROUND = 15
const PAGE = 50
type Side = 'older' | 'newer'

export class Places {
  readonly #store: Store<Board>
  readonly #client: () => Agent

  constructor(store: Store<Board>, client: () => Agent) {
    this.#store = store
    this.#client = client
    store.listen(() => this.#join())
  }
  /** @param words what was searched for */
  async open(found: Found, words: string): Promise<void> {
    this.#store.update((board) => placeFound(board, found, words))
    const { place } = this.#store.value
    if (place === null || (place.chat === null && place.room === null)) return
    await Promise.all([this.#read('older', AROUND), this.#read('newer', AROUND)])
  }
  readOlder(): Promise<void> {
    return this.#read('older', PAGE)
  }
  readNewer(): Promise<void> {
    return this.#read('newer', PAGE)
  }
  /** To the newest messages. */
  leave(): void {
    this.#store.update((board) => opened(board, board.open))
  }

  async #read(side: Side, max: number): Promise<void> {
    const { place, rooms } = this.#store.value
    const room = place === null ? undefined : rooms.get(place.jid)
    if (place?.chat != null)
      return this.#readInto(place, 'chat', side, place.chat, (paging) => chatPage(this.#client(), place.jid, paging), max)
    if (place?.room != null && room !== undefined)
      return this.#readInto(place, 'room', side, place.room, (paging) => roomPage(this.#client(), room, { paging }), max)
  }
  async #readInto<K extends 'chat' | 'room', L extends { readonly archiveId: string | null }>(
    place: Place,
    kind: K,
    side: Side,
    excerpt: Excerpt<L>,
    read: (paging: Paging) => Promise<ArchivePage<L>>,
    max: number,
  ): Promise<void> {
    const change = (next: (now: Excerpt<L>) => Excerpt<L>): void =>
      this.#store.update((board) => {
        const now = board.place
        // Somebody has gone elsewhere meanwhile
        if (now?.archiveId !== place.archiveId || now.jid !== place.jid || now[kind] === null) return board
        return { ...board, place: { ...now, [kind]: next(now[kind] as unknown as Excerpt<L>) } }
      })
    change((now) => ({ ...now, [side]: 'reading' }))
    try {
      const page = await read(side === 'older' ? { before: excerpt.first, max } : { after: excerpt.last, max })
      change((now) => (side === 'older' ? withOlderPage(now, page) : withNewerPage(now, page)))
    } catch (error) {
      change((now) => ({ ...now, [side]: 'none' }))
      this.#store.update((board) => ({ ...board, trouble: sentence(w.search.aroundNotRead(whyNot(error))) }))
    }
  }
  #join(): void {
    const { place } = this.#store.value
    if (place === null || (place.chat === null && place.room === null)) return
    const joined = placeJoined(this.#store.value)
    if (joined !== this.#store.value) this.#store.update(() => joined)
  }
}
