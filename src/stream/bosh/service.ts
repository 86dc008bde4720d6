/**
 * BOSH on the web port (XEP-0124): HTTP around it (section 5), and which session a request belongs to. A session may carry
 * text of strangers, and a page of another site may make a browser show an answer. So answers have headers that stop a
 * browser from running anything in them.
 */
import type { Clock } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { HttpRefusal, type HttpExchange, type HttpHeaders, type HttpRoutes } from '../../base/http.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { EndOfTick } from '../../base/tick.ts'
import { Admission } from '../../net/listener.ts'
import type { Origins } from '../../net/origins.ts'
import { Flusher } from '../outbox.ts'
import type { ScanLimits } from '../../xml/scanner.ts'
import { scanLimits, type ClientService } from '../client-service.ts'
import { unreadOf, type StreamsSettings } from '../settings.ts'
import { ended, legacyStatus, type Condition } from './answers.ts'
import { BoshCarrier, type Answers, type BoshOptions } from './carrier.ts'
import { BadRequest, readRequest, type BodyAttributes, type BoshRequest } from './request.ts'
import type { BoshSettings } from './settings.ts'
import { agreeOn } from './terms.ts'

/** The default path. */
export const BOSH_PATH = '/http-bind'
/** Section 7.1: unless the client wants another type. */
const CONTENT_TYPE = 'text/xml; charset=utf-8'
const CONTENT_TYPES = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?charset="?utf-8"?)?$/i
const LOCKED_UP: HttpHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
}
/** How long a browser remembers the permission, in seconds. */
const PREFLIGHT_AGE = '86400'

export interface BoshServiceOptions {
  readonly clients: Pick<ClientService, 'begin'>
  readonly bosh: BoshSettings
  readonly streams: StreamsSettings
  readonly origins: Origins
  readonly clock: Clock
  readonly entropy: Entropy
  readonly metrics: Metrics
  readonly endOfTick: EndOfTick
}

export class BoshService {
  readonly #options: BoshServiceOptions
  readonly #carriers: BoshOptions
  readonly #admission: Admission
  /** By sid. */
  readonly #sessions = new Map<string, BoshCarrier>()

  constructor(options: BoshServiceOptions) {
    const { bosh, streams, clock, endOfTick } = options
    this.#options = options
    const limits = scanLimits(streams, streams['stanza-size-before-login'])
    this.#carriers = { flusher: new Flusher(endOfTick), unread: unreadOf(streams, clock), limits, clock }
    this.#admission = new Admission(
      { perAddress: bosh['sessions-per-address'], perMinute: streams['connections-per-minute'] },
      clock,
    )
    options.metrics.gauge('porchlight_bosh_sessions', 'BOSH sessions, bound or not', () => this.#sessions.size)
  }
  install(routes: HttpRoutes): void {
    routes.at(BOSH_PATH, (exchange) => this.#answer(exchange))
    routes.announce({ rel: 'urn:xmpp:alt-connections:xbosh', scheme: 'https', path: BOSH_PATH })
  }

  /** @throws HttpRefusal */
  async #answer(exchange: HttpExchange): Promise<void> {
    const { origins, streams } = this.#options
    if (!origins.allow(exchange.header('origin'))) throw new HttpRefusal(403, 'Pages of this origin may not connect')
    exchange.allow('POST', 'OPTIONS')
    if (exchange.method === 'OPTIONS') return this.#preflight(exchange)
    if ((exchange.header('content-encoding') ?? 'identity') !== 'identity') throw new HttpRefusal(415, 'No compression')
    const octets = await exchange.body(2 * streams['stanza-size'])
    try {
      this.#take(
        readRequest(octets, (sid) => this.#limitsOf(sid)),
        exchange,
      )
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      this.#reply(exchange, 200, CONTENT_TYPE, ended('bad-request'))
    }
  }
  #limitsOf(sid: string | null): ScanLimits {
    return (sid === null ? undefined : this.#sessions.get(sid)?.limits) ?? this.#carriers.limits
  }
  #take(request: BoshRequest, exchange: HttpExchange): void {
    const { sid } = request.attributes
    if (sid === undefined) return this.#create(request, exchange)
    const session = this.#sessions.get(sid)
    if (session === undefined) return this.#reply(exchange, 200, CONTENT_TYPE, ended('item-not-found'))
    // 19.1: a session that began with encryption is not continued without it.
    if (session.encrypted && !exchange.peer.encrypted) return exchange.cut()
    session.receive(request, exchange)
  }
  #create(request: BoshRequest, exchange: HttpExchange): void {
    const { clients, bosh, entropy } = this.#options
    if (request.fault !== null) throw new BadRequest('A session begins with a request that is well-formed') // 17.2
    const sid = token(entropy)
    const agreement = agreeOn(request, sid, bosh)
    const { address } = exchange.peer
    if (!this.#admission.enter(address)) return this.#reply(exchange, 200, CONTENT_TYPE, ended('policy-violation'))
    const answers = this.#answersFor(request.attributes, () => {
      this.#sessions.delete(sid)
      this.#admission.left(address)
    })
    clients.begin((handler) => {
      const carrier = new BoshCarrier(request, exchange, handler, answers, agreement, this.#carriers)
      this.#sessions.set(sid, carrier)
      return carrier
    })
    this.#sessions.get(sid)!.start()
  }
  #answersFor({ content = CONTENT_TYPE, ver }: BodyAttributes, over: () => void): Answers {
    const type = CONTENT_TYPES.test(content) ? content : CONTENT_TYPE
    const refuse = (exchange: HttpExchange, condition: Condition): void => {
      const status = ver === undefined ? legacyStatus[condition] : undefined
      if (status === undefined) this.#reply(exchange, 200, type, ended(condition))
      else this.#reply(exchange, status, type, '')
    }
    return { refuse, over, answer: (exchange, body) => this.#reply(exchange, 200, type, body) }
  }

  #preflight(exchange: HttpExchange): void {
    const headers = {
      ...this.#options.origins.headersFor(exchange.header('origin')),
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': PREFLIGHT_AGE,
    }
    exchange.reply(204, headers, '')
  }
  /** @param body one character per octet, as text for clients is kept */
  #reply(exchange: HttpExchange, status: number, type: string, body: string): void {
    const cors = this.#options.origins.headersFor(exchange.header('origin'))
    exchange.reply(status, { 'content-type': type, ...LOCKED_UP, ...cors }, Buffer.from(body, 'latin1'))
  }
}
