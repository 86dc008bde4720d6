/** HTTP for whoever watches over the server: GET /health and GET /metrics, and nothing else. */
import { HttpRoutes, type HandleRequest, type HttpExchange } from '../base/http.ts'
import type { Metrics } from '../base/metrics.ts'
import { metricsText, type MetricsText } from './metrics-text.ts'

/** `status` is "ok" with code 200; anything else comes with 503. */
export interface Health {
  readonly status: 'ok' | 'stopping' | 'database-unavailable'
  readonly [more: string]: unknown
}

export interface MonitoringOptions {
  readonly metrics: Metrics
  readonly health: () => Promise<Health>
}

export function monitoringRoutes({ metrics, health }: MonitoringOptions): HttpRoutes {
  const routes = new HttpRoutes()
  let text: Promise<MetricsText> | null = null
  routes.at('/health', async (exchange) => {
    exchange.allow('GET', 'HEAD')
    const state = await health()
    send(exchange, state.status === 'ok' ? 200 : 503, 'application/json', `${JSON.stringify(state)}\n`)
  })
  routes.at('/metrics', async (exchange) => {
    exchange.allow('GET', 'HEAD')
    const { contentType, read } = await (text ??= metricsText(metrics))
    send(exchange, 200, contentType, await read())
  })
  return routes
}

function send(exchange: HttpExchange, status: number, type: string, body: string): ReturnType<HandleRequest> {
  exchange.reply(status, { 'content-type': type, 'cache-control': 'no-store' }, Buffer.from(body))
}
