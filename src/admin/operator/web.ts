/**
 * The operator's view over HTTP: POST /admin/login exchanges a ticket for a cookie, POST /admin/order accepts the same
 * orders as the control socket, GET /admin/login returns the present login, POST /admin/logout ends it. The cookie is valid
 * only for this path and this site. Every order repeats a secret of the login in a header (CSRF).
 */
import * as v from 'valibot'
import { HttpRefusal, type HttpExchange, type HttpRoutes } from '../../base/http.ts'
import { CommandError, runCommand, type Commands } from '../command.ts'
import type { Login, Logins } from './logins.ts'
import { mayOrder } from './permissions.ts'

const COOKIE = 'porchlight-operator'
const BODY_MAX = 16_384
const JSON_ONLY = { 'content-type': 'application/json', 'cache-control': 'no-store' }

const loginSchema = v.strictObject({ ticket: v.string() })
const orderSchema = v.strictObject({ command: v.string(), args: v.record(v.string(), v.unknown()) })

export interface OperatorParts {
  readonly logins: Logins
  readonly commands: () => Commands
}

export function installOperator(routes: HttpRoutes, { logins, commands }: OperatorParts): void {
  routes.at('/admin/login', async (exchange) => {
    exchange.allow('GET', 'POST')
    guardChannel(exchange)
    if (exchange.method === 'GET') return tell(exchange, loginOf(exchange, logins))
    const name = logins.trade((await bodyOf(exchange, loginSchema)).ticket)
    if (name === null)
      throw new HttpRefusal(401, 'This link was used already or is too old. `porchlight admin` makes another one.')
    const secure = exchange.peer.encrypted ? '; Secure' : ''
    tell(exchange, logins.find(name)!, { 'set-cookie': `${COOKIE}=${name}; Path=/admin; HttpOnly; SameSite=Strict${secure}` })
  })
  routes.at('/admin/logout', (exchange) => {
    exchange.allow('POST')
    guardCsrf(exchange, loginOf(exchange, logins))
    logins.end(cookieOf(exchange) ?? '')
    exchange.reply(200, { ...JSON_ONLY, 'set-cookie': `${COOKIE}=; Path=/admin; HttpOnly; SameSite=Strict; Max-Age=0` }, '{}')
  })
  routes.at('/admin/order', async (exchange) => {
    exchange.allow('POST')
    const login = loginOf(exchange, logins)
    guardCsrf(exchange, login)
    const { command, args } = await bodyOf(exchange, orderSchema)
    if (!mayOrder(login.role, command)) throw new HttpRefusal(403, `A ${login.role} may not do this.`)
    exchange.reply(200, JSON_ONLY, JSON.stringify(await outcomeOf(commands(), command, args)))
  })
}

/** As on the control socket: an order that cannot be carried out gets an answer, not an HTTP error. */
async function outcomeOf(commands: Commands, command: string, args: unknown): Promise<unknown> {
  try {
    return { ok: true, result: await runCommand(commands, command, args) }
  } catch (error) {
    if (error instanceof CommandError) return { ok: false, message: error.message }
    throw error
  }
}

/** Others could read the traffic on the way, so only encrypted or local connections are accepted. */
function guardChannel({ peer }: HttpExchange): void {
  if (peer.encrypted || peer.atThisMachine) return
  throw new HttpRefusal(403, 'The operator’s view is there over https only, or at the machine itself.')
}
function guardCsrf(exchange: HttpExchange, login: Login): void {
  if (exchange.header('x-csrf-token') !== login.csrf) throw new HttpRefusal(403, 'Load the page again.')
}
function loginOf(exchange: HttpExchange, logins: Logins): Login {
  guardChannel(exchange)
  const login = logins.find(cookieOf(exchange) ?? '')
  if (login === null) throw new HttpRefusal(401, '`porchlight admin` prints a link that lets you in.')
  return login
}
function cookieOf(exchange: HttpExchange): string | undefined {
  for (const pair of (exchange.header('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === COOKIE) return value
  }
  return undefined
}
async function bodyOf<S extends v.GenericSchema>(exchange: HttpExchange, schema: S): Promise<v.InferOutput<S>> {
  if (exchange.header('content-type') !== 'application/json') throw new HttpRefusal(415, 'JSON is expected')
  const octets = await exchange.body(BODY_MAX)
  try {
    return v.parse(schema, JSON.parse(octets.toString('utf8')))
  } catch {
    throw new HttpRefusal(400, 'This is not what the page sends.')
  }
}
function tell(exchange: HttpExchange, { role, csrf }: Login, more: Readonly<Record<string, string>> = {}): void {
  exchange.reply(200, { ...JSON_ONLY, ...more }, JSON.stringify({ role, csrf }))
}
