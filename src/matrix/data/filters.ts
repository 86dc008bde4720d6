/** Filters: what of the news a client wants. A stored filter is named by a hash of its content, so that equal ones are stored once. */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, MatrixError, notFound, tooLarge } from '../http/errors.ts'
import { anyObject, check, parsed, type Json } from '../http/json.ts'
import { route, type Route } from '../http/routes.ts'
import { checkOwn } from '../http/users.ts'
import type { UserIdSpace } from '../ids/user-id.ts'
import type { DataStore } from './store.ts'

const OCTETS_MAX = 16 * 1024
const ID_OCTETS = 12

const texts = v.optional(v.array(v.string()))
const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)))
const userIds = v.optional(v.array(v.pipe(v.string(), v.regex(/^@[^:\0]*:.+$/, 'must be user ids'))))
const roomIds = v.optional(v.array(v.pipe(v.string(), v.regex(/^![^\0]+$/, 'must be ids of rooms'))))
const eventEntries = { limit, types: texts, not_types: texts, senders: userIds, not_senders: userIds } as const
const roomEventFilter = v.object({
  ...eventEntries,
  rooms: roomIds,
  not_rooms: roomIds,
  contains_url: v.optional(v.boolean()),
  lazy_load_members: v.optional(v.boolean()),
  include_redundant_members: v.optional(v.boolean()),
  unread_thread_notifications: v.optional(v.boolean()),
})
const filterSchema = v.object({
  event_fields: texts,
  event_format: v.optional(v.literal('client', 'must be "client"')),
  presence: v.optional(v.object(eventEntries)),
  account_data: v.optional(v.object(eventEntries)),
  room: v.optional(
    v.object({
      rooms: roomIds,
      not_rooms: roomIds,
      include_leave: v.optional(v.boolean()),
      timeline: v.optional(roomEventFilter),
      state: v.optional(roomEventFilter),
      ephemeral: v.optional(roomEventFilter),
      account_data: v.optional(roomEventFilter),
    }),
  ),
})
/** What is not known of a filter is left out. */
type Filter = v.InferOutput<typeof filterSchema>

/** @throws MatrixError M_BAD_JSON */
function checkFilter(value: unknown): Filter {
  const read = v.safeParse(filterSchema, value)
  if (read.success) return read.output
  const issue = read.issues[0]
  throw badJson(`${v.getDotPath(issue) ?? 'filter'}: ${issue.message}`)
}

/** @throws MatrixError M_BAD_JSON */
export function roomEventFilterIn(value: unknown): v.InferOutput<typeof roomEventFilter> {
  const read = v.safeParse(roomEventFilter, value)
  if (read.success) return read.output
  throw badJson(`${v.getDotPath(read.issues[0]) ?? 'filter'}: ${read.issues[0].message}`)
}

export class Filters {
  readonly #store: DataStore
  readonly #clock: Clock
  readonly #max: number

  /** @param max how many one account may store; of more, those stored longest ago are forgotten */
  constructor(store: DataStore, clock: Clock, max: number) {
    this.#store = store
    this.#clock = clock
    this.#max = max
  }
  /** @returns its id @throws MatrixError M_BAD_JSON, M_TOO_LARGE */
  async put({ bare }: Jid, filter: Json): Promise<string> {
    checkFilter(filter)
    const content = JSON.stringify(filter)
    if (Buffer.byteLength(content) > OCTETS_MAX) throw tooLarge(`A filter has at most ${OCTETS_MAX} octets`)
    const id = createHash('sha256').update(content).digest().subarray(0, ID_OCTETS).toString('base64url')
    await this.#store.putFilter(bare, id, content, this.#clock.now(), this.#max)
    return id
  }
  /** As it was stored; null if there is none. */
  async get({ bare }: Jid, id: string): Promise<Json> {
    const content = await this.#store.filter(bare, id)
    return content === null ? null : (JSON.parse(content) as Json)
  }
  /**
   * The filter that a request names, or has in itself; null if it names none.
   * @throws MatrixError M_INVALID_PARAM, M_NOT_JSON, M_BAD_JSON
   */
  async named(user: Jid, text: string | null): Promise<Filter | null> {
    if (text === null || text === '') return null
    if (text.startsWith('{')) {
      const value = parsed(text)
      check(value, false)
      return checkFilter(value)
    }
    const stored = await this.get(user, text)
    if (stored === null) throw new MatrixError(400, 'M_INVALID_PARAM', 'There is no such filter')
    return checkFilter(stored)
  }
}

interface FilterParts {
  readonly filters: Filters
  readonly ids: UserIdSpace
}
export function filterRoutes({ filters, ids }: FilterParts): readonly Route[] {
  const isOwn = (user: Jid, id: string): void => checkOwn(user, id, ids)
  return [
    route({
      method: 'POST',
      path: '/user/:user/filter',
      body: anyObject,
      async handle({ user, params, body }) {
        isOwn(user, params.user)
        return { filter_id: await filters.put(user, body) }
      },
    }),
    route({
      method: 'GET',
      path: '/user/:user/filter/:id',
      async handle({ user, params }) {
        isOwn(user, params.user)
        const filter = await filters.get(user, params.id)
        if (filter === null) throw notFound('There is no such filter')
        return filter as object
      },
    }),
  ]
}
