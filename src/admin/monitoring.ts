/** HTTP for monitoring: GET /health and GET /metrics, and nothing else. */
import { HttpRefusal, HttpRoutes, type HandleRequest, type HttpExchange } from '../base/http.ts'
import type { Metrics } from '../base/metrics.ts'
import { meansUs } from '../net/http-host.ts'
import { metricsText, type MetricsText } from './metrics-text.ts'

/** `status` is "ok" with code 200; any other status has code 503. */
export interface Health {
  readonly status: 'ok' | 'stopping' | 'database-unavailable' | 'standby'
  readonly [more: string]: unknown
}

export interface MonitoringOptions {
  readonly metrics: Metrics
  readonly health: () => Promise<Health>
  /** Names of this server in addition to its addresses, in lower case. */
  readonly names: readonly string[]
}

export function monitoringRoutes({ metrics, health, names }: MonitoringOptions): HttpRoutes {
  const routes = new HttpRoutes()
  let text: Promise<MetricsText> | null = null
  const guard = (exchange: HttpExchange): void => {
    if (!meansUs(exchange.header('host'), names)) throw new HttpRefusal(421, WRONG_HOST)
    exchange.allow('GET', 'HEAD')
  }
  routes.at('/health', async (exchange) => {
    guard(exchange)
    const state = await health()
    send(exchange, state.status === 'ok' ? 200 : 503, 'application/json', `${JSON.stringify(state)}\n`)
  })
  routes.at('/metrics', async (exchange) => {
    guard(exchange)
    const { contentType, read } = await (text ??= metricsText(metrics))
    send(exchange, 200, contentType, await read())
  })
  return routes
}

const WRONG_HOST = 'Use an address or a name of this server: one of its domains, or one of monitoring-hosts in section [admin]'

function send(exchange: HttpExchange, status: number, type: string, body: string): ReturnType<HandleRequest> {
  exchange.reply(status, { 'content-type': type, 'cache-control': 'no-store' }, body)
}
