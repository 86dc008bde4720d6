/**
 * What has changed since yesterday: what has happened within a day, and numbers as they were a day ago. In memory: of a server that was
 * started later it says since when it knows.
 */
import { every, type Clock, type Millis, type Timer } from '../../base/clock.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { Host } from '../../server/feature.ts'

const DAY_MS: Millis = 86_400_000
const SAMPLE_MS: Millis = 600_000
/** The newest are kept, and the number of those that were left out. */
const EVENTS_MAX = 200
/** Numbers that go up and down. */
const LEVELS = [
  'porchlight_accounts_online',
  'porchlight_sessions',
  'porchlight_rooms',
  'porchlight_files',
  'porchlight_files_octets',
]
/** Numbers that only grow: shown as their growth. */
const GROWTHS = [
  'porchlight_logins_total',
  'porchlight_login_failures_total',
  'porchlight_stanzas_delivered_total',
  'porchlight_uploads_total',
]

export type ChangeKind = 'started' | 'account-created' | 'account-deleted' | 'link-down' | 'link-up'
export interface ChangeEvent {
  readonly at: Millis
  readonly kind: ChangeKind
  /** The account, or the other domain; '' for the server itself. */
  readonly about: string
}
export interface NumberChange {
  readonly name: string
  readonly help: string
  /** Of a number that only grows, 0. */
  readonly before: number
  /** Of a number that only grows, by how much. */
  readonly now: number
  readonly grows: boolean
}
export interface ChangesReport {
  readonly since: Millis
  readonly numbers: readonly NumberChange[]
  /** The newest first. */
  readonly events: readonly ChangeEvent[]
  /** Older events of the day that are no longer known one by one. */
  readonly leftOut: number
}

interface Track {
  readonly name: string
  readonly help: string
  readonly grows: boolean
  readonly read: () => number
}
interface Sample {
  readonly at: Millis
  readonly values: readonly number[]
}

export class Changes {
  readonly #clock: Clock
  readonly #tracks: readonly Track[]
  readonly #samples: Sample[] = []
  readonly #events: ChangeEvent[] = []
  readonly #timer: Timer
  /** When the last event was left out that was too much. */
  #leftOut = 0

  constructor(clock: Clock, metrics: Metrics, facts: Pick<Host, 'on'>) {
    this.#clock = clock
    this.#tracks = [
      ...metrics.gauges.filter(({ name }) => LEVELS.includes(name)).map((gauge) => ({ ...gauge, grows: false })),
      ...metrics.counters
        .filter(({ name }) => GROWTHS.includes(name))
        .map((counter) => ({ name: counter.name, help: counter.help, grows: true, read: () => counter.value })),
    ]
    this.#note('started', '')
    this.#sample()
    this.#timer = every(clock, SAMPLE_MS, () => this.#sample())
    for (const kind of ['account-created', 'account-deleted'] as const) facts.on(kind, ({ jid }) => this.#note(kind, jid.bare))
    for (const kind of ['link-down', 'link-up'] as const) facts.on(kind, ({ remote }) => this.#note(kind, remote))
  }
  report(): ChangesReport {
    const from = this.#clock.now() - DAY_MS
    this.#forget()
    const { at, values } = this.#samples.find((sample) => sample.at >= from) ?? this.#samples.at(-1)!
    const numbers = this.#tracks.map(({ name, help, grows, read }, i) => {
      const before = values[i] ?? 0
      return { name, help, grows, before: grows ? 0 : before, now: grows ? read() - before : read() }
    })
    return { since: at, numbers, events: this.#events.toReversed(), leftOut: this.#leftOut }
  }
  close(): void {
    this.#timer.cancel()
  }

  #note(kind: ChangeKind, about: string): void {
    this.#events.push({ at: this.#clock.now(), kind, about })
    if (this.#events.length <= EVENTS_MAX) return
    this.#events.shift()
    this.#leftOut += 1
  }
  #sample(): void {
    this.#samples.push({ at: this.#clock.now(), values: this.#tracks.map(({ read }) => read()) })
    this.#forget()
  }
  #forget(): void {
    const from = this.#clock.now() - DAY_MS
    while (this.#samples.length > 1 && this.#samples[0]!.at < from) this.#samples.shift()
    while (this.#events.length > 0 && this.#events[0]!.at < from) this.#events.shift()
    if (this.#events.length < EVENTS_MAX) this.#leftOut = 0
  }
}
