/**
 * What one user sees of the presence of others with a Matrix client: of contacts, and of those in the same rooms; nothing across a
 * block. Each is told as it is now, once, however often it has changed (docs/decisions/048-matrix-devices.md).
 */
import type { Millis } from '../../base/clock.ts'
import { asTold } from '../../im/last-seen.ts'
import type { Accounts } from '../../server/account/accounts.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Testimony } from '../../server/explaining/witnesses.ts'
import type { Host } from '../../server/feature.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import type { Board } from './board.ts'
import { viewOf, type Availability, type Published } from './machine.ts'
import type { Presence } from './presence.ts'
import type { Mates, Viewer, Viewers } from './viewers.ts'

export interface LookingParts {
  readonly host: Host
  readonly presence: Presence
  readonly board: Board
  readonly viewers: Viewers
  readonly mates: () => Mates
  readonly idOf: (jid: Jid) => string
  /** If not, everybody is as it was last told. */
  readonly isOn: boolean
}

/** The content of an `m.presence` event, and the answer to a question for a status. */
export interface Content {
  readonly presence: string
  readonly last_active_ago?: number
  readonly status_msg?: string
  readonly currently_active?: boolean
}
export interface PresenceEvent {
  readonly type: 'm.presence'
  readonly sender: string
  readonly content: Content
}

const WORDS: Readonly<Record<Availability, string>> = {
  offline: 'offline',
  unavailable: 'unavailable',
  online: 'online',
  busy: 'org.matrix.msc3026.busy',
}
/** How often it is looked whether a viewer may see somebody who is not followed yet. Of most it is told at once. */
const FOLLOW_EVERY: Millis = 30_000
/** Of somebody whom the viewer may not see any more. */
const HIDDEN: Content = { presence: 'offline' }

export class Looking {
  readonly #parts: LookingParts

  constructor(parts: LookingParts) {
    this.#parts = parts
    const { host, viewers } = parts
    host.on('roster-changed', ({ account, change }) => {
      const viewer = viewers.get(account.bare.bare)
      if (viewer !== undefined) this.#rosterChanged(viewer, account, change.contact)
    })
    host.on('blocking-changed', ({ account, isChanged }) => this.#blockingChanged(account, isChanged))
    host.on('policy-changed', ({ account }) => {
      for (const viewer of viewers.of(account.bare.bare)) this.#force(viewer, account.bare.bare)
    })
    host.witnesses.addForShown((watcher, contact) => this.#testify(watcher, contact))
    host.on('account-deleted', ({ jid: { bare } }) => {
      for (const viewer of viewers.of(bare)) if (viewer.jid.bare !== bare) this.#force(viewer, bare)
      viewers.forget(bare)
    })
  }
  /** The user asks for news from now on. All whom they may see are followed, before anything is read. */
  attend(account: LocalAccount): Viewer {
    const { viewers, host } = this.#parts
    const viewer = viewers.ask(account)
    const now = host.clock.now()
    if (now - viewer.followedAt < FOLLOW_EVERY) return viewer
    viewer.followedAt = now
    for (const bare of [viewer.jid.bare, ...viewers.seenBy(viewer)]) this.#follow(bare)
    return viewer
  }
  /** The presence of `who`; null if the viewer may not see it, or if there is no such account. */
  async statusOf(viewer: Jid, who: Jid): Promise<Content | null> {
    const { accounts, router } = this.#parts.host
    if (router.kindOf(who.domain) !== 'accounts' || router.placeOf(who) !== 'here') return null
    const [own, other] = await Promise.all([
      accounts.load(viewer.bare),
      accounts.load(who.bare),
      this.#parts.mates().ready(viewer.bare),
    ])
    if (own === null || other === null || !this.#maySee(own, other)) return null
    this.#parts.presence.follow(who)
    return this.#contentOf(other, viewer)
  }
  /**
   * What is new for the viewer after a position.
   * @param position null: everything that is not offline
   * @param applied rows after this position are left for the next time
   * Their rooms are known when this is called.
   * @param newcomers users whom the viewer may see since then: told whatever their position is. By bare JID
   */
  since(
    viewer: Jid,
    position: number | null,
    applied: number,
    newcomers: Iterable<string>,
  ): readonly PresenceEvent[] | Promise<readonly PresenceEvent[]> {
    return this.#parts.host.accounts.with(viewer.bare, (account) => {
      if (account === null) return []
      const known = this.attend(account)
      const who = [...(position === null ? this.#all(known) : this.#after(known, position, applied, newcomers))]
      if (known.knownFrom === Infinity) known.knownFrom = this.#parts.board.last
      return this.#events(account, known, who)
    })
  }
  /** The two are in the same room from now on. */
  mateJoined(bare: string, mate: string): void {
    const viewer = this.#parts.viewers.get(bare)
    if (viewer === undefined || !this.#parts.host.accounts.isHome(mate)) return
    this.#follow(mate)
    this.#force(viewer, mate)
  }

  /** For `explain`. */
  *#testify(watcher: LocalAccount, contact: Jid): Generator<Testimony> {
    const { viewers, board, host } = this.#parts
    if (viewers.get(watcher.bare.bare) === undefined) return
    const other = host.accounts.get(contact.bare)
    const state = other === undefined || !this.#maySee(watcher, other) ? 'offline' : board.row(contact.bare)?.published.presence
    yield { about: 'shown', words: `Its Matrix clients are told that ${contact.bare} is ${state ?? 'offline'}.`, since: null }
  }
  *#all(viewer: Viewer): Generator<string> {
    const { board, viewers } = this.#parts
    for (const bare of [...viewers.seenBy(viewer), viewer.jid.bare])
      if ((board.row(bare)?.published.presence ?? 'offline') !== 'offline') yield bare
  }
  *#after(viewer: Viewer, position: number, applied: number, newcomers: Iterable<string>): Generator<string> {
    const { board, viewers, host } = this.#parts
    const wanted = new Set(Iterator.from(newcomers).filter((bare) => host.accounts.isHome(bare)))
    for (const bare of wanted) this.#follow(bare)
    let isMore = false
    const look = (bare: string, at: number): void => {
      if (at > applied) isMore = true
      else if (at > position) wanted.add(bare)
    }
    for (const [bare, at] of viewer.news) look(bare, at)
    if (position < viewer.knownFrom)
      for (const bare of [...viewers.seenBy(viewer), viewer.jid.bare]) look(bare, board.row(bare)?.position ?? 0)
    if (isMore) viewers.wake(viewer) // what could not be told yet
    yield* wanted
  }
  #follow(bare: string): void {
    const { presence, isOn } = this.#parts
    if (isOn && presence.users.get(bare) === undefined) presence.follow(jid(bare))
  }
  #events(
    account: LocalAccount,
    { jid: viewer }: Viewer,
    names: readonly string[],
  ): readonly PresenceEvent[] | Promise<PresenceEvent[]> {
    const accounts: Accounts = this.#parts.host.accounts
    const event = (bare: string, other: LocalAccount | null): PresenceEvent => ({
      type: 'm.presence',
      sender: this.#parts.idOf(jid(bare)),
      content: other === null || !this.#maySee(account, other) ? HIDDEN : this.#contentOf(other, viewer),
    })
    const known = names.map((bare) => accounts.get(bare))
    if (known.every((one) => one !== undefined)) return names.map((bare, i) => event(bare, known[i]!))
    return Promise.all(names.map(async (bare) => event(bare, await accounts.load(bare))))
  }
  /** Somebody shows presence to contacts, and to those in the same rooms, but not across a block, whoever has made it. */
  #maySee(viewer: LocalAccount, other: LocalAccount): boolean {
    if (viewer.bare.bare === other.bare.bare) return true
    if (viewer.hidden(other.bare) || other.hidden(viewer.bare)) return false
    return other.roster.isSubscriber(viewer.bare.bare) || this.#parts.mates().share(viewer.bare.bare, other.bare.bare)
  }
  #contentOf(account: LocalAccount, viewer: Jid): Content {
    const { presence, board, host } = this.#parts
    const now = host.clock.now()
    const user = presence.users.get(account.bare.bare)
    const row = user === undefined ? board.rowOf(account.bare).published : viewOf(presence.users.rules, user.presence, now)
    return contentOf(account.bare.bare === viewer.bare ? row : within(row, account), now)
  }

  #rosterChanged(viewer: Viewer, { roster }: LocalAccount, contact: Jid): void {
    const { viewers } = this.#parts
    if (contact.bare === viewer.jid.bare || roster.isSubscribedTo(contact.bare) === viewer.contacts.has(contact.bare)) return
    if (!viewers.isHere(contact)) return
    if (roster.isSubscribedTo(contact.bare)) {
      viewers.watch(viewer, contact)
      this.#follow(contact.bare)
    } else viewers.unwatch(viewer, contact.bare)
    this.#force(viewer, contact.bare)
  }
  #blockingChanged({ bare }: LocalAccount, isChanged: (entity: Jid) => boolean): void {
    const { viewers } = this.#parts
    const own = viewers.get(bare.bare)
    if (own !== undefined) for (const seen of viewers.seenBy(own)) if (isChanged(jid(seen))) this.#force(own, seen)
    for (const viewer of viewers.of(bare.bare)) if (viewer !== own && isChanged(viewer.jid)) this.#force(viewer, bare.bare)
  }
  /** The viewer is told of the user, whether or not anything has changed. */
  #force(viewer: Viewer, bare: string): void {
    const { board, viewers } = this.#parts
    viewer.news.set(bare, board.next())
    viewers.wake(viewer)
  }
}

/** What others may know of when the user was last there (XEP-0050: the user decides). */
function within(row: Published, { policy }: LocalAccount): Published {
  if (row.presence !== 'offline') return row
  const last = asTold({ at: row.lastActive ?? 0, payload: Payload.empty }, policy.lastSeen)
  if (last === null) return { ...row, text: '', lastActive: null }
  return row.lastActive === null ? row : { ...row, lastActive: last.at }
}

/** No null, whole numbers, and nothing that is empty: clients break on it. */
export const contentOf = ({ presence, text, isCurrentlyActive, lastActive }: Published, now: number): Content => ({
  presence: WORDS[presence],
  ...(lastActive === null ? {} : { last_active_ago: Math.max(0, now - lastActive) }),
  ...(text === '' ? {} : { status_msg: text }),
  ...(presence === 'online' ? { currently_active: isCurrentlyActive } : {}),
})
