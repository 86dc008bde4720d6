/**
 * The Matrix API over HTTP: finds the route of a request, checks its token, its pace and its body, and writes the answer as JSON.
 * Pages of any origin may use it, because nothing that a browser adds by itself gives access.
 */
import * as v from 'valibot'
import { HttpRefusal, type HttpExchange, type HttpHeaders, type HttpRoutes } from '../../base/http.ts'
import type { Log } from '../../base/log.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { domainIn } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Devices, Holder } from '../accounts/devices.ts'
import { SENT, type DeviceCall } from './call.ts'
import { badJson, failure, forbidden, MatrixError, missingToken, ofStanza, refusalOf, tooLarge } from './errors.ts'
import { readJson } from './json.ts'
import type { Paces } from './paces.ts'
import { RouteTable, type FoundRoute, type Route } from './routes.ts'
import type { Waits } from './waiting.ts'

const PREFIX = '/_matrix/'
const CORS: HttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'X-Requested-With, Content-Type, Authorization',
}
const PREFLIGHT: HttpHeaders = { ...CORS, 'access-control-max-age': '86400' }
const HEADERS: HttpHeaders = {
  ...CORS,
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}
/** The most octets of a body: of a client that has shown no token, and of others (MXR-150). */
const STRANGERS_BODY_MAX = 64 * 1024
const BODY_MAX = 1024 * 1024

export interface FaceParts {
  readonly domains: readonly string[]
  readonly devices: Devices
  readonly paces: Paces
  readonly waits: Waits
  readonly log: Log
  readonly metrics: Metrics
}

/** What a request is known to be before its handler is called. */
type Begun = Omit<DeviceCall, 'body'> & { readonly isOfDevice: boolean }

export class MatrixFace {
  readonly #parts: FaceParts
  readonly #table: RouteTable
  readonly #requests: Counter
  readonly #refused: Counter

  constructor(parts: FaceParts, all: readonly Route[]) {
    const { metrics } = parts
    this.#parts = parts
    this.#table = new RouteTable(all)
    this.#requests = metrics.counter('porchlight_matrix_requests_total', 'Requests of Matrix clients')
    this.#refused = metrics.counter('porchlight_matrix_requests_refused_total', 'Requests of Matrix clients that were refused')
  }
  install(routes: HttpRoutes): void {
    routes.under(PREFIX, (exchange) => this.#handle(exchange))
  }
  /** Answers a request for a path that is not below the prefix. */
  reply(exchange: HttpExchange, answer: (domain: string) => object): void {
    if (exchange.method === 'OPTIONS') return exchange.reply(204, PREFLIGHT, '')
    exchange.allow('GET', 'HEAD', 'OPTIONS')
    exchange.reply(200, HEADERS, JSON.stringify(answer(this.#domainOf(exchange))))
  }

  async #handle(exchange: HttpExchange): Promise<void> {
    if (exchange.method === 'OPTIONS') return exchange.reply(204, PREFLIGHT, '')
    this.#requests.add(1)
    try {
      const answer = await this.#answer(exchange)
      if (answer !== SENT) exchange.reply(200, HEADERS, JSON.stringify(answer))
    } catch (error) {
      this.#refused.add(1)
      throw refusalOf(this.#errorOf(error, exchange), HEADERS)
    }
  }
  async #answer(exchange: HttpExchange): Promise<object> {
    const found = this.#table.find(exchange.method === 'HEAD' ? 'GET' : exchange.method, exchange.path)
    // Passwords and tokens travel
    if (!exchange.peer.encrypted && !exchange.peer.atThisMachine) throw forbidden('Only over https')
    const { devices } = this.#parts
    const begun = await this.#begin(found, exchange)
    if (!begun.isOfDevice) return this.#perform(found.route, begun)
    devices.began(begun.user, begun.device)
    try {
      return await this.#perform(found.route, begun)
    } finally {
      devices.finished(begun.user, begun.device)
    }
  }
  async #perform(route: Route, begun: Begun): Promise<object> {
    const body = await bodyOf(route, begun)
    return route.handle({ ...begun, body })
  }

  async #begin({ route, params }: FoundRoute, exchange: HttpExchange): Promise<Begun> {
    const { paces, waits } = this.#parts
    const query = new URLSearchParams(exchange.query)
    const { address } = exchange.peer
    const token = route.access === 'anyone' ? null : tokenIn(exchange, query)
    if (token === null && route.access === 'device') throw missingToken()
    const holder = token === null ? null : await this.#holderOf(token, address)
    paces.take(route.pace, { address, user: holder?.user ?? null, device: holder?.device ?? null })
    const call = { exchange, params, query, domain: this.#domainOf(exchange) }
    if (holder === null) return { ...call, ...NOBODY, isOfDevice: false }
    const { user, device } = holder
    return {
      ...call,
      user,
      device,
      isOfDevice: true,
      wait: (span, listen) => waits.wait(user, device, exchange, span, listen),
    }
  }
  /** Tokens that are not known at once are not looked up for an address that has sent many wrong ones. @throws MatrixError */
  async #holderOf(token: string, address: string): Promise<Holder> {
    const { devices, paces } = this.#parts
    const source = { address, user: null, device: null }
    if (!devices.holds(token)) paces.check('bad-token', source)
    try {
      return await devices.holderOf(token)
    } catch (error) {
      if (error instanceof MatrixError && error.code === 'M_UNKNOWN_TOKEN') paces.tryTake('bad-token', source)
      throw error
    }
  }
  /** The domain of ours whose name the client has used; the first one if it has used another name. */
  #domainOf(exchange: HttpExchange): string {
    const { domains } = this.#parts
    const named = domainIn((exchange.header('host') ?? '').replace(/:\d+$/, ''))
    return domains.find((domain) => domain === named) ?? domains[0]!
  }
  #errorOf(error: unknown, { path }: HttpExchange): MatrixError {
    if (error instanceof MatrixError) return error
    if (error instanceof StanzaError) return ofStanza(error)
    if (error instanceof HttpRefusal)
      return error.status === 413 ? tooLarge(error.message) : new MatrixError(error.status, 'M_UNKNOWN', error.message)
    this.#parts.log.error({ err: error, path }, 'Unhandled error while answering a Matrix client')
    return failure(error)
  }
}

/** The part of a call that routes for anyone never see. The user is null for those that are for either. */
const NOBODY = { user: null } as unknown as Pick<DeviceCall, 'user' | 'device' | 'wait'>

/** The token in the header, or in the query as older clients send it; null: there is none. */
function tokenIn(exchange: HttpExchange, query: URLSearchParams): string | null {
  const given = exchange.header('authorization')
  return given === undefined ? query.get('access_token') : (/^Bearer +(\S+)$/i.exec(given)?.[1] ?? null)
}

/** @throws MatrixError M_TOO_LARGE, M_NOT_JSON, M_BAD_JSON */
async function bodyOf({ method, body: schema, fractions, isRaw }: Route, { exchange, isOfDevice }: Begun): Promise<unknown> {
  if (method === 'GET' || isRaw) return {}
  const octets = await exchange.body(isOfDevice ? BODY_MAX : STRANGERS_BODY_MAX)
  if (schema === null) return {}
  const value = readJson(octets, fractions)
  const read = v.safeParse(schema, value)
  if (!read.success) throw badJson(wordsFor(read.issues[0]))
  return read.output
}

/** What is wrong, for the author of the client. */
function wordsFor(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue)
  if (place !== null) return `${place}: ${issue.message}`
  return issue.kind === 'schema' ? 'The body must be a JSON object' : issue.message
}
