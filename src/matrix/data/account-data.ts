/**
 * What clients keep on the server: account data, in general and for rooms. `m.push_rules` has requests of its own, and
 * `m.ignored_user_list` is the block list of XEP-0191 (`ignored.ts`).
 */
import type { Jid } from '../../xmpp/jid.ts'
import { invalidParam, MatrixError, notFound, tooLarge } from '../http/errors.ts'
import { anyObject, type Json } from '../http/json.ts'
import { route, type Route } from '../http/routes.ts'
import { checkOwn } from '../http/users.ts'
import type { UserIdSpace } from '../ids/user-id.ts'
import type { Positions } from '../sync/positions.ts'
import type { Wakes } from '../sync/wakes.ts'
import { IGNORED, type Ignored } from './ignored.ts'
import { defaultRules, PUSH_RULES } from './default-rules.ts'
import type { DataLimits, DataStore } from './store.ts'

/** One entry. */
interface AccountDatum {
  /** Null: of the account in general. */
  readonly room: string | null
  readonly type: string
  readonly content: Json
}
/** Of one entry. */
const OCTETS_MAX = 64 * 1024
const NAME_MAX = 255
/** What only the server writes. */
const OWN_TYPES: readonly string[] = ['m.fully_read', PUSH_RULES]
const TAGS = 'm.tag'

export interface AccountDataParts {
  readonly store: DataStore
  readonly ignored: Ignored
  readonly limits: DataLimits
  /** Numbers in the order of everything that the server keeps. */
  readonly positions: Pick<Positions, 'begin' | 'end'>
  readonly wakes: Wakes
}

export class AccountData {
  readonly #parts: AccountDataParts

  constructor(parts: AccountDataParts) {
    this.#parts = parts
  }
  /** Null if there is none. @param room null: of the account in general */
  async get({ bare }: Jid, room: string | null, type: string): Promise<Json> {
    if (room === null && type === IGNORED) return this.#parts.ignored.contentOf(bare)
    const content = await this.#parts.store.get(bare, room ?? '', type)
    return content === null ? null : (JSON.parse(content) as Json)
  }
  /** @throws MatrixError M_TOO_LARGE */
  async put({ bare }: Jid, room: string | null, type: string, content: Json): Promise<void> {
    const { store, limits, positions, wakes } = this.#parts
    const text = JSON.stringify(content)
    if (Buffer.byteLength(text) > OCTETS_MAX) throw tooLarge(`Account data has at most ${OCTETS_MAX} octets`)
    const stream = positions.begin()
    const put = store.put(bare, { room: room ?? '', type, content: text, stream }, limits).finally(() => positions.end(stream))
    if (!(await put)) throw tooLarge('There is too much account data')
    wakes.wake(bare)
  }
  /** What has changed after that number; with 0, everything that there is. */
  async since({ bare }: Jid, stream: number): Promise<readonly AccountDatum[]> {
    const { store, ignored } = this.#parts
    const stored = await store.since(bare, stream)
    const read = stored.map(({ room, type, content }) => ({ room: room || null, type, content: JSON.parse(content) as Json }))
    const rules = read.some(({ type }) => type === PUSH_RULES)
    return [
      ...(stream === 0 && !rules ? [{ room: null, type: PUSH_RULES, content: { global: defaultRules(bare) } }] : []),
      ...read,
      ...(ignored.changedAt(bare) > stream ? [{ room: null, type: IGNORED, content: await ignored.contentOf(bare) }] : []),
    ]
  }
}

interface DataParts {
  readonly ids: UserIdSpace
  readonly accountData: AccountData
  readonly ignored: Ignored
}
export const accountDataRoutes = ({ ids, accountData: data, ignored }: DataParts): readonly Route[] => {
  const isOwn = (user: Jid, id: string): void => checkOwn(user, id, ids)
  const read = async (user: Jid, room: string | null, type: string): Promise<object> => {
    const content = await data.get(user, room, type)
    if (content === null) throw notFound('There is no such account data')
    return content as object
  }
  const write = async (user: Jid, room: string | null, type: string, content: Json): Promise<object> => {
    if (OWN_TYPES.includes(type)) throw new MatrixError(405, 'M_BAD_JSON', `${type} is not written like this`)
    checkNames(room, type)
    if (room === null && type === IGNORED) await ignored.change(user, content)
    else await data.put(user, room, type, content)
    return {}
  }
  const path = '/user/:user/account_data/:type'
  const inRoom = '/user/:user/rooms/:room/account_data/:type'
  return [
    route({
      method: 'GET',
      path,
      handle: ({ user, params }) => (isOwn(user, params.user), read(user, null, params.type)),
    }),
    route({
      method: 'PUT',
      path,
      body: anyObject,
      fractions: true,
      handle: ({ user, params, body }) => (isOwn(user, params.user), write(user, null, params.type, body)),
    }),
    route({
      method: 'GET',
      path: inRoom,
      handle: ({ user, params }) => (isOwn(user, params.user), read(user, params.room, params.type)),
    }),
    route({
      method: 'PUT',
      path: inRoom,
      body: anyObject,
      fractions: true,
      handle: ({ user, params, body }) => (isOwn(user, params.user), write(user, params.room, params.type, body)),
    }),
    ...tagRoutes(data, isOwn),
  ]
}

type Tags = Readonly<Record<string, Json>>

/** Tags of rooms are account data of type m.tag. */
function tagRoutes(data: AccountData, isOwn: (user: Jid, id: string) => void): readonly Route[] {
  const path = '/user/:user/rooms/:room/tags'
  const tagsIn = async (user: Jid, room: string): Promise<Tags> =>
    ((await data.get(user, room, TAGS)) as { readonly tags?: Tags } | null)?.tags ?? {}
  const put = async (user: Jid, room: string, tags: Tags): Promise<object> => {
    await data.put(user, room, TAGS, { tags })
    return {}
  }
  return [
    route({
      method: 'GET',
      path,
      async handle({ user, params }) {
        isOwn(user, params.user)
        return { tags: await tagsIn(user, params.room) }
      },
    }),
    route({
      method: 'PUT',
      path: `${path}/:tag`,
      body: anyObject,
      fractions: true,
      async handle({ user, params, body }) {
        isOwn(user, params.user)
        checkNames(params.room, params.tag)
        return put(user, params.room, { ...(await tagsIn(user, params.room)), [params.tag]: body })
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:tag`,
      async handle({ user, params }) {
        isOwn(user, params.user)
        const { [params.tag]: gone, ...left } = await tagsIn(user, params.room)
        return gone === undefined ? {} : put(user, params.room, left)
      },
    }),
  ]
}

function checkNames(room: string | null, type: string): void {
  if (room !== null && (!room.startsWith('!') || Buffer.byteLength(room) > NAME_MAX))
    throw invalidParam('This is no id of a room')
  if (type === '' || Buffer.byteLength(type) > NAME_MAX) throw invalidParam(`A type has from 1 to ${NAME_MAX} octets`)
}
