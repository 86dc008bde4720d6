/**
 * A search in what the person has said and heard: the archives of the account and of their rooms find words (XEP-0313, XEP-0431).
 */
import type { Agent } from 'stanza'
import type { Board } from '../model/board.ts'
import { behind, foundIn, withPage, type Found, type Source } from '../model/found.ts'
import { lastSaid } from '../model/room-lines.ts'
import type { Room } from '../model/room.ts'
import type { Store } from '../model/store.ts'
import { sentence } from '../model/words.ts'
import { w } from '../words/index.ts'
import { accountPage, roomPage } from './archive-pages.ts'
import { bareOf, whyNot } from './stanzas.ts'

const FULL_TEXT = 'urn:xmpp:fulltext:0'
const FIELD = `{${FULL_TEXT}}fulltext`
const PAGE = 30
/** Of a room, when many are searched at once; and how many rooms those are. */
const ROOM_PAGE = 10
const ROOMS_MAX = 10
/** One click goes on until so many more are found, but asks no more often than this. */
const MORE_MIN = 20
const ROUNDS_MAX = 4

export interface Asked {
  readonly words: string
  /** A contact, or a room; null: everybody, and all rooms. */
  readonly jid: string | null
}
export interface SearchState {
  readonly asked: Asked
  readonly sources: readonly Source[]
  /** Why an archive was not searched, in words; the rest was. */
  readonly refusals: readonly string[]
  /** How many rooms were left out, because they are too many. */
  readonly roomsLeft: number
}

export class Searching {
  readonly #client: () => Agent
  readonly #store: Store<Board>

  constructor(store: Store<Board>, client: () => Agent) {
    this.#store = store
    this.#client = client
  }
  begin(asked: Asked): SearchState {
    const { rooms } = this.#store.value
    const of = (room: string | null): Source => ({ room, found: [], before: '' })
    const begun = { asked, refusals: [], roomsLeft: 0 }
    if (asked.jid !== null) return { ...begun, sources: [of(rooms.has(asked.jid) ? asked.jid : null)] }
    const searchable = [...rooms.values()].filter(({ isSearchable }) => isSearchable).sort((a, b) => timeOf(b) - timeOf(a))
    const some = searchable.slice(0, ROOMS_MAX).map(({ jid }) => of(jid))
    return { ...begun, sources: [of(null), ...some], roomsLeft: searchable.length - some.length }
  }
  /** Further back, until there is something to show. */
  async further(state: SearchState): Promise<SearchState> {
    const enough = foundIn(state.sources).length + MORE_MIN
    let next = state
    for (let round = 0; round < ROUNDS_MAX && foundIn(next.sources).length < enough; round++) {
      const late = behind(next.sources)
      if (late.length === 0) break
      const pages = await Promise.all(late.map((source) => this.#page(source, state.asked)))
      const sources = next.sources.map((source) => {
        const at = late.indexOf(source)
        const page = at < 0 ? undefined : pages[at]!
        return page === undefined ? source : withPage(source, typeof page === 'string' ? null : page)
      })
      const refusals = pages.filter((page): page is string => typeof page === 'string')
      next = { ...next, sources, refusals: [...new Set([...next.refusals, ...refusals])] }
    }
    return next
  }
  /** @returns a page, or why there is none, in words */
  async #page({ room, before }: Source, { words, jid }: Asked): Promise<Pick<Source, 'found' | 'before'> | string> {
    const max = jid === null && room !== null ? ROOM_PAGE : PAGE
    const ask = {
      form: { fields: [{ name: FIELD, type: 'text-single' as const, value: words }] },
      paging: { before: before!, max },
    }
    const client = this.#client()
    try {
      if (room !== null) return await this.#roomPage(client, room, ask)
      const { features } = await client.getDiscoInfo(bareOf(client.jid))
      if (!features.includes(FULL_TEXT)) return w.search.notOffered
      const { lines, first, isComplete } = await accountPage(client, jid, ask)
      const found = lines.map(([peer, line]): Found => ({ kind: 'chat', jid: peer, line }))
      return { found: found.toReversed(), before: isComplete ? null : first }
    } catch (error) {
      return sentence(w.search.refused(whyNot(error)))
    }
  }
  async #roomPage(client: Agent, jid: string, ask: Parameters<typeof roomPage>[2]): Promise<Pick<Source, 'found' | 'before'>> {
    const room = this.#store.value.rooms.get(jid)
    if (room === undefined) return { found: [], before: null }
    const { lines, first, isComplete } = await roomPage(client, room, ask)
    const found = lines.filter(({ text }) => text !== null).map((line): Found => ({ kind: 'room', jid, line }))
    return { found: found.toReversed(), before: isComplete ? null : first }
  }
}
/** When something was last said in a room. */
const timeOf = ({ lines }: Room): number => lines.findLast(({ key }) => key === lastSaid(lines))?.at.getTime() ?? 0
