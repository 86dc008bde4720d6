/** The requests about backups of keys (MXR-143). */
import * as v from 'valibot'
import { missingParam, notFound } from '../http/errors.ts'
import { anyObject } from '../http/json.ts'
import { route, type Route } from '../http/routes.ts'
import { checkName } from '../rooms/event-limits.ts'
import type { BackupKey, BackupPart } from './backup-store.ts'
import type { Backups } from './backup.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const keyShape = v.looseObject({
  first_message_index: count,
  forwarded_count: count,
  is_verified: v.boolean(),
  session_data: anyObject,
})
type KeyUpload = v.InferOutput<typeof keyShape>
const sessionsShape = v.record(v.string(), keyShape)
const describedShape = v.object({ algorithm: v.string(), auth_data: anyObject })

const PATHS = ['/room_keys/keys', '/room_keys/keys/:room', '/room_keys/keys/:room/:session'] as const

const keyOf = (room: string, session: string, key: KeyUpload): BackupKey => ({
  room: named(room),
  session: named(session),
  isVerified: key.is_verified,
  firstIndex: key.first_message_index,
  forwarded: key.forwarded_count,
  content: JSON.stringify(key),
})
function named(name: string): string {
  checkName(name)
  return name
}
function versionIn(query: URLSearchParams): string {
  const version = query.get('version')
  if (version === null) throw missingParam('"version" is missing')
  return version
}
const partIn = (params: { readonly room?: string; readonly session?: string }): BackupPart => ({
  room: params.room === undefined ? null : named(params.room),
  session: params.session === undefined ? null : named(params.session),
})

export const backupRoutes = (backups: Backups): readonly Route[] => [
  ...versionRoutes(backups),
  ...puttingRoutes(backups),
  ...PATHS.map((path) =>
    route({
      method: 'GET',
      path,
      async handle({ user, query, params }) {
        const part = partIn(params)
        return shown(await backups.keys(user, versionIn(query), part), part)
      },
    }),
  ),
  ...PATHS.map((path) =>
    route({
      method: 'DELETE',
      path,
      handle: ({ user, query, params }) => backups.dropKeys(user, versionIn(query), partIn(params)),
    }),
  ),
]

type Found = Awaited<ReturnType<Backups['keys']>>
function shown(keys: Found, { room, session }: BackupPart): object {
  const sessions = (some: Found): object =>
    Object.fromEntries(some.map((one) => [one.session, JSON.parse(one.content) as object] as const))
  if (room === null) {
    const rooms = [...Map.groupBy(keys, (one) => one.room)]
    return { rooms: Object.fromEntries(rooms.map(([id, some]) => [id, { sessions: sessions(some) }])) }
  }
  if (session === null) return { sessions: sessions(keys) }
  const [only] = keys
  if (only === undefined) throw notFound('The backup has no such key')
  return JSON.parse(only.content) as object
}

const puttingRoutes = (backups: Backups): readonly Route[] => [
  route({
    method: 'PUT',
    path: PATHS[0],
    body: v.object({ rooms: v.record(v.string(), v.object({ sessions: sessionsShape })) }),
    handle({ user, query, body }) {
      const keys = Object.entries(body.rooms).flatMap(([room, { sessions }]) =>
        Object.entries(sessions).map(([session, key]) => keyOf(room, session, key)),
      )
      return backups.put(user, versionIn(query), keys)
    },
  }),
  route({
    method: 'PUT',
    path: PATHS[1],
    body: v.object({ sessions: sessionsShape }),
    handle: ({ user, query, params: { room }, body: { sessions } }) =>
      backups.put(
        user,
        versionIn(query),
        Object.entries(sessions).map(([session, key]) => keyOf(room, session, key)),
      ),
  }),
  route({
    method: 'PUT',
    path: PATHS[2],
    body: keyShape,
    handle: ({ user, query, params: { room, session }, body }) =>
      backups.put(user, versionIn(query), [keyOf(room, session, body)]),
  }),
]

const versionRoutes = (backups: Backups): readonly Route[] => [
  route({
    method: 'POST',
    path: '/room_keys/version',
    body: describedShape,
    handle: async ({ user, body }) => ({ version: await backups.create(user, named(body.algorithm), body.auth_data) }),
  }),
  route({ method: 'GET', path: '/room_keys/version', handle: ({ user }) => backups.describe(user, null) }),
  route({
    method: 'GET',
    path: '/room_keys/version/:version',
    handle: ({ user, params: { version } }) => backups.describe(user, version),
  }),
  route({
    method: 'PUT',
    path: '/room_keys/version/:version',
    body: describedShape,
    async handle({ user, params: { version }, body }) {
      await backups.change(user, version, body.algorithm, body.auth_data)
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: '/room_keys/version/:version',
    async handle({ user, params: { version } }) {
      await backups.drop(user, version)
      return {}
    },
  }),
]
