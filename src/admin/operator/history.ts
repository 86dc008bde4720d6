/** The state of the server during the last hour: a sample of its metrics every ten seconds, in a ring. */
import { every, type Clock, type Millis, type Timer } from '../../base/clock.ts'
import type { Metrics } from '../../base/metrics.ts'

const INTERVAL_MS: Millis = 10_000
const SAMPLES = 360
/** Numbers that only grow: shown as their growth per second. */
const RATES = ['porchlight_presences_delivered_total', 'porchlight_stanzas_received_total', 'porchlight_stanzas_delivered_total']
/** Numbers that go up and down: shown as they were. */
const LEVELS = ['porchlight_sessions', 'porchlight_sessions_paused', 'porchlight_accounts_online']

export interface Series {
  readonly name: string
  readonly help: string
  readonly perSecond: boolean
  /** The oldest first, one for each interval. */
  readonly values: readonly number[]
}
export interface HistoryReport {
  readonly endsAt: Millis
  readonly intervalMs: Millis
  readonly series: readonly Series[]
}

interface Track {
  readonly name: string
  readonly help: string
  readonly perSecond: boolean
  readonly read: () => number
  last: number
  readonly values: number[]
}

export class History {
  readonly #clock: Clock
  readonly #tracks: readonly Track[]
  #endsAt: Millis
  readonly #timer: Timer

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock
    const track = (name: string, help: string, perSecond: boolean, read: () => number): Track => ({
      name,
      help,
      perSecond,
      read,
      last: read(),
      values: [],
    })
    this.#tracks = [
      ...metrics.gauges.filter((g) => LEVELS.includes(g.name)).map((g) => track(g.name, g.help, false, g.read)),
      ...metrics.counters.filter((c) => RATES.includes(c.name)).map((c) => track(c.name, c.help, true, () => c.value)),
    ]
    this.#endsAt = clock.now()
    this.#timer = every(clock, INTERVAL_MS, () => this.#sample())
  }
  report(): HistoryReport {
    const series = this.#tracks.map(({ name, help, perSecond, values }) => ({ name, help, perSecond, values: [...values] }))
    return { endsAt: this.#endsAt, intervalMs: INTERVAL_MS, series }
  }
  close(): void {
    this.#timer.cancel()
  }

  #sample(): void {
    this.#endsAt = this.#clock.now()
    for (const track of this.#tracks) {
      const value = track.read()
      track.values.push(track.perSecond ? ((value - track.last) * 1000) / INTERVAL_MS : value)
      track.last = value
      if (track.values.length > SAMPLES) track.values.shift()
    }
  }
}
