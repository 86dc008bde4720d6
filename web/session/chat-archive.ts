/**
 * What was said with contacts before, out of the archive of the account (XEP-0313); and what was said while no client of the person
 * was looking (XEP-0490).
 */
import type { Agent } from 'stanza'
import { archiveRead, archived, isLookedAt, missed, type Board } from '../model/board.ts'
import { lastTheirs, type ChatLine } from '../model/chat-lines.ts'
import type { ChatPage } from '../model/deeds.ts'
import type { Store } from '../model/store.ts'
import { accountPage, chatPage, type AccountPage } from './archive-pages.ts'
import { displayedChanges, publishDisplayed, readDisplayed } from './displayed.ts'

/** Messages of a page of one conversation, and of the page in which news is looked for. */
const PAGE = 50
const NEWS_PAGE = 100

export class ChatArchives {
  readonly #store: Store<Board>
  readonly #displayedNow: (jid: string, line: ChatLine) => void
  #client: Agent | null = null
  /** What was displayed last, by the address of the chat, as the account has it. */
  #displayed = new Map<string, string>()

  /** @param displayedNow called when a message is on the screen that no client of the person has shown before */
  constructor(store: Store<Board>, displayedNow: (jid: string, line: ChatLine) => void) {
    this.#store = store
    this.#displayedNow = displayedNow
    store.listen(() => this.#look())
  }
  use(client: Agent): void {
    this.#client = client
    this.#displayed = new Map()
    client.on('pubsub:event', (message) => {
      for (const [jid, id] of displayedChanges(client, message)) this.#readElsewhere(jid, id)
    })
  }
  /** A new session: what was said since the one before is only in the archive. */
  async started(): Promise<void> {
    const client = this.#client!
    this.#store.update((board) => ({ ...board, archives: new Map() }))
    const news = accountPage(client, null, { paging: { before: '', max: NEWS_PAGE } }).catch(() => null)
    const [displayed, page] = await Promise.all([readDisplayed(client), news])
    if (client !== this.#client || page === null) return
    this.#displayed = new Map([...displayed, ...this.#displayed])
    this.#store.update((board) => missed(board, byPeer(page), this.#displayed))
    this.#look()
  }
  /** The next older page of a conversation. */
  async readOlder(jid: string): Promise<void> {
    const client = this.#client!
    const { oldest } = this.#store.value.archives.get(jid) ?? { oldest: null }
    this.#store.update((board) => archiveRead(board, jid, { older: 'reading', oldest }))
    const page = await chatPage(client, jid, { before: oldest ?? '', max: PAGE }).catch(() => null)
    if (client !== this.#client) return
    this.#store.update((board) => {
      if (page === null) return archiveRead(board, jid, { older: 'none', oldest })
      const next = archived(board, jid, page)
      return archiveRead(next, jid, { older: page.isComplete ? 'none' : 'some', oldest: page.first })
    })
  }
  /** Whatever is on the screen is displayed, and read from the archive when it is opened for the first time. */
  #look(): void {
    const { open, phase, rooms, archives, chats } = this.#store.value
    if (open === null || phase !== 'online' || rooms.has(open)) return
    if (!archives.has(open)) return void this.readOlder(open)
    const last = lastTheirs(chats.get(open) ?? [])
    const id = last?.archiveId ?? null
    if (!isLookedAt(this.#store.value, open) || id === null || this.#displayed.get(open) === id) return
    this.#displayed.set(open, id)
    void publishDisplayed(this.#client!, open, id).catch(() => {}) // other clients go on showing it as new
    this.#displayedNow(open, last!)
  }
  #readElsewhere(jid: string, id: string): void {
    this.#displayed.set(jid, id)
    if (lastTheirs(this.#store.value.chats.get(jid) ?? [])?.archiveId !== id) return
    this.#store.update((board) => {
      const unread = new Set(board.unread)
      return unread.delete(jid) ? { ...board, unread } : board
    })
  }
}

function byPeer({ lines, deeds }: AccountPage): ReadonlyMap<string, ChatPage> {
  const of = Map.groupBy(lines, ([peer]) => peer)
  const about = Map.groupBy(deeds, ([peer]) => peer)
  const pages = [...of].map(([peer, said]) => {
    const page = { lines: said.map(([, line]) => line), deeds: (about.get(peer) ?? []).map(([, deed]) => deed) }
    return [peer, page] as const
  })
  return new Map(pages)
}
