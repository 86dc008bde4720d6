/**
 * Counters and gauges as plain numbers: counting costs one addition. They are declared beside the code
 * that counts. `admin/` renders the registry in the Prometheus text format on request.
 */

export class Counter {
  value = 0
  readonly name: string
  readonly help: string
  constructor(name: string, help: string) {
    this.name = name
    this.help = help
  }
  add(n: number): void {
    this.value += n
  }
}

export interface Gauge {
  readonly name: string
  readonly help: string
  /** Reads the current value from the thing that is measured. */
  readonly read: () => number
}

export class Metrics {
  readonly counters: Counter[] = []
  readonly gauges: Gauge[] = []

  /** A number that only grows, such as `porchlight_presences_delivered_total`. */
  counter(name: string, help: string): Counter {
    const counter = new Counter(name, help)
    this.counters.push(counter)
    return counter
  }
  /** A number that goes up and down, such as `porchlight_sessions`. */
  gauge(name: string, help: string, read: () => number): void {
    this.gauges.push({ name, help, read })
  }
}
