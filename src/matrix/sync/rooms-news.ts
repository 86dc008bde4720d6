/** What is new in the rooms of a user: those that they are in, are invited to, and have left (MXR-124, MXR-128). */
import { isLasting } from '../../rooms/machine/members.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Rules } from '../data/default-rules.ts'
import type { Access } from '../rooms/access.ts'
import { isOpen, isVeiled } from '../rooms/open-rooms.ts'
import type { AwakeRoom } from '../rooms/awake-room.ts'
import type { JsonObject } from '../rooms/json.ts'
import { lastingMembership } from '../rooms/memberships.ts'
import type { MatrixRooms } from '../rooms/matrix-rooms.ts'
import type { Belongings, People } from '../rooms/people.ts'
import type { RoomReading } from '../rooms/reading.ts'
import { stateNow } from '../rooms/state-routes.ts'
import { ENCRYPTION, MEMBER } from '../rooms/states.ts'
import type { MatrixRoomStore } from '../rooms/store.ts'
import { wantsRoom } from './filtering.ts'
import { joinedRoom, type Asking } from './joined-room.ts'
import { endedRoom } from './ended-room.ts'
import { leftRoom } from './left-room.ts'
import { Unread, type ReadRules } from './unread.ts'

type Blocks = Record<string, JsonObject>
export interface RoomNews {
  /** By the id of the room. */
  readonly join: Blocks
  readonly invite: Blocks
  readonly leave: Blocks
  readonly knock: Blocks
  /** Bare JIDs of people whom the user has not seen before this. */
  readonly newcomers: Set<string>
  /** Bare JIDs of people with whom the user shares an encrypted room only now (MXR-142). */
  readonly met: Set<string>
  /** Bare JIDs of people with whom the user shares a room less. */
  readonly parted: Set<string>
}
export const nothingNew = (): RoomNews => ({
  join: {},
  invite: {},
  leave: {},
  knock: {},
  newcomers: new Set(),
  met: new Set(),
  parted: new Set(),
})

export interface RoomsNewsParts {
  readonly access: Access
  readonly face: MatrixRooms
  readonly people: People
  readonly reading: RoomReading
  readonly store: MatrixRoomStore
  /** The number in the stream of what the log of a room last said of somebody (a bare JID); 0: nothing. */
  readonly movedAt: (uid: string, bare: string) => Promise<number>
  readonly rulesOf: (user: Jid) => Promise<Rules>
}

export class RoomsForSync {
  readonly #parts: RoomsNewsParts
  readonly #unread: Unread

  constructor(parts: RoomsNewsParts) {
    this.#parts = parts
    this.#unread = new Unread(parts.reading)
  }
  /** Is that the id of a room that the user belongs to? */
  has(id: string, user: Jid): boolean {
    return isLasting(this.#parts.access.heldRoom(id, user)?.room.members.get(user.bare))
  }
  async news(user: Jid, asking: Asking): Promise<RoomNews> {
    const { people, face } = this.#parts
    const news = nothingNew()
    const belongings = await people.of(user.bare)
    const { rooms, forgotten } = belongings
    let known: Promise<ReadRules> | null = null
    const rules = (): Promise<ReadRules> => (known ??= this.#rules(user))
    for (const [uid, address] of [...rooms]) {
      if (!(await this.#mayBeNews(uid, belongings, asking))) continue
      const awake = face.held(uid) ?? (await face.awake(uid, address))
      if (awake === null) rooms.delete(uid)
      if (awake === null || (forgotten.has(uid) && isGone(awake, user)) || !wantsRoom(asking.filter, awake.names.roomId)) continue
      face.watch(awake, user.bare)
      await this.#add(news, awake, user, asking, rules)
    }
    for (const awake of await this.#parts.access.direct.news(user, asking.since))
      if (wantsRoom(asking.filter, awake.names.roomId)) await this.#add(news, awake, user, asking, rules)
    await this.#addEnded(news, user, asking)
    return news
  }
  /** A room that the user has left does not awake for nothing. */
  async #mayBeNews(uid: string, { left }: Belongings, { viewer, since, filter }: Asking): Promise<boolean> {
    const last = left.get(uid)
    if (last === undefined) return true
    if (since === null) return filter?.include_leave === true
    const moved = last ?? (await this.#parts.movedAt(uid, viewer))
    if (left.has(uid)) left.set(uid, moved)
    return moved > since
  }
  async #rules(user: Jid): Promise<ReadRules> {
    const rules = await this.#parts.rulesOf(user)
    return { rules, text: JSON.stringify(rules) }
  }
  async #add(news: RoomNews, awake: AwakeRoom, user: Jid, asking: Asking, rules: () => Promise<ReadRules>): Promise<void> {
    const member = awake.room.members.get(user.bare)
    const membership = member === undefined ? null : lastingMembership(member)
    if (!isOpen(awake.room)) return
    for (const bare of partedIn(awake, asking)) news.parted.add(bare)
    const id = awake.names.roomId
    const since = asking.since ?? 0
    if (membership === 'join') {
      const block = await joinedRoom(this.#parts.reading, awake, asking)
      if (block === null) return
      news.join[id] = { ...block, unread_notifications: await this.#counts(awake, asking, await rules()) }
      for (const bare of newcomersIn(awake, asking)) news.newcomers.add(bare)
      for (const bare of metIn(awake, asking)) news.met.add(bare)
      return
    }
    const moved = awake.sourceOf(MEMBER, user.bare)?.stream ?? 0
    if (moved <= since || moved > asking.upTo) return
    if (membership === 'invite') {
      const { by, veiled } = awake.sourceOf(MEMBER, user.bare)!
      // A block that took effect here would tell whose address the id stands for
      if (by === null || veiled || !asking.hides(by)) news.invite[id] = { invite_state: { events: strippedFor(awake, user) } }
    } else if (membership === 'knock') {
      news.knock[id] = { knock_state: { events: strippedFor(awake, user) } }
    } else if (asking.since !== null || asking.filter?.include_leave === true) {
      const block = await leftRoom(this.#parts.reading, awake, asking)
      if (block !== null) news.leave[id] = block
    }
  }
  async #counts(awake: AwakeRoom, { viewer, hides, upTo }: Asking, rules: ReadRules): Promise<JsonObject> {
    const place = await this.#parts.reading.placeAt(awake, upTo)
    return { ...(await this.#unread.count(awake, place, { sight: awake.sightOf(viewer), hides, ...rules })) }
  }
  /** Rooms that have been closed. */
  async #addEnded({ leave }: RoomNews, { bare }: Jid, { since, upTo, filter }: Asking): Promise<void> {
    if (since === null) return
    for (const row of await this.#parts.store.ended(bare)) {
      const isNews = row.stream > since && row.stream <= upTo && wantsRoom(filter, row.room_id)
      if (isNews) leave[row.room_id] = endedRoom(row, this.#parts.access.idOf(bare), since)
    }
  }
}

/** Somebody who is invited again, or is there again, hears of a room that they have forgotten. */
function isGone({ room }: AwakeRoom, { bare }: Jid): boolean {
  const member = room.members.get(bare)
  const membership = member === undefined ? null : lastingMembership(member)
  return membership !== 'invite' && membership !== 'join' && membership !== 'knock'
}
/** Those who have joined since then, or all if the user has. */
function* newcomersIn({ names, room, joins, visits }: AwakeRoom, { viewer, since }: Asking): Generator<string> {
  // MXR-25: presence does not go through a room that hides addresses; of contacts it does not go through rooms
  if (since === null || names.isDirect || isVeiled(room.facts.config)) return
  const mine = joins.get(viewer)
  const isNew = mine !== undefined && mine.stream > since
  for (const [bare, { stream }] of joins) if (bare !== viewer && (isNew || stream > since) && room.members.has(bare)) yield bare
  for (const bare of isNew ? visits.present.keys() : visits.since(since)) if (visits.present.has(bare)) yield bare
}

/** Those with whom the user may encrypt from now on: newcomers of an encrypted room, all of a room that is encrypted only now. */
function* metIn(awake: AwakeRoom, asking: Asking): Generator<string> {
  const encrypted = awake.sourceOf(ENCRYPTION, '')
  if (encrypted === null || asking.since === null) return
  if (encrypted.stream <= asking.since) return yield* newcomersIn(awake, asking)
  for (const bare of awake.joins.keys()) if (bare !== asking.viewer && isLasting(awake.room.members.get(bare))) yield bare
}
/** Those who have left since then, or all if the user has. */
function* partedIn({ joins, parts, room }: AwakeRoom, { viewer, since }: Asking): Generator<string> {
  if (since === null || isVeiled(room.facts.config)) return
  const isMine = (parts.get(viewer)?.stream ?? 0) > since
  for (const [bare, { stream }] of parts) if (bare !== viewer && stream > since) yield bare
  if (isMine) for (const bare of joins.keys()) if (bare !== viewer && isLasting(room.members.get(bare))) yield bare
}

const STRIPPED = [
  'm.room.create',
  'm.room.name',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.avatar',
  ENCRYPTION,
] as const
/** What somebody who is invited, or asks to be let in, may know of the room (MXR-128). */
function strippedFor(awake: AwakeRoom, { bare }: Jid): readonly JsonObject[] {
  const sight = awake.sightOf(bare)
  const by = awake.sourceOf(MEMBER, bare)?.by ?? null
  const states = STRIPPED.flatMap((type) => stateNow(awake, sight, type, '') ?? [])
  const inviter = by === null || by === bare ? null : stateNow(awake, sight, MEMBER, by)
  const mine = stateNow(awake, sight, MEMBER, bare)
  const membership = lastingMembership(awake.room.members.get(bare)!)
  const own = mine === null ? [] : [{ ...mine, content: { ...mine.content, membership } }]
  const events = [...states, ...(inviter === null ? [] : [inviter]), ...own]
  return events.map(({ type, state_key, sender, content }) => ({
    type,
    state_key,
    sender,
    content,
  })) as unknown as readonly JsonObject[]
}
