/** The requests about keys (MXR-140 to 142). */
import * as v from 'valibot'
import type { Jid } from '../../xmpp/jid.ts'
import { proofEntries, proveAgain } from '../accounts/proving.ts'
import { badJson, invalidParam } from '../http/errors.ts'
import { anyObject } from '../http/json.ts'
import { route, type Route } from '../http/routes.ts'
import type { Matrix } from '../matrix.ts'
import type { Positions } from '../sync/positions.ts'
import { isName } from '../rooms/event-limits.ts'
import { positionOf } from '../sync/token.ts'
import type { KeyChanges } from './changes.ts'
import type { DeviceKeysOf } from './device-keys.ts'
import type { Querying } from './querying.ts'
import { crossKeyShape, uploadShape } from './shapes.ts'
import type { SignedObjects, Signing } from './signing.ts'

/** Users of one request, and keys of one. */
const USERS_MAX = 2000
const KEYS_MAX = 1000

const atMost =
  (max: number) =>
  <T extends object>(all: T): boolean =>
    Object.keys(all).length <= max
const queried = v.pipe(v.record(v.string(), v.array(v.string())), v.check(atMost(USERS_MAX), 'too many users'))
const byUser = v.pipe(v.record(v.string(), v.record(v.string(), v.string())), v.check(atMost(USERS_MAX), 'too many users'))
const signed = v.record(v.string(), v.record(v.string(), anyObject))

export interface KeyRoutesParts {
  readonly matrix: Matrix
  readonly deviceKeys: DeviceKeysOf
  readonly querying: Querying
  readonly signing: Signing
  readonly changes: KeyChanges
  readonly positions: Pick<Positions, 'applied'>
  /** Null: no account of ours. */
  readonly userOf: (id: string) => Jid | null
  readonly idOf: (bare: string) => string
}

export const keyRoutes = (parts: KeyRoutesParts): readonly Route[] => [...deviceKeyRoutes(parts), ...signingRoutes(parts)]

const deviceKeyRoutes = ({ deviceKeys, querying, changes, positions, userOf, idOf }: KeyRoutesParts): readonly Route[] => [
  route({
    method: 'POST',
    path: '/keys/upload',
    body: uploadShape,
    handle: async ({ user, device, body }) => ({ one_time_key_counts: await deviceKeys.upload(user, device, body) }),
  }),
  route({
    method: 'POST',
    path: '/keys/query',
    body: v.object({ device_keys: queried }),
    handle: ({ user, body }) => querying.query(user, body.device_keys),
  }),
  route({
    method: 'POST',
    path: '/keys/claim',
    body: v.object({ one_time_keys: byUser }),
    async handle({ body }) {
      const asked = Object.entries(body.one_time_keys).flatMap(([id, devices]) =>
        Object.entries(devices).map(([device, algorithm]) => ({ id, owner: userOf(id)?.bare, device, algorithm })),
      )
      if (asked.length > KEYS_MAX) throw badJson(`At most ${KEYS_MAX} keys are given out at once`)
      const found: Record<string, Record<string, object>> = {}
      const claim = async ({ id, owner, device, algorithm }: (typeof asked)[number]): Promise<void> => {
        const key =
          owner === undefined || !isName(device) || !isName(algorithm)
            ? null
            : await deviceKeys.claim({ owner, device }, algorithm)
        if (key !== null) (found[id] ??= {})[device] = key
      }
      await Promise.all(asked.map(claim))
      return { one_time_keys: found, failures: {} }
    },
  }),
  route({
    method: 'GET',
    path: '/keys/changes',
    async handle({ user, query }) {
      const [from, to] = [positionOf(query.get('from') ?? ''), positionOf(query.get('to') ?? '')]
      if (from === null || to === null) throw invalidParam('"from" and "to" are tokens of this server')
      await changes.ready(user.bare)
      const changed = await changes.of(user.bare, from, Math.min(to, positions.applied))
      return { changed: changed.map(idOf), left: [] }
    },
  }),
]

const signingRoutes = ({ matrix, signing }: KeyRoutesParts): readonly Route[] => [
  route({
    method: 'POST',
    path: '/keys/device_signing/upload',
    body: v.object({
      master_key: v.nullish(crossKeyShape),
      self_signing_key: v.nullish(crossKeyShape),
      user_signing_key: v.nullish(crossKeyShape),
      ...proofEntries,
    }),
    async handle(call) {
      const { master_key: master, self_signing_key: self, user_signing_key: others } = call.body
      const given = [
        ['master', master],
        ['self_signing', self],
        ['user_signing', others],
      ] as const
      const uploads = given.flatMap(([usage, upload]) => (upload == null ? [] : [[usage, upload] as const]))
      await signing.upload(call.user, uploads, () => proveAgain(matrix, call))
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/keys/signatures/upload',
    body: signed,
    async handle({ user, body }) {
      const count = Object.values(body).reduce((sum, targets) => sum + Object.keys(targets).length, 0)
      if (count > KEYS_MAX) throw badJson(`At most ${KEYS_MAX} keys are signed at once`)
      return { failures: await signing.sign(user, body as SignedObjects) }
    },
  }),
]
