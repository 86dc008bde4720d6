/** What clients that could encrypt ask: no device here has keys, and no user is left out of an answer (MXR-94). */
import * as v from 'valibot'
import { notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'

const USERS_MAX = 2000
const users = v.pipe(
  v.record(v.string(), v.unknown()),
  v.check((all) => Object.keys(all).length <= USERS_MAX, 'too many users'),
)

export const keyRoutes = (): readonly Route[] => [
  route({
    method: 'POST',
    path: '/keys/query',
    body: v.object({ device_keys: users }),
    handle: ({ body }) => ({
      device_keys: Object.fromEntries(Object.keys(body.device_keys).map((user) => [user, {}])),
      failures: {},
    }),
  }),
  route({
    method: 'POST',
    path: '/keys/claim',
    body: v.object({ one_time_keys: users }),
    handle: () => ({ one_time_keys: {}, failures: {} }),
  }),
  route({ method: 'GET', path: '/keys/changes', handle: () => ({ changed: [], left: [] }) }),
  route({
    method: 'GET',
    path: '/room_keys/version',
    handle() {
      throw notFound('There is no backup of keys')
    },
  }),
]
