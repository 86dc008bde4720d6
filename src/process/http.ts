/**
 * The ports that speak HTTP. They are made when the first of them is opened: a server without any needs no memory for
 * the runtime's HTTP. One web port serves browsers and all other web clients; monitoring has a port of its own.
 */
import { monitoringRoutes, type MonitoringOptions } from '../admin/monitoring.ts'
import type { Clock, Millis } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { HttpRoutes } from '../base/http.ts'
import type { EndOfTick } from '../base/tick.ts'
import { TrustedProxies } from '../net/http-peer.ts'
import { HttpPort } from '../net/http-port.ts'
import { Admission } from '../net/listener.ts'
import { Origins } from '../net/origins.ts'
import type { WebSettings } from '../net/settings.ts'
import type { Host } from '../server/feature.ts'
import { BoshService } from '../stream/bosh/service.ts'
import type { BoshSettings } from '../stream/bosh/settings.ts'
import type { ClientService } from '../stream/client-service.ts'
import type { StreamsSettings } from '../stream/settings.ts'
import type { Uploads } from '../xep/0363-http-upload/index.ts'
import { WebSocketService } from '../stream/websocket-service.ts'

export interface WebParts {
  readonly host: Pick<Host, 'http' | 'clock' | 'log' | 'entropy' | 'metrics'>
  readonly clients: ClientService
  readonly admission: Admission
  readonly web: WebSettings
  readonly bosh: BoshSettings
  readonly streams: StreamsSettings
  readonly endOfTick: EndOfTick
}

/** @param uploads null if they are not on this port */
export function webPort(
  { host, clients, admission, web, bosh, streams, endOfTick }: WebParts,
  uploads: Uploads | null = null,
): HttpPort {
  const { http: routes, clock, log, entropy, metrics } = host
  const origins = new Origins(web['origins'])
  const seeOtherUri = web['see-other-uri'] === '' ? null : web['see-other-uri']
  new WebSocketService({ clients, streams, origins, admission, seeOtherUri, clock, endOfTick }).install(routes)
  new BoshService({ clients, bosh, streams, origins, clock, entropy, metrics, endOfTick }).install(routes)
  uploads?.install(routes)
  const proxies = new TrustedProxies(web['trusted-proxies'])
  return new HttpPort({ routes, proxies, admission, requestMs: web['request-timeout'], clock, log })
}

/** The port for files alone. */
export function filesPort({ host: { clock, log }, admission, web }: FilesParts, uploads: Uploads): HttpPort {
  const routes = new HttpRoutes()
  uploads.install(routes)
  const proxies = new TrustedProxies(web['trusted-proxies'])
  return new HttpPort({ routes, proxies, admission, requestMs: web['request-timeout'], clock, log })
}
type FilesParts = Pick<WebParts, 'host' | 'admission' | 'web'>

/** Connections of one address to the monitoring port. */
const WATCHERS_MAX = 64
const REQUEST_MS: Millis = 10_000

export function monitoringPort(options: MonitoringOptions, clock: Clock, log: Log): HttpPort {
  const admission = new Admission({ perAddress: WATCHERS_MAX, perMinute: 0 }, clock)
  const proxies = new TrustedProxies([])
  return new HttpPort({ routes: monitoringRoutes(options), proxies, admission, requestMs: REQUEST_MS, clock, log })
}
