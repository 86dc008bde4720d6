/** Login with the password of the account: the same account as in XMPP. */
import * as v from 'valibot'
import type { HttpExchange } from '../../base/http.ts'
import type { Entropy } from '../../base/entropy.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { forbidden, invalidParam, missingParam, MatrixError } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { accountNamed, isForeign, userIdOf } from '../ids/user-id.ts'
import type { Matrix } from '../matrix.ts'
import type { Login } from './devices.ts'
import { checkPassword } from './passwords.ts'

const BY_PASSWORD = 'm.login.password'
/** As other servers make them: ten capital letters. */
const DEVICE_LETTERS = 10
const DEVICE_OCTETS_MAX = 255
const NAME_OCTETS_MAX = 256

/** What a client may say of its device when it gets a token. */
export const deviceEntries = {
  device_id: v.nullish(v.string()),
  initial_device_display_name: v.nullish(v.string()),
} as const
const loginSchema = v.object({
  type: v.string(),
  identifier: v.optional(v.object({ type: v.string(), user: v.optional(v.string()) })),
  user: v.optional(v.string()),
  password: v.optional(v.string()),
  ...deviceEntries,
})
type Wanted = v.InferOutput<typeof loginSchema>

export const loginRoutes = (matrix: Matrix): readonly Route[] => [
  route({
    method: 'GET',
    path: '/login',
    access: 'anyone',
    handle: () => ({ flows: [{ type: BY_PASSWORD }] }),
  }),
  route({
    method: 'POST',
    path: '/login',
    access: 'anyone',
    pace: 'login',
    body: loginSchema,
    handle: ({ exchange, domain, body }) => logIn(matrix, exchange, domain, body),
  }),
]

async function logIn(matrix: Matrix, exchange: HttpExchange, domain: string, wanted: Wanted): Promise<object> {
  if (wanted.type !== BY_PASSWORD) throw new MatrixError(400, 'M_UNKNOWN', `Only ${BY_PASSWORD}`)
  if (wanted.password === undefined) throw missingParam('The password is missing')
  const device = deviceIn(wanted, matrix.host.entropy)
  const account = accountNamed(nameIn(wanted), domain, matrix.ids)
  const { jid, credentials } = await checkPassword(matrix, exchange, account, wanted.password)
  return answerTo(matrix, { user: jid, ...device, credentials })
}

/** Opens the device. @returns what its client needs to know */
export async function answerTo(matrix: Matrix, login: Login): Promise<object> {
  const { user, device } = login
  const user_id = checkedId(matrix, user)
  const access_token = await matrix.devices.open(login)
  return { user_id, access_token, device_id: device, home_server: user.domain }
}

/** The id of an account of this server. @throws MatrixError M_INVALID_USERNAME it has none of its own */
export function checkedId(matrix: Pick<Matrix, 'ids'>, user: Jid): string {
  const id = userIdOf(user, matrix.ids)
  if (isForeign(id)) throw new MatrixError(400, 'M_INVALID_USERNAME', 'The name of this account is too long for Matrix')
  return id
}

/** @throws MatrixError M_MISSING_PARAM, M_FORBIDDEN */
function nameIn({ identifier, user }: Wanted): string {
  if (identifier !== undefined && identifier.type !== 'm.id.user')
    throw forbidden('Only user names can log in, not addresses of other kinds')
  const name = identifier?.user ?? user
  if (name === undefined) throw missingParam('The user name is missing')
  return name
}

/** The device that a client names, or a new one. @throws MatrixError M_INVALID_PARAM */
export function deviceIn(
  { device_id, initial_device_display_name: name }: Pick<Wanted, keyof typeof deviceEntries>,
  entropy: Entropy,
): Pick<Login, 'device' | 'name'> {
  return { device: device_id == null ? newDevice(entropy) : checkDevice(device_id), name: name == null ? null : checkName(name) }
}
function newDevice(entropy: Entropy): string {
  return String.fromCharCode(...entropy.bytes(DEVICE_LETTERS).map((octet) => 65 + (octet % 26)))
}
function checkDevice(id: string): string {
  if (id === '' || Buffer.byteLength(id) > DEVICE_OCTETS_MAX || /\p{Cc}/u.test(id))
    throw invalidParam(`The id of a device has from 1 to ${DEVICE_OCTETS_MAX} octets, and no control characters`)
  return id
}
/** @throws MatrixError M_INVALID_PARAM */
export function checkName(name: string): string {
  if (Buffer.byteLength(name) > NAME_OCTETS_MAX) throw invalidParam(`The name of a device has at most ${NAME_OCTETS_MAX} octets`)
  return name
}

/** The id of an account of this server. */
export const idOf = ({ ids }: Pick<Matrix, 'ids'>, user: Jid): string => userIdOf(user, ids)
