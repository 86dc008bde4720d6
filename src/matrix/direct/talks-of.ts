/**
 * The conversations of one user (MXR-90 to 97), from the first request of a Matrix client until none has asked for a while. It
 * follows the archive and the roster; what came in between is found in the archive when it begins.
 */
import type { Millis } from '../../base/clock.ts'
import { contactKey, type Roster, type RosterChange, type RosterItem } from '../../im/account.ts'
import type { AccountArchive, ArchiveFollower, KeptMessage } from '../../server/account-archive.ts'
import type { Accounts } from '../../server/account/accounts.ts'
import { pagesFrom } from '../../server/archive.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { MUC_USER } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Positions } from '../sync/positions.ts'
import { afterMessage, afterRoster, type Belonging, type InRoster, type StrangersPolicy } from './belonging.ts'
import { Talk, type TalkParts } from './talk.ts'
import { peerOf } from './log.ts'
import { uidOf, type Pair } from './as-room.ts'
import type { TalkRow, TalkStore } from './store.ts'

/** What the conversations of a user need. */
export interface TalksParts {
  readonly secret: Uint8Array
  readonly store: TalkStore
  readonly archive: AccountArchive
  readonly accounts: Pick<Accounts, 'load'>
  readonly positions: Positions
  readonly now: () => Millis
  readonly strangers: StrangersPolicy
  readonly conversationsMax: number
  readonly talk: (pair: Pair, row: TalkRow) => TalkParts
  /** Is it somebody with whom one talks, and no room or other service of ours? */
  readonly isPerson: (peer: Jid) => boolean
  readonly wake: (bare: string) => void
  /** The user belongs to a conversation from now on. */
  readonly joined: (talk: Talk) => void
  /** Others have taken the place of that conversation. */
  readonly dropped: (talk: Talk) => void
  /** Clients have what is at these positions of the user's archive. */
  readonly seen: (bare: string, positions: ReadonlySet<number>) => void
  readonly failed: (error: unknown) => void
}

/** Of the archive, looked at for conversations that nobody has seen yet. */
const LOOKED_BACK_MS: Millis = 90 * 86_400_000
const LOOKED_AT_MAX = 5000
const PAGE = 500
/** Conversations that a client is shown first: the newest. */
const SHOWN_MAX = 200

export class TalksOf {
  readonly user: Jid
  usedAt: Millis = 0
  readonly #parts: TalksParts
  readonly #talks = new Map<string, Talk>()
  /** By the `uid` in the id of the room. */
  readonly #byUid = new Map<string, Talk>()
  /** What is stored is applied in its order. */
  #applied: Promise<void> = Promise.resolve()
  /** What is not written down yet. */
  readonly #changed = new Set<Talk>()
  #keeping: Promise<void> | null = null
  /** Everything in the archive up to this position is known. */
  #place = 0
  /** What the user was sent and no client has acknowledged: positions, by their numbers in the stream. */
  readonly #unseen = new Map<number, number>()

  constructor(parts: TalksParts, user: Jid) {
    this.#parts = parts
    this.user = user
  }
  readonly follower: ArchiveFollower = {
    storing: (stream) => this.#parts.positions.hold(stream),
    // Others do not wait for what follows: who looks at these conversations waits for `caughtUp`
    stored: (stream, message) => {
      const { positions, wake, failed } = this.#parts
      positions.end(stream)
      this.#applied = this.#applied
        .then(() => (message === null ? undefined : this.#stored(stream, message)))
        .catch((error: unknown) => failed(error))
        .then(() => wake(this.user.bare))
    },
    failed: (stream) => this.#parts.positions.end(stream),
  }
  /** Everything that was stored before this is applied when it resolves. */
  get caughtUp(): Promise<void> {
    return this.#applied
  }
  /** Must be called once, when the archive is followed already. */
  load(): Promise<void> {
    const loading = this.#load()
    this.#applied = loading.catch(() => {})
    return loading
  }
  async #load(): Promise<void> {
    const { store, archive, now, accounts } = this.#parts
    const { user } = this
    const { rows, place, seen } = await store.of(user.bare)
    for (const row of rows) this.#add(row)
    this.#place = place
    await archive.at(user.bare, 0)
    const filter = { withBare: null, withFull: null, start: now() - LOOKED_BACK_MS, end: null }
    const pages = pagesFrom((range) => archive.page(user, { ...filter, ...range }, PAGE, 'last'), 'last', {
      after: Math.min(place, seen),
      before: null,
    })
    const found: (readonly KeptMessage[])[] = []
    let looked = 0
    for await (const page of pages) {
      found.unshift(page)
      if ((looked += page.length) >= LOOKED_AT_MAX) break
    }
    const roster = (await accounts.load(user.bare))?.roster
    for (const message of found.flat())
      if (message.seq > place) this.#note(message.stream, message, roster)
      else this.#waits(message.stream, message)
    for (const item of roster?.items() ?? []) this.#followed(item.jid, { item, request: null }, true)
    for (const { from, stanza } of roster?.pending() ?? [])
      this.#followed(from, { item: roster!.item(from.full) ?? null, request: statusIn(stanza) }, true)
    await this.keep()
  }
  /**
   * Writes down what is known only here, in one piece: otherwise what was said before somebody left would be looked at once more,
   * and bring them back.
   */
  async keep(): Promise<void> {
    const rows = [...this.#changed].map(({ row }) => row)
    this.#changed.clear()
    const [unseen] = this.#unseen.values()
    const seen = unseen === undefined ? this.#place : unseen - 1
    await this.#parts.store.keep({ owner: this.user.bare, place: this.#place, seen }, rows)
  }
  /** The same for all that changes in this moment. */
  #keepSoon(): Promise<void> {
    return (this.#keeping ??= Promise.resolve().then(() => {
      this.#keeping = null
      return this.keep()
    }))
  }

  get(peer: string): Talk | null {
    return this.#talks.get(peer) ?? null
  }
  byUid(uid: string): Talk | null {
    return this.#byUid.get(uid) ?? null
  }
  get joined(): readonly Talk[] {
    return [...this.#talks.values()].filter(({ row }) => row.mine === 'join')
  }
  /** Do both belong to the conversation with that person? */
  talksWith(peer: string): boolean {
    const row = this.get(peer)?.row
    return row?.mine === 'join' && row.theirs === 'join'
  }
  /** Those of which a client that knows everything up to that number has to be told; null: it knows nothing. */
  changedSince(since: number | null): readonly Talk[] {
    const all = [...this.#talks.values()]
    if (since !== null) return all.filter(({ newest }) => newest > since)
    const shown = all.filter(({ row }) => row.mine !== 'leave')
    return shown.toSorted((a, b) => b.newest - a.newest).slice(0, SHOWN_MAX)
  }
  /** A client knows everything up to that number: it waits for no other client (MXR-99). */
  acknowledged(since: number): void {
    const positions = new Set<number>()
    for (const [stream, seq] of this.#unseen) {
      if (stream > since) continue
      positions.add(seq)
      this.#unseen.delete(stream)
    }
    if (positions.size > 0) this.#parts.seen(this.user.bare, positions)
  }

  async #stored(stream: number, message: KeptMessage): Promise<void> {
    if (message.seq > this.#place) this.#note(stream, message, (await this.#parts.accounts.load(this.user.bare))?.roster)
    const talk = this.get(peerOf(message))
    await talk?.stored(message)
  }
  #note(stream: number, message: KeptMessage, roster: Roster | undefined): void {
    this.#place = Math.max(this.#place, message.seq)
    const peer = this.#waits(stream, message)
    if (peer === null) return
    const { isSent, packet } = message
    const text = packet.payload.child('body')?.text ?? ''
    const known = this.get(peer.bare)
    if (known === null && text === '') return
    const isKnown = roster?.has(contactKey(peer)) === true
    const before = known?.row ?? null
    const talk = this.#belong(
      peer,
      text === '' ? before! : afterMessage(before, { isSent, text, isKnown }, this.#parts.strangers),
    )
    if (talk === null) return
    talk.raise(stream)
    this.#changed.add(talk)
  }
  /** What the user was sent waits until a client has it. @returns with whom it was talked; null: it belongs to no conversation */
  #waits(stream: number, { isSent, packet, seq }: KeptMessage): Jid | null {
    const peer = (isSent ? packet.to! : packet.from).asBare
    const { payload } = packet
    if (!this.#isTalk(peer) || (payload.text.includes(MUC_USER) && payload.child('x', MUC_USER) !== undefined)) return null
    if (!isSent) this.#unseen.set(stream, seq)
    return peer
  }
  /** The roster of the user has changed. */
  rosterChanged({ contact, item, pending }: RosterChange, before: RosterItem | null): void {
    const request = pending === null ? null : statusIn(pending.stanza)
    this.#followed(contact, { item, request }, before !== null)
  }
  #followed(contact: Jid, is: InRoster, had: boolean): void {
    if (!contact.isBare || !this.#isTalk(contact)) return
    const known = this.get(contact.bare)
    const after = afterRoster(known?.row ?? null, is, had)
    if (after !== null) this.#belong(contact, after)
  }
  #isTalk(peer: Jid): boolean {
    return peer.bare !== this.user.bare && this.#parts.isPerson(peer)
  }

  /** From now on the two belong to the conversation like this: the user wants it. */
  async change(peer: Jid, is: Belonging): Promise<Talk> {
    const talk = this.#belong(peer, is)!
    await this.#keepSoon()
    return talk
  }
  /** Null: there are too many others. */
  #belong(peer: Jid, { mine, theirs, reason }: Belonging): Talk | null {
    const known = this.get(peer.bare)
    const talk = known ?? this.#begin(peer, mine)
    if (talk === null) return null
    const before = known === null ? null : talk.row
    const isMine = before?.mine !== mine || before.reason !== reason
    if (before !== null && !isMine && before.theirs === theirs) return talk
    const { positions, wake, failed, joined } = this.#parts
    const stream = positions.at()
    const own = isMine ? { mine, reason, mine_at: stream, mine_place: this.#place } : {}
    talk.row = { ...talk.row, ...own, ...(before?.theirs === theirs ? {} : { theirs, theirs_at: stream }) }
    this.#changed.add(talk)
    this.#keepSoon().catch((error: unknown) => failed(error))
    talk.belongs()
    if (mine === 'join' && before?.mine !== 'join') joined(talk)
    wake(this.user.bare)
    return talk
  }
  #begin(peer: Jid, mine: Belonging['mine']): Talk | null {
    if (this.#talks.size >= this.#parts.conversationsMax && !this.#makeRoom(mine)) return null
    return this.#add({
      owner: this.user.bare,
      peer: peer.bare,
      newest: 0,
      mine: 'leave',
      mine_at: 0,
      mine_place: 0,
      theirs: 'leave',
      theirs_at: 0,
      reason: '',
      began_at: this.#parts.now(),
    })
  }
  /** Strangers take the place of strangers, never that of somebody with whom the user talks. */
  #makeRoom(mine: Belonging['mine']): boolean {
    const { store, dropped, failed } = this.#parts
    const all = [...this.#talks.values()].toSorted((a, b) => a.newest - b.newest)
    const oldest = all.find(({ row }) => row.mine !== 'join') ?? (mine === 'join' ? all[0] : undefined)
    if (oldest === undefined) return false
    this.#talks.delete(oldest.peer.bare)
    this.#byUid.delete(this.#uidOf(oldest.peer))
    this.#changed.delete(oldest)
    dropped(oldest)
    store.drop(this.user.bare, oldest.peer.bare).catch((error: unknown) => failed(error))
    return true
  }
  #add(row: TalkRow): Talk {
    const peer = storedJid(row.peer)
    const uid = this.#uidOf(peer)
    const parts: TalkParts = this.#parts.talk({ owner: this.user, peer, uid, beganAt: row.began_at }, row)
    const talk = new Talk(parts)
    this.#talks.set(row.peer, talk)
    this.#byUid.set(uid, talk)
    return talk
  }
  #uidOf(peer: Jid): string {
    return uidOf(this.#parts.secret, this.user, peer)
  }
}
const statusIn = ({ payload }: Packet): string => payload.child('status')?.text ?? ''
