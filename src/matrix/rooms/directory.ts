/** Finding rooms: aliases, and the list of public rooms, which is the one that XMPP clients see (XEP-0045 6.3). */
import * as v from 'valibot'
import type { ServedRooms } from '../../rooms/rooms.ts'
import type { Room } from '../../rooms/machine/room.ts'
import { isLasting } from '../../rooms/machine/members.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { forbidden, invalidParam, notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { addressOfAlias, aliasOf, type RoomDomains } from '../ids/alias.ts'
import { serverName } from '../ids/user-id.ts'
import type { Access } from './access.ts'
import type { JsonObject } from './json.ts'
import { topicIn } from './message-text.ts'
import { isOpen } from './open-rooms.ts'
import { joinRule } from './states.ts'

export interface DirectoryParts {
  readonly access: Access
  readonly served: ServedRooms
  readonly domains: RoomDomains
}

const USUAL = 50
const LIMIT_MAX = 100
/** Rooms whose names are looked at for one answer. */
const LOOKED_AT_MAX = 2000
const TERM_MAX = 256

const limitOf = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), USUAL)
const QUERY = v.object({
  limit: limitOf,
  since: v.optional(v.string(), ''),
  filter: v.optional(
    v.object({
      generic_search_term: v.nullish(v.pipe(v.string(), v.maxLength(TERM_MAX))),
      room_types: v.nullish(v.array(v.nullable(v.string()))),
    }),
    {},
  ),
})
type Query = v.InferOutput<typeof QUERY>

class Directory {
  readonly #parts: DirectoryParts

  constructor(parts: DirectoryParts) {
    this.#parts = parts
  }
  /** @param server its name, as the client gives it; null: that of the domain @throws MatrixError */
  async list(domain: string, server: string | null, query: Query): Promise<object> {
    const wanted = server === null || server === serverName(domain) ? domain : null
    const service = wanted === null ? null : this.#parts.domains.roomsAt(wanted)
    if (server !== null && wanted === null) throw forbidden('This server knows its own rooms only')
    const { room_types: types } = query.filter
    // Rooms that are spaces are ordinary rooms here
    if (service === null || (types != null && !types.includes(null))) return { chunk: [] }
    return this.#page(service, query)
  }
  async #page(service: string, { limit, since, filter }: Query): Promise<object> {
    const { store } = this.#parts.served
    const term = (filter.generic_search_term ?? '').toLowerCase()
    const wanted = Math.min(limit, LIMIT_MAX)
    const chunk: JsonObject[] = []
    let last = afterIn(since, service)
    for (let looked = 0; looked < LOOKED_AT_MAX;) {
      const rows = await store.listed(service, last, LIMIT_MAX)
      for (const { address, name } of rows) {
        last = address
        if (!`${storedJid(address).local} ${name}`.toLowerCase().includes(term)) continue
        const entry = await this.#entry(storedJid(address))
        if (entry !== null && chunk.push(entry) >= wanted) return { chunk, next_batch: tokenOf(last) }
      }
      if (rows.length < LIMIT_MAX) return { chunk }
      looked += rows.length
    }
    return { chunk, next_batch: tokenOf(last) }
  }
  /** Null: the room is gone, is not public any more, or is closed to Matrix. */
  async #entry(address: Jid): Promise<JsonObject | null> {
    const { access, served, domains } = this.#parts
    const room = await served.rooms.find(address)
    if (room === null || !room.facts.config.public || !isOpen(room)) return null
    const { config, subject } = room.facts
    const topic = subject === null ? '' : topicIn(subject.payload)
    return {
      room_id: access.roomIdOf(room),
      canonical_alias: aliasOf(address, domains),
      ...(config.name === '' ? {} : { name: config.name }),
      ...(topic === '' ? {} : { topic }),
      num_joined_members: membersOf(room),
      world_readable: false,
      guest_can_join: false,
      join_rule: joinRule(config),
    }
  }
  /** The room of an alias. A stranger is told of public rooms alone. @throws MatrixError */
  async room(alias: string, isStranger: boolean): Promise<Room> {
    const address = addressOfAlias(alias, this.#parts.domains)
    const room = address === null ? null : await this.#parts.served.rooms.find(address)
    if (room === null || room.facts.lockedFor !== null || (isStranger && !room.facts.config.public))
      throw notFound('There is no room with this alias')
    return room
  }
}
const membersOf = ({ members, nicksOf }: Room): number => {
  let count = nicksOf.size
  for (const member of members.values()) if (isLasting(member) && !nicksOf.has(member.jid)) count += 1
  return count
}
const tokenOf = (address: string): string => `a${Buffer.from(address).toString('base64url')}`
/** @throws MatrixError */
function afterIn(token: string, service: string): string {
  if (token === '') return ''
  const address = token.startsWith('a') ? Buffer.from(token.slice(1), 'base64url').toString() : ''
  if (!address.endsWith(`@${service}`)) throw invalidParam('This is no token of this server')
  return address
}

export function directoryRoutes(parts: DirectoryParts): readonly Route[] {
  const { access, domains } = parts
  const directory = new Directory(parts)
  const visibility = (room: Room | null): object => ({ visibility: room?.facts.config.public === true ? 'public' : 'private' })
  const aliasAnswer = (room: Room): object => ({
    room_id: access.roomIdOf(room),
    servers: [serverName(domains.accountsAt(room.address.domain))],
  })
  return [
    route({
      method: 'GET',
      path: '/publicRooms',
      pace: 'search',
      handle: ({ user, query }) =>
        directory.list(user.domain, query.get('server'), {
          limit: limitIn(query.get('limit')),
          since: query.get('since') ?? '',
          filter: {},
        }),
    }),
    route({
      method: 'POST',
      path: '/publicRooms',
      pace: 'search',
      body: QUERY,
      handle: ({ user, query, body }) => directory.list(user.domain, query.get('server'), body),
    }),
    route({
      method: 'GET',
      path: '/directory/room/:alias',
      access: 'either',
      handle: async ({ params, user }) => aliasAnswer(await directory.room(params.alias, user === null)),
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        path: '/directory/room/:alias',
        handle: () => {
          throw forbidden('A room has the alias of its address, and no other')
        },
      }),
    ),
    route({
      method: 'GET',
      path: '/directory/list/room/:room',
      handle: async ({ params, user }) => visibility((await access.joined(params.room, user)).room),
    }),
    route({
      method: 'PUT',
      path: '/directory/list/room/:room',
      pace: 'state',
      body: v.object({ visibility: v.optional(v.picklist(['public', 'private']), 'public') }),
      handle: async ({ params, user, body }) => {
        const awake = await access.joined(params.room, user)
        const changes = { public: body.visibility === 'public' }
        await access.perform(awake, user, { do: 'configure', changes, owners: null, admins: null })
        return {}
      },
    }),
    route({
      method: 'GET',
      path: '/rooms/:room/aliases',
      handle: async ({ params, user }) => ({ aliases: [(await access.joined(params.room, user)).names.alias] }),
    }),
  ]
}
function limitIn(text: string | null): number {
  const read = v.safeParse(limitOf, text === null ? undefined : Number(text))
  if (!read.success) throw invalidParam('"limit" is a number')
  return read.output
}
