/**
 * What is new for a user (MXR-120 to 131): one answer with everything behind the token that the client has, at once if there is
 * something, otherwise when there is.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { DeviceCall } from '../http/call.ts'
import { invalidParam, unknownToken } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import type { Listen } from '../http/waiting.ts'
import type { Matrix } from '../matrix.ts'
import type { JsonObject } from '../rooms/json.ts'
import { deviceKey } from '../rooms/shown-events.ts'
import { wantsNothing, type SyncFilter } from './filtering.ts'
import type { KeysForSync } from '../keys/for-sync.ts'
import type { Positions } from './positions.ts'
import { Polls } from './polls.ts'
import { nothingNew, type RoomNews, type RoomsForSync } from './rooms-news.ts'
import { knownBy, syncToken, type Known } from './token.ts'
import { untilNews } from './until-news.ts'

export interface SyncParts {
  readonly matrix: Matrix
  readonly positions: Positions
  /** Null: there are no rooms. */
  readonly rooms: RoomsForSync | null
  readonly keys: KeysForSync
}

const TIMEOUT_MAX: Millis = 60_000
/** News of one moment are told together. */
const GATHER_MS: Millis = 10

export function syncRoutes(parts: SyncParts): readonly Route[] {
  const polls = new Polls()
  return [
    route({
      method: 'GET',
      path: '/sync',
      async handle(call) {
        const over = polls.begin(call.user, call.device)
        return sync(parts, call).finally(over)
      },
    }),
  ]
}

interface Wish {
  readonly since: Known | null
  readonly timeout: Millis
  readonly fullState: boolean
  readonly stateAfter: string | null
  readonly filter: SyncFilter
}

async function sync(parts: SyncParts, call: DeviceCall): Promise<object> {
  const { matrix } = parts
  const { user, device, query } = call
  const wish = await wishIn(call, matrix)
  const over = await matrix.presence.asked(user, device, query.get('set_presence'))
  try {
    return await whenNew(parts, call, wish)
  } finally {
    over()
  }
}

async function whenNew(parts: SyncParts, call: DeviceCall, wish: Wish): Promise<object> {
  const { matrix, positions, keys } = parts
  const { clock } = matrix.host
  // A token of another run of the server, from a backup that is newer: everything is told
  const since = wish.since !== null && wish.since.position > positions.applied ? null : wish.since
  const { bare } = call.user
  const place = { owner: bare, device: call.device }
  if (since !== null) await keys.acknowledge(place, since.told)
  const poll = {
    positions,
    now: () => clock.now(),
    listen: (wake: () => void) => matrix.wakes.on(bare, wake),
    gather: (wake: () => void) => gathered(parts, call.user, wake),
    look: () => answerTo(parts, call, { ...wish, since }),
    wait: (span: Millis, listen: Listen) => call.wait(span, listen),
  }
  if (wish.since === null) return (await poll.look()) ?? {}
  const found = await untilNews(poll, clock.now() + wish.timeout)
  if (found === 'ended') throw unknownToken()
  if (typeof found !== 'string') return found
  return { next_batch: syncToken(since ?? knownUpTo(positions.applied), call.device), ...(await keys.stock(place)) }
}
function gathered({ matrix }: SyncParts, { bare }: Jid, wake: () => void): () => void {
  let isComing = false
  return matrix.wakes.on(bare, () => {
    if (isComing) return
    isComing = true
    matrix.host.clock.after(GATHER_MS, wake)
  })
}

/** Null: there is nothing new. */
async function answerTo({ positions, rooms, matrix, keys }: SyncParts, call: DeviceCall, wish: Wish): Promise<object | null> {
  const { user, device } = call
  const { filter, fullState, stateAfter } = wish
  const since = wish.since?.position ?? null
  const upTo = positions.applied
  const now = matrix.host.clock.now()
  const asking = {
    viewer: user.bare,
    deviceKey: deviceKey(user.bare, device),
    since,
    upTo,
    now,
    filter: filter.room,
    stateAfter,
    fullState,
    hides: await matrix.ignored.hiddenFrom(user.bare),
  }
  const news: RoomNews = rooms === null ? nothingNew() : await rooms.news(user, asking)
  const data = await matrix.accountData.since(user, since ?? 0)
  const presence = wantsNothing(filter.presence) ? [] : await matrix.presence.since(user, since, upTo, news.newcomers)
  const own = data.filter(({ room }) => room === null).map(({ type, content }) => ({ type, content }))
  addRoomData(news, data, (room) => rooms?.has(room, user) === true)
  const { met, parted } = news
  const place = { owner: user.bare, device }
  const ofKeys = await keys.news({ place, since, told: wish.since?.told ?? 0, upTo, met, parted })
  const isNothing = ofKeys.isNothing && isEmpty(news) && own.length === 0 && presence.length === 0
  if (isNothing && since !== null && !fullState) return null
  const { join, invite, leave, knock } = news
  return {
    next_batch: syncToken({ position: upTo, told: ofKeys.told }, device),
    account_data: { events: own },
    presence: { events: presence },
    rooms: { join, invite, leave, knock },
    ...ofKeys.fields,
  }
}
const knownUpTo = (position: number): Known => ({ position, told: position })
const isEmpty = ({ join, invite, leave, knock }: RoomNews): boolean =>
  [join, invite, leave, knock].every((some) => Object.keys(some).length === 0)
type Data = Awaited<ReturnType<Matrix['accountData']['since']>>
/** Account data of a room is told along with the room. */
function addRoomData({ join }: RoomNews, data: Data, isTheirs: (room: string) => boolean): void {
  for (const { room, type, content } of data) {
    if (room === null || (join[room] === undefined && !isTheirs(room))) continue
    const block = (join[room] ??= {})
    const { events } = (block['account_data'] ?? { events: [] }) as { readonly events: readonly JsonObject[] }
    join[room] = { ...block, account_data: { events: [...events, { type, content: content as JsonObject }] } }
  }
}

async function wishIn({ query, user, device }: DeviceCall, { filters }: Matrix): Promise<Wish> {
  const token = query.get('since')
  const since = token === null || token === '' ? null : knownBy(token, device)
  if (since === null && token !== null && token !== '') throw invalidParam('This is no token of this server')
  const timeout = Number(query.get('timeout') ?? 0)
  if (!Number.isFinite(timeout) || timeout < 0) throw invalidParam('"timeout" is a number of milliseconds')
  const wantsAfter = ['use_state_after', 'org.matrix.msc4222.use_state_after'].find((name) => query.get(name) === 'true')
  return {
    since,
    timeout: Math.min(timeout, TIMEOUT_MAX),
    fullState: query.get('full_state') === 'true',
    stateAfter: wantsAfter === undefined ? null : wantsAfter.replace('use_', ''),
    filter: (await filters.named(user, query.get('filter'))) ?? {},
  }
}
