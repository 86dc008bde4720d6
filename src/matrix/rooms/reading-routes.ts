/** Reading rooms: members, pages of the past, single events, aliases (MXR-83 to 86). */
import { route, type Route } from '../http/routes.ts'
import { invalidParam, notFound } from '../http/errors.ts'
import { roomEventFilterIn } from '../data/filters.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Hides } from '../data/ignored.ts'
import { entryOfEvent } from '../ids/event-id.ts'
import { passes, type RoomEventFilter } from '../sync/filtering.ts'
import { pageToken, placeOf, positionOf } from '../sync/token.ts'
import type { Access, Readable } from './access.ts'
import type { AwakeRoom } from './awake-room.ts'
import { saidIn, type MatrixEvent } from './events.ts'
import { eventsIn, type RoomReading } from './reading.ts'
import { deviceKey, shownEvents, type Shown } from './shown-events.ts'
import { relationIn } from './relations.ts'
import { speakersOf } from './speakers.ts'
import { wholeState } from './state-routes.ts'
import { MEMBER } from './states.ts'

export interface ReadingParts {
  readonly access: Access
  readonly reading: RoomReading
  readonly now: () => number
  readonly hiddenFrom: (bare: string) => Promise<Hides>
}
interface Viewer {
  readonly user: Jid
  readonly device: string
}

const USUAL = 10
const LIMIT_MAX = 250

export class Pages {
  readonly #parts: ReadingParts

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }
  /** @throws MatrixError */
  async messages(readable: Readable, viewer: Viewer, query: URLSearchParams): Promise<object> {
    const { awake, after, upTo, isJoined } = readable
    const dir = query.get('dir') ?? 'b'
    if (dir !== 'b' && dir !== 'f') throw invalidParam('"dir" is b or f')
    const limit = limitIn(query)
    const filter = filterIn(query)
    const from = await this.#place(awake, query.get('from'), dir === 'b' ? upTo : after)
    const to = await this.#place(awake, query.get('to'), dir === 'b' ? after : upTo)
    const [low, high] = dir === 'b' ? [Math.max(after, to), Math.min(upTo, from)] : [Math.max(after, from), Math.min(upTo, to)]
    const found = await this.#parts.reading.find(awake, {
      after: low,
      upTo: high,
      limit,
      from: dir === 'b' ? 'newest' : 'oldest',
      weigh: eventsIn,
    })
    const events = await this.events(readable, viewer, found.entries, found.upTo)
    const chunk = events.filter((event) => passes(filter, event))
    const end = dir === 'b' ? found.after : found.upTo
    const isMore = dir === 'b' ? end > after : end < upTo
    return {
      start: pageToken(dir === 'b' ? high : low),
      ...(isMore ? { end: pageToken(end) } : {}),
      chunk: dir === 'b' ? chunk.toReversed() : chunk,
      ...(filter?.lazy_load_members === true ? { state: isJoined ? senders(awake, viewer, found.entries) : [] } : {}),
    }
  }
  /** The events of entries that lie side by side. @param upTo the place behind them */
  async events(readable: Readable, viewer: Viewer, entries: readonly Entry[], upTo: number) {
    const { awake } = readable
    const shown = await this.#shown(readable, viewer, entries)
    const { sight } = shown
    const { roomId } = awake.names
    return this.#parts.reading.look(
      awake,
      entries,
      upTo,
      sight,
      () => null,
      (_, rendered) => rendered.flatMap((one) => shownEvents(one, shown)).map((event) => ({ ...event, room_id: roomId })),
    )
  }
  async #shown({ awake, upTo }: Readable, { user, device }: Viewer, entries: readonly Entry[]): Promise<Shown> {
    const { reading, hiddenFrom, now } = this.#parts
    const [related, hides] = await Promise.all([reading.related(awake, entries, upTo), hiddenFrom(user.bare)])
    const own = deviceKey(user.bare, device)
    return { sight: awake.sightOf(user.bare), deviceKey: own, now: now(), related, reactions: awake.reactions, hides }
  }
  /**
   * MXR-85: corrections of an event and reactions to it, the newest first unless the client wants it otherwise.
   * @param rel only of that kind, and `type` of that type; null: any @throws MatrixError
   */
  async about(readable: Readable, viewer: Viewer, id: string, rel: string | null, type: string | null, query: URLSearchParams) {
    const { awake, after, upTo } = readable
    const { event } = await this.event(readable, viewer, id)
    const target = entryOfEvent(event.event_id)?.entry
    if (target === undefined) return { chunk: [] }
    const isOld = query.get('dir') === 'f'
    const from = await this.#place(awake, query.get('from'), isOld ? after : upTo)
    const { log } = awake.backing
    const all = [...(await log.about(target, 'correct')), ...(await log.about(target, 'react'))]
    const wanted = all.filter(({ seq }) => seq > (isOld ? from : after) && seq <= (isOld ? upTo : from))
    wanted.sort((a, b) => (isOld ? a.seq - b.seq : b.seq - a.seq))
    const page = wanted.slice(0, limitIn(query))
    const shown = await this.#shown(readable, viewer, page)
    const events = page.flatMap((entry) => {
      const said = saidIn(entry, shown.sight, awake.reactions).filter((one) => isRelated(one, event.event_id, rel, type))
      return shownEvents({ entry, events: said }, shown).map((one) => ({ ...one, room_id: awake.names.roomId }))
    })
    const last = page.at(-1)
    const next =
      last === undefined || page.length === wanted.length ? {} : { next_batch: pageToken(isOld ? last.seq : last.seq - 1) }
    return { chunk: events, ...next }
  }
  /** An event that the viewer may see, with its entry. @throws MatrixError */
  async event(readable: Readable, viewer: Viewer, id: string) {
    const { awake, after, upTo, isJoined } = readable
    const named = entryOfEvent(id)
    if (named === null && isJoined) return this.#state(awake, viewer, id)
    if (named === null) throw noEvent()
    const entry = await awake.backing.log.byId(named.entry)
    if (entry === null || entry.seq <= after || entry.seq > upTo) throw noEvent()
    const events = await this.events(readable, viewer, [entry], entry.seq)
    const event = events.find(({ event_id: its }) => its === id)
    if (event === undefined) throw noEvent()
    return { event, place: entry.seq }
  }
  /** A state that no entry says. */
  #state(awake: AwakeRoom, { user }: Viewer, id: string) {
    const event = wholeState(awake, awake.sightOf(user.bare)).find(({ event_id: its }) => its === id)
    if (event === undefined) throw noEvent()
    return { event: { ...event, room_id: awake.names.roomId }, place: 0 }
  }
  /** @throws MatrixError */
  async context(readable: Readable, viewer: Viewer, id: string, limit: number): Promise<object> {
    const { awake, after, upTo, isJoined } = readable
    const { event, place } = await this.event(readable, viewer, id)
    const weigh = eventsIn
    const half = Math.ceil(limit / 2)
    const { reading } = this.#parts
    const before = await reading.find(awake, { after, upTo: Math.max(after, place - 1), limit: half, from: 'newest', weigh })
    const behind = await reading.find(awake, { after: place, upTo, limit: Math.max(1, limit - half), from: 'oldest', weigh })
    return {
      event,
      start: pageToken(before.after),
      end: pageToken(behind.upTo),
      events_before: (await this.events(readable, viewer, before.entries, before.upTo)).toReversed(),
      events_after: await this.events(readable, viewer, behind.entries, behind.upTo),
      state: isJoined ? wholeState(awake, awake.sightOf(viewer.user.bare)) : [],
    }
  }
  async #place(awake: AwakeRoom, token: string | null, usual: number): Promise<number> {
    if (token === null || token === '') return usual
    const place = placeOf(token)
    if (place !== null) return place
    const position = positionOf(token)
    if (position === null) throw invalidParam('This is no token of this server')
    return this.#parts.reading.placeAt(awake, position)
  }
}
function isRelated(event: MatrixEvent, to: string, rel: string | null, type: string | null): boolean {
  const relation = relationIn(event.content)
  return relation?.event === to && (rel === null || relation.rel === rel) && (type === null || event.type === type)
}
const noEvent = () => notFound('There is no such event')

function limitIn(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? USUAL)
  if (!Number.isInteger(limit) || limit < 0) throw invalidParam('"limit" is a number')
  return Math.min(LIMIT_MAX, Math.max(1, limit))
}
function filterIn(query: URLSearchParams): RoomEventFilter | undefined {
  const text = query.get('filter')
  if (text === null) return undefined
  return roomEventFilterIn(jsonIn(text))
}
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidParam('The filter is not JSON')
  }
}
const senders = (awake: AwakeRoom, { user }: Viewer, entries: readonly Entry[]): readonly MatrixEvent[] => [
  ...speakersOf(awake, awake.picture(), awake.sightOf(user.bare), entries, true),
]

export function readingRoutes(parts: ReadingParts): readonly Route[] {
  const { access } = parts
  const pages = new Pages(parts)
  return [
    route({
      method: 'GET',
      path: '/rooms/:room/members',
      handle: async ({ params, user, query }) => {
        const awake = await access.joined(params.room, user)
        const [wanted, unwanted] = [query.get('membership'), query.get('not_membership')]
        const members = wholeState(awake, awake.sightOf(user.bare)).filter(({ type, content: { membership } }) => {
          return type === MEMBER && (wanted === null || membership === wanted) && membership !== unwanted
        })
        return { chunk: members.map((event) => ({ ...event, room_id: awake.names.roomId })) }
      },
    }),
    route({
      method: 'GET',
      path: '/rooms/:room/joined_members',
      handle: async ({ params, user }) => {
        const awake = await access.joined(params.room, user)
        const state = wholeState(awake, awake.sightOf(user.bare))
        const joined = state.filter(({ type, content }) => type === MEMBER && content['membership'] === 'join')
        return {
          joined: Object.fromEntries(
            joined.map(({ state_key: id, content }) => [id, { display_name: content['displayname'] ?? null }]),
          ),
        }
      },
    }),
    route({
      method: 'GET',
      path: '/rooms/:room/messages',
      handle: async ({ params, user, device, query }) =>
        pages.messages(await access.readable(params.room, user), { user, device }, query),
    }),
    route({
      method: 'GET',
      path: '/rooms/:room/event/:event',
      handle: async ({ params, user, device }) =>
        (await pages.event(await access.readable(params.room, user), { user, device }, params.event)).event,
    }),
    ...(['', '/:rel', '/:rel/:type'] as const).map((rest) =>
      route({
        method: 'GET',
        path: `/rooms/:room/relations/:event${rest}`,
        versions: ['v1'],
        handle: async ({ params, user, device, query }) => {
          const { rel = null, type = null } = params as { readonly rel?: string; readonly type?: string }
          return pages.about(await access.readable(params.room, user), { user, device }, params.event, rel, type, query)
        },
      }),
    ),
    route({
      method: 'GET',
      path: '/rooms/:room/context/:event',
      handle: async ({ params, user, device, query }) =>
        pages.context(await access.readable(params.room, user), { user, device }, params.event, limitIn(query)),
    }),
  ]
}
