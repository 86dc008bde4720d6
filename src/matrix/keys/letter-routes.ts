/** The request with which devices write to devices (MXR-141). */
import * as v from 'valibot'
import { anyObject } from '../http/json.ts'
import { route, type Route } from '../http/routes.ts'
import type { Contents, ToDevice } from './to-device.ts'

const USERS_MAX = 1000
const messages = v.pipe(
  v.record(v.string(), v.record(v.string(), anyObject)),
  v.check((all) => Object.keys(all).length <= USERS_MAX, 'too many users'),
)

export const letterRoutes = (toDevice: ToDevice): readonly Route[] => [
  route({
    method: 'PUT',
    path: '/sendToDevice/:type/:transaction',
    pace: 'to-device',
    body: v.object({ messages }),
    async handle({ user, device, params: { type, transaction }, body }) {
      await toDevice.send({ from: user, device, type, transaction, contents: body.messages as Contents })
      return {}
    },
  }),
]
