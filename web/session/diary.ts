/**
 * When contacts and the person were here, as this browser has seen it. It is kept in the browser, for a week, and goes nowhere else;
 * signing out forgets it.
 */
import type { Agent } from 'stanza'
import type { Presence } from 'stanza/protocol'
import type { Board } from '../model/board.ts'
import type { PresenceView } from '../model/presence.ts'
import { isShared } from '../model/roster.ts'
import {
  knownNow,
  mergedSightings,
  read,
  sharesBy,
  sharesByAge,
  sightingOf,
  sightOf,
  withShares,
  withSpans,
  written,
  type Known,
  type Sightings,
} from '../model/sightings.ts'
import type { Store } from '../model/store.ts'
import { bareOf, noticeOf } from './stanzas.ts'

const TICK_MS = 30_000
/** After a longer time without a tick the computer has slept, and the connection may be dead. Hidden pages tick once a minute. */
const SLEPT_MS = 150_000
/** Ticks between two times at which it is written down. */
const WRITE_TICKS = 4
/** In characters: a browser keeps about five million for all pages of the server. */
const LENGTH_MAX = 1_500_000
const placeOf = (account: string): string => `porchlight-seen ${account}`

export class Diary {
  readonly #store: Store<Board>
  #client: Agent | null = null
  #account: string | null = null
  #timer: ReturnType<typeof setInterval> | undefined
  #ticks = 0
  #tickedAt = 0
  /** False: the computer has slept, and nothing has arrived since. */
  #isSure = true
  #seen: Board['presences'] = new Map()
  #startedAt = 0
  /** Contacts that were asked about their choice, or are being asked. */
  readonly #asked = new Set<string>()

  constructor(store: Store<Board>) {
    this.#store = store
    store.listen(() => this.#look())
  }
  /** A session begins. */
  started(client: Agent): void {
    const account = bareOf(client.jid)
    if (account !== this.#account) this.#change(() => keptFor(account))
    this.#client = client
    this.#account = account
    this.#startedAt = Date.now()
    this.#asked.clear()
    this.confirmed()
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }
  /** The connection is known to be alive. */
  confirmed(): void {
    this.#isSure = true
    this.#tickedAt = Date.now()
  }
  /** The page goes, or the session ends. */
  close(): void {
    if (this.#account === null) return
    this.#tick()
    this.#write()
    this.#stop()
  }
  /** The person leaves the browser to others. */
  signedOut(): void {
    this.forget()
    this.#stop()
  }
  #stop(): void {
    clearInterval(this.#timer)
    this.#account = this.#client = null
  }
  forget(): void {
    const account = this.#account
    this.#seen = new Map()
    this.#change((before) => new Map([...before].map(([jid, { shares }]) => [jid, { spans: [], shares }])))
    if (account !== null) quietly(() => localStorage.removeItem(placeOf(account)))
  }
  /** What the server says about somebody that is not here tells whether they share when they were. */
  heard(presence: Presence): void {
    const shares = sharesBy(noticeOf(presence))
    if (shares !== null) this.#tell(bareOf(presence.from ?? ''), shares)
  }
  /** Somebody looks at a contact of whom that is not known. */
  async ask(jid: string): Promise<void> {
    const client = this.#client
    if (client === null || this.#asked.has(jid) || sightingOf(this.#store.value.sightings, jid).shares !== null) return
    this.#asked.add(jid)
    const seconds = await client.sendIQ({ to: jid, type: 'get', lastActivity: {} }).then(
      ({ lastActivity }) => lastActivity?.seconds,
      ({ error }: { error?: { condition?: string } }) => (error?.condition === 'forbidden' ? null : undefined),
    )
    if (seconds !== undefined && client === this.#client) this.#tell(jid, sharesByAge(seconds, Date.now()))
  }

  #tell(jid: string, shares: boolean): void {
    this.#change((before) => (sightingOf(before, jid).shares === shares ? before : withShares(before, jid, shares)))
  }
  /** What has changed is seen at once. */
  #look(): void {
    const { presences, phase } = this.#store.value
    if (this.#account === null || phase !== 'online' || presences === this.#seen) return
    const before = this.#seen
    this.#seen = presences
    this.#isSure = true
    this.#observe(([jid, view]) => before.get(jid) !== view)
  }
  #tick(): void {
    const now = Date.now()
    if (now - this.#tickedAt > SLEPT_MS) this.#isSure = false
    this.#tickedAt = now
    if (this.#store.value.phase === 'online' && this.#isSure) this.#observe(() => true)
    this.#ticks += 1
    if (this.#ticks % WRITE_TICKS === 0) this.#write()
  }
  #observe(isWanted: (entry: readonly [string, PresenceView]) => boolean): void {
    const { presences, roster, own, sightings } = this.#store.value
    const now = Date.now()
    const account = this.#account!
    const ours = presences.get(account)
    const news = new Map<string, Known | null>([
      [account, (ours && knownNow(ours, true, now)) ?? { sight: sightOf(own.show), since: this.#startedAt }],
    ])
    for (const [jid, view] of [...presences].filter(isWanted)) {
      const contact = roster.get(jid)
      if (contact !== undefined && isShared(contact)) news.set(jid, knownNow(view, sightingOf(sightings, jid).shares, now))
    }
    const known = [...news].filter((entry): entry is [string, Known] => entry[1] !== null)
    this.#change((before) => withSpans(before, known, now))
  }
  #write(): void {
    const account = this.#account
    if (account === null) return
    // Another page of this browser may have written meanwhile
    const all = mergedSightings(this.#store.value.sightings, keptFor(account))
    quietly(() => localStorage.setItem(placeOf(account), written(all, Date.now(), LENGTH_MAX)))
  }
  #change(next: (sightings: Sightings) => Sightings): void {
    const after = next(this.#store.value.sightings)
    if (after !== this.#store.value.sightings) this.#store.update((board) => ({ ...board, sightings: after }))
  }
}

function keptFor(account: string): Sightings {
  let text = '[]'
  quietly(() => (text = localStorage.getItem(placeOf(account)) ?? text))
  return read(text)
}
/** A browser that keeps nothing shows what this page has seen. */
function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // It is known as long as the page is open
  }
}
