/**
 * What is new in a room for somebody who belongs to it (MXR-124 to 127): the newest events, the state in front of them as far as the
 * client does not know it, who is typing, how far others have read.
 */
import type { Millis } from '../../base/clock.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Hides } from '../data/ignored.ts'
import { idOfState } from '../ids/event-id.ts'
import type { AwakeRoom } from '../rooms/awake-room.ts'
import { touchedBy, type MatrixEvent, type Rendered } from '../rooms/events.ts'
import type { JsonObject } from '../rooms/json.ts'
import { isOfInside, lastingMembership } from '../rooms/memberships.ts'
import type { Sight } from '../rooms/names.ts'
import { isVeiled } from '../rooms/open-rooms.ts'
import { stateKey, type Picture } from '../rooms/picture.ts'
import { eventsIn, type RoomReading } from '../rooms/reading.ts'
import { isOfAbsent, shownEvents, type Shown } from '../rooms/shown-events.ts'
import { speakersOf } from '../rooms/speakers.ts'
import { goneEvent, shownPeople, stateEventAt, type StateEvent } from '../rooms/state-events.ts'
import { MEMBER, statesOf } from '../rooms/states.ts'
import { summaryOf } from '../rooms/summary.ts'
import { passes, type RoomFilter } from './filtering.ts'
import { pageToken } from './token.ts'

/** What one request asks of a room. */
export interface Asking {
  /** Bare JID. */
  readonly viewer: string
  /** For the echo of what a device has sent (MXR-80). */
  readonly deviceKey: string
  /** The number of the stream that the client knows; null: nothing. */
  readonly since: number | null
  /** The number up to which it is told. */
  readonly upTo: number
  readonly now: Millis
  readonly filter: RoomFilter | undefined
  /** The client wants the state behind the timeline instead of that in front of it (MXR-126). */
  readonly stateAfter: string | null
  readonly fullState: boolean
  readonly hides: Hides
}

/** Events of the timeline, if the client has no wish; at least so many come at once where it knows the room already (MXR-125). */
const USUAL = 10
const GENEROUS = 50
const LIMIT_MAX = 100

/** Null: there is nothing new. */
export async function joinedRoom(reading: RoomReading, awake: AwakeRoom, ask: Asking): Promise<JsonObject | null> {
  const { viewer, upTo, filter } = ask
  const join = awake.joins.get(viewer)
  const isNew = ask.since === null || (join !== undefined && join.stream > ask.since)
  const since = isNew ? null : ask.since
  if (since !== null && awake.newest <= since && !ask.fullState) return null
  const floor = awake.floorFor(viewer)
  const known = since === null ? floor : Math.max(floor, await reading.placeAt(awake, since))
  const place = await reading.placeAt(awake, upTo)
  // MXR-21: where people get other ids, a timeline begins
  const turns = awake.turnsBetween(known, place)
  const begin = turns.length === 0 ? known : turns.at(-1)!.seq - 1
  const limit = limitIn(filter, since !== null)
  const found = await reading.find(awake, { after: begin, upTo: place, limit, from: 'newest', weigh: eventsIn })
  const sight = awake.sightOf(viewer)
  const gap = since === null || found.after <= known ? [] : await gapIn(reading, awake, known, found.after, sight.wasVeiled)
  const related = await reading.related(awake, found.entries, awake.room.lastSeq)
  const shown: Shown = { sight, deviceKey: ask.deviceKey, now: ask.now, related, reactions: awake.reactions, hides: ask.hides }
  const { entries, after } = found
  const isWhole = since === null || ask.fullState || turns.length > 0 || gap === null || seesOther([...gap, ...entries], sight)
  const limited = turns.length > 0 || after > known
  const update = { ask, since, known, limited, gap, found: entries, after, shown, turns, isWhole }
  return reading.look(
    awake,
    entries,
    place,
    sight,
    (picture) => stateAtEnd(awake, picture, update),
    (picture, rendered, end) => blockOf(awake, picture, rendered, end, update),
  )
}
/**
 * What has changed the state between two places. Null: so much that the client is told the whole state instead. Of a room that has
 * hidden addresses everything is read: only the entries say of whom the client may know.
 */
const gapIn = (reading: RoomReading, awake: AwakeRoom, known: number, after: number, wasVeiled: boolean) =>
  wasVeiled ? reading.statesBetween(awake, known, after) : reading.fewStatesBetween(awake, known, after)
/** MXR-23: whoever gets another rank in a room that hides addresses may know other things of its members. */
const seesOther = (entries: readonly Entry[], { isVeiled: veiled, viewer }: Sight): boolean =>
  veiled && entries.some((entry) => (entry.kind === 'member' || entry.kind === 'role') && entry.of === viewer)
function limitIn(filter: RoomFilter | undefined, isKnown: boolean): number {
  const wish = filter?.timeline?.limit
  return Math.min(LIMIT_MAX, wish ?? (isKnown ? GENEROUS : USUAL))
}

interface Update {
  readonly ask: Asking
  /** Null: the client knows nothing of the room. */
  readonly since: number | null
  /** The place up to which it knows the room. */
  readonly known: number
  readonly limited: boolean
  /** Changes of the state between what the client knows and the timeline; null: they are many. */
  readonly gap: readonly Entry[] | null
  readonly found: readonly Entry[]
  readonly after: number
  readonly shown: Shown
  /** Where people have got other ids since then. */
  readonly turns: ReturnType<AwakeRoom['turnsBetween']>
  /** The client is told all of the state. */
  readonly isWhole: boolean
}

/** The state behind the timeline, for clients that want that; null: this one does not. */
function stateAtEnd(awake: AwakeRoom, picture: Picture, update: Update): readonly MatrixEvent[] | null {
  const { ask, gap, found, isWhole, shown } = update
  if (ask.stateAfter === null) return null
  const changed = isWhole ? statesIn(awake, picture, update) : touched(found, shown.sight)
  const inGap = isWhole && gap !== null ? [] : touchedInGap(awake, update)
  return eventsAt(awake, picture, [...inGap, ...changed, ...moved(awake, update)], update, Infinity)
}
type Key = readonly [type: string, key: string]

/** What changes of people whom the viewer does not know to have to do with the room (MXR-22) is no change for them. */
function* touched(entries: readonly Entry[], sight: Sight): Generator<Key> {
  for (const entry of entries) {
    const isAbsent = isOfAbsent(entry, sight)
    for (const { type, key } of touchedBy(entry, { config: { moderated: true } }))
      if (type !== MEMBER || !isAbsent) yield [type, key]
  }
}
/** Of many changes, each state is named that has changed since then: what it is now is in memory. */
function* touchedInGap({ sources }: AwakeRoom, { gap, known, shown: { sight } }: Update): Generator<Key> {
  if (gap !== null) return yield* touched(gap, sight)
  for (const [own, { seq }] of sources) if (seq > known) yield own.split('\0') as unknown as Key
}
/** Visitors who have come or gone: nothing of the log says so. */
function* moved(awake: AwakeRoom, { since }: Update): Generator<Key> {
  if (since === null) return
  for (const bare of awake.visits.since(since)) yield [MEMBER, bare]
}
/** All states; of members those that a lazy client needs, or all. */
function* statesIn(awake: AwakeRoom, picture: Picture, { ask, shown: { sight } }: Update): Generator<Key> {
  yield* statesOf(picture)
  if (!isLazy(ask)) for (const bare of shownPeople(awake, picture, sight)) yield [MEMBER, bare]
  else for (const bare of [ask.viewer, ...summaryOf(awake, sight).heroes]) yield [MEMBER, bare]
}
const isLazy = ({ filter }: Asking): boolean => filter?.state?.lazy_load_members === true

/** These states, and those who speak in the timeline. */
function eventsAt(
  awake: AwakeRoom,
  picture: Picture,
  keys: Iterable<Key>,
  { ask, found, shown: { sight } }: Update,
  place: number,
): readonly StateEvent[] {
  const events = new Map<string, StateEvent>()
  for (const [type, key] of keys) {
    const event = stateEventAt(awake, picture, sight, type, key, place)
    if (event !== null) events.set(stateKey(type, event.state_key), event)
  }
  for (const event of speakersOf(awake, picture, sight, found, isLazy(ask))) {
    const own = stateKey(MEMBER, event.state_key)
    if (!events.has(own)) events.set(own, event)
  }
  return [...events.values()]
}

function blockOf(
  awake: AwakeRoom,
  picture: Picture,
  rendered: readonly Rendered[],
  end: readonly MatrixEvent[] | null,
  update: Update,
): JsonObject | null {
  const { ask, since, after, limited, shown } = update
  const { filter } = ask
  const { config } = picture
  // In front of the turn people still have the ids that they lose by it
  if (update.turns.length > 0) picture.config = { ...config, whois: awake.room.facts.config.whois }
  const now = end ?? stateAtStart(awake, picture, update)
  const again = end === null ? backAgain(awake, picture, rendered, shown) : []
  picture.config = config
  const state = [...formerIds(awake, picture, update, now), ...now]
  const said = rendered.flatMap((one) => shownEvents(one, shown))
  const events = [...said, ...again].filter((event) => passes(filter?.timeline, event))
  const ephemeral = ephemeralOf(awake, ask, shown, since)
  const wanted = state.filter((event) => passes(filter?.state, event))
  const isNothing = events.length === 0 && wanted.length === 0 && ephemeral.length === 0 && !limited && since !== null
  if (isNothing) return null
  const isMoved = since === null || [...wanted, ...events].some(({ type }) => type === MEMBER)
  return {
    timeline: { events, limited, prev_batch: pageToken(after) },
    [ask.stateAfter ?? 'state']: { events: wanted },
    ephemeral: { events: ephemeral },
    ...(isMoved ? { summary: summaryJson(awake, shown.sight) } : {}),
  } as unknown as JsonObject
}
function stateAtStart(awake: AwakeRoom, picture: Picture, update: Update): readonly StateEvent[] {
  const { isWhole, after } = update
  const keys = [...(isWhole ? statesIn(awake, picture, update) : []), ...touchedInGap(awake, update), ...moved(awake, update)]
  return eventsAt(awake, picture, keys, update, after)
}
/**
 * MXR-21: people whom the client knows by ids that they no longer have. Only those are named who were there when they had them.
 * The picture goes back to what the client knows.
 */
function* formerIds(
  awake: AwakeRoom,
  picture: Picture,
  { turns, since, gap, shown: { sight } }: Update,
  now: readonly MatrixEvent[],
): Generator<MatrixEvent> {
  if (turns.length === 0 || since === null || gap === null) return
  for (const entry of gap.toReversed()) picture.undo(entry)
  const veiled = isVeiled(picture.config)
  const people = new Set<string>()
  for (const [bare, member] of picture.members) {
    const membership = lastingMembership(member)
    // Who was not in the room was told of if it did not hide that then
    const source = awake.sourceOf(MEMBER, bare)
    const isTold = veiled || (source !== null && (source.wasOpen || !source.veiled))
    if (membership === 'join' || (membership !== null && bare.includes('@') && isTold)) people.add(bare)
  }
  for (const bare of turns[0]!.visitors) people.add(bare)
  // Visitors of then who have become members, or were put out
  for (const entry of gap)
    if (entry.kind === 'member' && entry.veiled === veiled && (!veiled || isOfInside(entry))) people.add(entry.of)
  // After two turns people have again the ids that the client knows
  if (veiled === sight.isVeiled) for (const bare of shownPeople(awake, awake.picture(), sight)) people.delete(bare)
  const known = new Set(now.filter(isMember).map(({ state_key: id }) => id))
  for (const bare of people) {
    const id = sight.idOf(bare, veiled)
    if (bare !== sight.viewer && !known.has(id)) yield goneEvent(awake, id, null)
  }
}
/** Visits begin and end without an entry: where the timeline says something else of a person, the state in front of it cannot correct it. */
function backAgain(awake: AwakeRoom, picture: Picture, rendered: readonly Rendered[], { sight }: Shown): readonly MatrixEvent[] {
  const last = new Map<string, MatrixEvent>()
  const newest = rendered.at(-1)?.entry.id ?? ''
  for (const { entry, events } of rendered) {
    if (entry.kind !== 'member' || !entry.of.includes('@') || isOfAbsent(entry, sight)) continue
    // Some entries end a membership without a word for it
    const before = last.get(entry.of) ?? stateEventAt(awake, picture, sight, MEMBER, entry.of)
    const said = events.find(isMember) ?? before
    if (said !== null) last.set(entry.of, said)
  }
  return [...last].flatMap(([bare, said]) => {
    const event = stateEventAt(awake, awake.picture(), sight, MEMBER, bare)
    const isSaid = ['membership', 'displayname'].every((key) => event?.content[key] === said.content[key])
    if (event === null || isSaid) return []
    return [{ ...event, event_id: idOfState(awake.room, MEMBER, bare, `${awake.visits.streamOf(bare)} ${newest}`) }]
  })
}
const isMember = ({ type }: MatrixEvent): boolean => type === MEMBER
function ephemeralOf(
  awake: AwakeRoom,
  { viewer, filter }: Asking,
  { sight, hides }: Shown,
  since: number | null,
): readonly JsonObject[] {
  const { typing, receipts } = awake
  const veiled = sight.isVeiled
  const events: JsonObject[] = []
  const typers = typing.all.filter((bare) => veiled || bare === viewer || !hides(bare))
  const mayBeWrong = since !== null && since < typing.begun
  if (mayBeWrong || (typing.newest > (since ?? 0) && (since !== null || typers.length > 0)))
    events.push({ type: 'm.typing', content: { user_ids: typers.map((bare) => sight.idOf(bare, veiled)) } })
  const read = receipts.since(since ?? 0, awake.turn?.stream ?? 0, { sight, hides })
  if (read !== null) events.push(read)
  return events.filter((event) => passes(filter?.ephemeral, { type: event['type'] as string, content: {} }))
}
function summaryJson(awake: AwakeRoom, sight: Sight): JsonObject {
  const { heroes, joined, invited } = summaryOf(awake, sight)
  return {
    'm.heroes': heroes.map((bare) => sight.idOf(bare, sight.isVeiled)),
    'm.joined_member_count': joined,
    ...(invited === null ? {} : { 'm.invited_member_count': invited }),
  }
}
