/**
 * Conversations of two people as rooms of the Matrix face (MXR-90 to 101): the second maker of such rooms, beside those of the
 * service. A user has them in memory while a Matrix client of the user asks for news; a server without such users does nothing.
 */
import { every, type Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import { contactKey } from '../../im/account.ts'
import { CHAT_STATES } from '../../xmpp/chat-state.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Json } from '../http/json.ts'
import { roomOfId } from '../ids/room-id.ts'
import type { Circle } from '../keys/changes.ts'
import type { Matrix } from '../matrix.ts'
import type { AwakeRoom } from '../rooms/awake-room.ts'
import type { Backing } from '../rooms/backing.ts'
import { TYPING_MAX_MS } from '../rooms/typing.ts'
import type { Positions } from '../sync/positions.ts'
import { Doing } from './doing.ts'
import { TalkLog } from './log.ts'
import { namesOf, type Pair } from './as-room.ts'
import type { TalkRow, TalkStore } from './store.ts'
import type { Talk, TalkParts } from './talk.ts'
import { TalksOf, type TalksParts } from './talks-of.ts'

export interface DirectRoomsParts {
  readonly matrix: Matrix
  readonly positions: Positions
  readonly store: TalkStore
  /** A client of XMPP says that somebody has read up to the entry with that id. */
  readonly displayed: (awake: AwakeRoom, by: string, id: string) => void
}

/** What nobody has asked for in this time leaves memory. */
const IDLE_MS: Millis = 15 * 60_000
const SWEEP_MS: Millis = 60_000
const M_DIRECT = 'm.direct'

export class DirectRooms {
  readonly #parts: DirectRoomsParts
  readonly #host: Host
  readonly #secret: Buffer
  readonly #doing: Doing
  /** By bare JID. */
  readonly #users = new Map<string, TalksOf>()
  readonly #loading = new Map<string, Promise<TalksOf>>()
  /** Conversations whose rooms are in memory, the one that was used longest ago first. */
  readonly #awake = new Set<Talk>()
  /** Conversations that have begun and are not in the account data yet, by the bare JID of their user. */
  readonly #begun = new Map<string, Talk[]>()

  constructor(parts: DirectRoomsParts) {
    const { matrix } = parts
    const { host } = matrix
    this.#parts = parts
    this.#host = host
    this.#secret = host.secret('matrix conversations')
    this.#doing = new Doing({
      host,
      addressOf: (user, device) => matrix.presence.addressOf(user, device),
      hiddenFrom: (bare) => matrix.ignored.hiddenFrom(bare),
      accept: (talk) => this.#accept(talk),
      leave: (talk) => this.#leave(talk),
      caughtUp: ({ owner }) => this.#users.get(owner.bare)?.caughtUp ?? Promise.resolve(),
    })
    host.on('roster-changed', ({ account, change, before }) => this.#users.get(account.bare.bare)?.rosterChanged(change, before))
    host.on('account-deleted', ({ jid }) => this.#forget(jid.bare))
    matrix.presence.received.push((user, message) => this.#received(user, message))
    every(host.clock, SWEEP_MS, () => this.#sweep())
    host.metrics.gauge(
      'porchlight_matrix_conversation_users',
      'Users whose conversations are in memory for Matrix clients',
      () => this.#users.size,
    )
    host.metrics.gauge(
      'porchlight_matrix_conversations',
      'Conversations in memory whose timelines Matrix clients look at',
      () => this.#awake.size,
    )
  }

  /** The conversations of a user, followed from now on. */
  async of(user: Jid): Promise<TalksOf> {
    const known = this.#users.get(user.bare)
    if (known !== undefined) {
      known.usedAt = this.#host.clock.now()
      return this.#loading.get(user.bare) ?? known
    }
    const loading = this.#load(user).finally(() => this.#loading.delete(user.bare))
    this.#loading.set(user.bare, loading)
    return loading
  }
  async #load(user: Jid): Promise<TalksOf> {
    const talks = new TalksOf(this.#talksParts, user.asBare)
    talks.usedAt = this.#host.clock.now()
    this.#users.set(user.bare, talks)
    const { accountArchive } = this.#host.stores
    accountArchive.follow(user.bare, talks.follower)
    try {
      await talks.load()
    } catch (error) {
      this.#forget(user.bare)
      throw error
    }
    return talks
  }
  #forget(bare: string): void {
    for (const talk of this.#awake) if (talk.owner.bare === bare) this.#awake.delete(talk)
    this.#users.delete(bare)
    this.#host.stores.accountArchive.follow(bare, null)
  }
  #sweep(): void {
    const before = this.#host.clock.now() - IDLE_MS
    for (const [bare, talks] of this.#users) {
      if (talks.usedAt >= before || this.#loading.has(bare)) continue
      this.#forget(bare)
      talks.keep().catch((error: unknown) => this.#failed(error))
    }
  }

  /** Both of a conversation are told of each other's keys (MXR-142). */
  get circle(): Circle {
    const isTold = (one: string, other: string): boolean => this.#users.get(one)?.talksWith(other) === true
    return {
      share: (one, other) => isTold(one, other) || isTold(other, one),
      of: (bare) => this.#users.get(bare)?.joined.map(({ peer }) => peer.bare) ?? [],
      ready: async (bare) => void (await this.of(storedJid(bare))),
    }
  }
  /** Its room. Beyond so many that are awake, those that were used longest ago leave memory. */
  async #open(talk: Talk): Promise<AwakeRoom> {
    this.#awake.delete(talk)
    this.#awake.add(talk)
    const awake = await talk.open()
    for (const one of this.#awake) {
      if (this.#awake.size <= this.#parts.matrix.settings['awake-rooms']) break
      if (one !== talk && one.sleep()) this.#awake.delete(one)
    }
    return awake
  }
  /** The room of that id, if it is a conversation of the user; null: it is not. */
  async find(id: string, user: Jid): Promise<AwakeRoom | null> {
    const found = roomOfId(this.#secret, id)
    const talk = found === null ? null : (await this.of(user)).byUid(found.uid)
    return talk === null ? null : this.#open(talk)
  }
  /** The same if it is awake. */
  held(id: string, user: Jid): AwakeRoom | null {
    const found = roomOfId(this.#secret, id)
    return found === null ? null : (this.#users.get(user.bare)?.byUid(found.uid)?.awake ?? null)
  }
  /** The conversation with that person; null: there is none. */
  async with(user: Jid, peer: Jid): Promise<AwakeRoom | null> {
    const talk = (await this.of(user)).get(peer.bare)
    return talk === null ? null : this.#open(talk)
  }
  /** Those of which there may be news for a client that knows everything up to that number; null: it knows nothing. */
  async news(user: Jid, since: number | null): Promise<readonly AwakeRoom[]> {
    const talks = await this.of(user)
    await talks.caughtUp
    if (since !== null) talks.acknowledged(since)
    return Promise.all(talks.changedSince(since).map((talk) => this.#open(talk)))
  }
  /** The ids of those to which the user belongs. */
  async joined(user: Jid): Promise<readonly string[]> {
    return (await this.of(user)).joined.map(({ names }) => names.roomId)
  }
  isPerson(peer: Jid): boolean {
    const kind = this.#host.router.kindOf(peer.domain)
    return kind !== 'service' && (kind !== 'accounts' || peer.local !== '')
  }
  /** MXR-93: the user wants to talk with that person. @returns the id of the room @throws StanzaError */
  async start(user: Jid, peer: Jid): Promise<string> {
    const talks = await this.of(user)
    const account = await this.#host.accounts.load(user.bare)
    const isSeen = account?.roster.isSubscribedTo(contactKey(peer)) === true
    const before = talks.get(peer.bare)?.row ?? null
    const theirs = isSeen || before?.theirs === 'join' ? 'join' : 'invite'
    const talk = await talks.change(peer, { mine: 'join', theirs, reason: '' })
    if (!isSeen) await this.#host.subscriptions.welcome(user.asBare, peer.asBare)
    await this.#open(talk)
    return talk.names.roomId
  }

  async #accept(talk: Talk): Promise<void> {
    const { owner, peer, row } = talk
    const account = await this.#host.accounts.load(owner.bare)
    const isAsked = account?.roster.pendingFrom(contactKey(peer)) !== undefined
    if (row.mine !== 'join') await (await this.of(owner)).change(peer, { mine: 'join', theirs: row.theirs, reason: '' })
    if (isAsked) await this.#host.subscriptions.welcome(owner, peer)
  }
  async #leave(talk: Talk): Promise<void> {
    const { owner, peer, row } = talk
    const account = await this.#host.accounts.load(owner.bare)
    const isAsked = account?.roster.pendingFrom(contactKey(peer)) !== undefined
    if (row.mine !== 'leave') await (await this.of(owner)).change(peer, { mine: 'leave', theirs: row.theirs, reason: '' })
    if (isAsked) await this.#host.subscriptions.decline(owner, peer)
  }
  /** What no archive keeps: somebody is writing, or has stopped (XEP-0085). */
  #received(user: Jid, { type, from, payload }: Packet): void {
    // An answer that says that the user's own state did not arrive may have it in it
    if (type === 'error') return
    const awake = this.#users.get(user.bare)?.get(from.bare)?.awake
    const state = awake == null ? undefined : payload.elements.find(({ ns }) => ns === CHAT_STATES)?.name
    if (awake == null || state === undefined) return
    const { clock } = this.#host
    const isTyping = state === 'composing'
    if (awake.typing.set(from.bare, isTyping ? TYPING_MAX_MS : 0, clock.now())) awake.backing.news()
    if (isTyping) clock.after(TYPING_MAX_MS, () => awake.typing.lapse(clock.now()) && awake.backing.news())
  }

  get #talksParts(): TalksParts {
    const { matrix, store, positions } = this.#parts
    const { settings } = matrix
    const { clock, stores, accounts } = this.#host
    return {
      secret: this.#secret,
      store,
      archive: stores.accountArchive,
      accounts,
      positions,
      now: () => clock.now(),
      strangers: settings['strangers'],
      conversationsMax: settings['conversations'],
      talk: (pair, row) => this.#talkParts(pair, row),
      isPerson: (peer) => this.isPerson(peer),
      wake: (bare) => matrix.wakes.wake(bare),
      joined: (talk) => this.#joined(talk),
      seen: (owner, seqs) => this.#host.tell('archive-followed', { owner, positions: seqs }),
      dropped: (talk) => void this.#awake.delete(talk),
      failed: (error) => this.#failed(error),
    }
  }
  #talkParts(pair: Pair, row: TalkRow): TalkParts {
    const { matrix, store, positions, displayed } = this.#parts
    const { owner, peer } = pair
    return {
      owner,
      peer,
      row,
      names: namesOf(pair, this.#secret, matrix.ids),
      log: new TalkLog(this.#host.stores.accountArchive, owner, peer.bare),
      backing: (talk) => this.#backing(talk),
      nextStream: () => positions.at(),
      receipts: () => store.receipts(owner.bare, peer.bare),
      nicks: async () => [(await matrix.profiles.nameOf(owner)) ?? owner.local, await this.#nameFor(owner, peer)],
      displayed,
    }
  }
  async #nameFor(owner: Jid, peer: Jid): Promise<string> {
    const account = await this.#host.accounts.load(owner.bare)
    return account?.roster.item(contactKey(peer))?.name || peer.local || peer.domain
  }
  #backing(talk: Talk): Backing {
    const { matrix, store } = this.#parts
    const { owner, peer } = talk
    return {
      log: talk.log,
      attempt: (_, command, transaction) => this.#doing.attempt(talk, command, transaction),
      news: () => matrix.wakes.wake(owner.bare),
      nameOf: ({ id, fromId }) => fromId ?? id,
      authorOf: ({ by }) => by ?? peer.bare,
      archiveOf: () => owner,
      putReceipt: (receipt, surplus) => {
        talk.raise(receipt.stream)
        return store.putReceipt(owner.bare, peer.bare, receipt, surplus)
      },
    }
  }
  /** MXR-96: clients find conversations by this account data. Those that begin together are noted together. */
  #joined(talk: Talk): void {
    const { bare } = talk.owner
    const waiting = this.#begun.get(bare)
    if (waiting !== undefined) return void waiting.push(talk)
    const begun = [talk]
    this.#begun.set(bare, begun)
    this.#note(talk.owner, begun)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#begun.delete(bare))
  }
  async #note(owner: Jid, begun: Talk[]): Promise<void> {
    while (begun.length > 0) {
      const { accountData } = this.#parts.matrix
      const known = ((await accountData.get(owner, null, M_DIRECT)) ?? {}) as Readonly<Record<string, Json>>
      const all = withRooms(known, begun.splice(0))
      if (all !== known) await accountData.put(owner, null, M_DIRECT, all)
    }
  }
  #failed(error: unknown): void {
    this.#host.log.error({ err: error }, 'A conversation could not be shown to Matrix clients')
  }
}
/** What clients have written is not changed. */
function withRooms(known: Readonly<Record<string, Json>>, talks: readonly Talk[]): Readonly<Record<string, Json>> {
  let all = known
  for (const { names, peer } of talks) {
    const id = names.openId(peer.bare)
    const rooms: readonly Json[] = Array.isArray(all[id]) ? all[id] : []
    if (!rooms.includes(names.roomId)) all = { ...all, [id]: [...rooms, names.roomId] }
  }
  return all
}
