/** The devices of a user, as the user sees them: which device asks, the list, other names, and logging out. */
import * as v from 'valibot'
import type { Device } from '../../server/ports.ts'
import { notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import type { Matrix } from '../matrix.ts'
import { proofEntries, proveAgain } from './proving.ts'
import { checkName, idOf } from './login.ts'

const DEVICES_AT_ONCE = 1000

export const sessionRoutes = (matrix: Matrix): readonly Route[] => [
  route({
    method: 'GET',
    path: '/account/whoami',
    handle: ({ user, device }) => ({ user_id: idOf(matrix, user), device_id: device, is_guest: false }),
  }),
  route({
    method: 'POST',
    path: '/logout',
    async handle({ user, device }) {
      await matrix.devices.close(user, device)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/logout/all',
    async handle({ user }) {
      for (const { id } of await matrix.devices.list(user)) await matrix.devices.close(user, id)
      return {}
    },
  }),
  ...deviceRoutes(matrix),
]

const deviceRoutes = ({ devices, ...matrix }: Matrix): readonly Route[] => [
  route({
    method: 'GET',
    path: '/devices',
    handle: async ({ user }) => ({ devices: (await devices.list(user)).map(described) }),
  }),
  route({
    method: 'GET',
    path: '/devices/:device',
    async handle({ user, params }) {
      const found = (await devices.list(user)).find(({ id }) => id === params.device)
      if (found === undefined) throw unknownDevice()
      return described(found)
    },
  }),
  route({
    method: 'PUT',
    path: '/devices/:device',
    body: v.object({ display_name: v.nullish(v.string()) }),
    async handle({ user, params, body: { display_name: name } }) {
      if (name != null && !(await devices.rename(user, params.device, checkName(name)))) throw unknownDevice()
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: '/devices/:device',
    body: v.object(proofEntries),
    async handle(call) {
      await proveAgain({ ...matrix, devices }, call)
      await devices.close(call.user, call.params.device)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/delete_devices',
    body: v.object({ devices: v.pipe(v.array(v.string()), v.maxLength(DEVICES_AT_ONCE)), ...proofEntries }),
    async handle(call) {
      await proveAgain({ ...matrix, devices }, call)
      for (const id of new Set(call.body.devices)) await devices.close(call.user, id)
      return {}
    },
  }),
]

const unknownDevice = () => notFound('There is no such device')
/** With null where nothing is known: matrix-nio refuses a list whose devices lack a field. Addresses are not kept. */
const described = ({ id, name, usedAt }: Device): object => ({
  device_id: id,
  display_name: name,
  last_seen_ip: null,
  last_seen_ts: usedAt,
})
