/** The metrics of `base/metrics.ts` and those of the runtime, in Prometheus' text format. */
import type { Metrics } from '../base/metrics.ts'

export interface MetricsText {
  readonly contentType: string
  /** The current values. */
  read(): Promise<string>
}

export async function metricsText(metrics: Metrics): Promise<MetricsText> {
  // The library needs nine megabytes, so it is loaded only when it is needed.
  const { Counter, Gauge, Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const { name, help, read } of metrics.gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  for (const counter of metrics.counters) {
    new Counter({
      name: counter.name,
      help: counter.help,
      registers,
      collect() {
        this.reset()
        this.inc(counter.value)
      },
    })
  }
  return { contentType: registry.contentType, read: () => registry.metrics() }
}
