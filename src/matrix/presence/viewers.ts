/**
 * The users who look at the presence of others with Matrix clients: whom they may see, and who is woken when something is told of
 * somebody. A viewer is one from a request for news until a while after the last one.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { every } from '../../base/clock.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'

/** Who shares rooms with whom. All names are bare JIDs of accounts here. */
export interface Mates {
  share(one: string, other: string): boolean
  of(bare: string): Iterable<string>
  /** The other two know of all rooms of that person when this resolves. */
  ready(bare: string): Promise<void>
}
export const NO_MATES: Mates = { share: () => false, of: () => [], ready: () => Promise.resolve() }

export interface Viewer {
  readonly jid: Jid
  /** The contacts whose presence the viewer may see, by bare JID. */
  readonly contacts: Set<string>
  /** What was told of users whom the viewer may see, or could see before: by bare JID the newest position. */
  readonly news: Map<string, number>
  /** All that was told after this position is in `news`. Infinity: it is not known yet who is in the same rooms. */
  knownFrom: number
  /** What was the newest position when it was last swept. */
  sweptTo: number
  /** When the viewer last asked, and was last woken. */
  askedAt: Millis
  wokenAt: Millis
  /** When it was last looked whom the viewer may see. */
  followedAt: Millis
}

export interface ViewersParts {
  readonly clock: Clock
  readonly mates: () => Mates
  readonly isHere: (jid: Jid) => boolean
  /** The newest position. */
  readonly last: () => number
  /** The requests of the viewer that wait are to look for news. */
  readonly wake: (bare: string) => void
  /** Viewers have gone: some users may no longer have to be followed. */
  readonly swept: () => void
}

const SWEEP: Millis = 300_000
/** A viewer is woken for presence at most once in this time. What comes meanwhile comes together. */
const PAUSE: Millis = 1000

export class Viewers {
  readonly #parts: ViewersParts
  readonly #all = new Map<string, Viewer>()
  /** By bare JID of a contact: the viewers who have it in their rosters. */
  readonly #watchers = new Map<string, Set<Viewer>>()
  /** Are to be woken, but were woken just now. */
  readonly #late = new Set<Viewer>()

  constructor(parts: ViewersParts) {
    this.#parts = parts
    every(parts.clock, SWEEP, () => this.#sweep())
  }
  get size(): number {
    return this.#all.size
  }
  get(bare: string): Viewer | undefined {
    return this.#all.get(bare)
  }
  /** The user asks for news. */
  ask(account: LocalAccount): Viewer {
    const { bare } = account
    const known = this.#all.get(bare.bare)
    const viewer = known ?? newViewer(bare, this.#parts.last())
    viewer.askedAt = this.#parts.clock.now()
    if (known === undefined) {
      this.#all.set(bare.bare, viewer)
      for (const contact of account.roster.subscriptions) this.watch(viewer, contact)
    }
    return viewer
  }
  /** Has the account its home here? Presence of others is not shown to Matrix users. */
  isHere(contact: Jid): boolean {
    return this.#parts.isHere(contact)
  }
  /** Something was told of this user: those who may see it are woken. */
  told(bare: string, position: number): void {
    for (const viewer of this.of(bare)) {
      viewer.news.set(bare, position)
      this.wake(viewer)
    }
  }
  wake(viewer: Viewer): void {
    const { clock, wake } = this.#parts
    const now = clock.now()
    if (now - viewer.wokenAt >= PAUSE) {
      viewer.wokenAt = now
      return wake(viewer.jid.bare)
    }
    if (this.#late.size === 0) clock.after(PAUSE, () => this.#wakeLate())
    this.#late.add(viewer)
  }
  /** From now on the viewer may see this contact. */
  watch(viewer: Viewer, contact: Jid): void {
    if (!this.isHere(contact)) return
    viewer.contacts.add(contact.bare)
    const watchers = this.#watchers.get(contact.bare)
    if (watchers === undefined) this.#watchers.set(contact.bare, new Set([viewer]))
    else watchers.add(viewer)
  }
  unwatch(viewer: Viewer, bare: string): void {
    viewer.contacts.delete(bare)
    const watchers = this.#watchers.get(bare)
    if (watchers?.delete(viewer) === true && watchers.size === 0) this.#watchers.delete(bare)
  }
  /** Whom the viewer may see, by bare JID: contacts, and those in the same rooms. Not the viewer. */
  seenBy(viewer: Viewer): ReadonlySet<string> {
    const seen = new Set(viewer.contacts)
    for (const mate of this.#parts.mates().of(viewer.jid.bare)) seen.add(mate)
    seen.delete(viewer.jid.bare)
    return seen
  }
  /** Those who may see this user, with the user. */
  *of(bare: string): Generator<Viewer> {
    if (this.#all.size === 0) return
    const contacts = this.#watchers.get(bare)
    if (contacts !== undefined) yield* contacts
    const own = this.#all.get(bare)
    if (own !== undefined) yield own
    for (const mate of this.#parts.mates().of(bare)) {
      const viewer = mate === bare ? undefined : this.#all.get(mate)
      if (viewer !== undefined && contacts?.has(viewer) !== true) yield viewer
    }
  }
  isSeen(bare: string): boolean {
    return this.of(bare).next().done !== true
  }
  forget(bare: string): void {
    const viewer = this.#all.get(bare)
    if (viewer === undefined) return
    this.#all.delete(bare)
    for (const contact of [...viewer.contacts]) this.unwatch(viewer, contact)
  }

  #wakeLate(): void {
    const now = this.#parts.clock.now()
    for (const viewer of this.#late) {
      viewer.wokenAt = now
      this.#parts.wake(viewer.jid.bare)
    }
    this.#late.clear()
  }
  #sweep(): void {
    const before = this.#parts.clock.now() - SWEEP
    for (const [bare, viewer] of this.#all)
      if (viewer.askedAt < before) this.forget(bare)
      else sweepNews(viewer, this.#parts.last())
    this.#parts.swept()
  }
}

const newViewer = (jid: Jid, last: number): Viewer => ({
  jid,
  contacts: new Set(),
  news: new Map(),
  knownFrom: Infinity,
  sweptTo: last,
  askedAt: 0,
  wokenAt: 0,
  followedAt: 0,
})

/** What is older than the last sweep is forgotten. A device with an older token is told of everybody whom the viewer may see. */
function sweepNews(viewer: Viewer, last: number): void {
  for (const [bare, at] of viewer.news) if (at <= viewer.sweptTo) viewer.news.delete(bare)
  if (viewer.knownFrom !== Infinity) viewer.knownFrom = viewer.sweptTo
  viewer.sweptTo = last
}
