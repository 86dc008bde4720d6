/** Recent troubles: the log's warnings and errors; equal ones are counted together. Contents of stanzas are never included. */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Fields, Log } from '../../base/log.ts'

export interface Trouble {
  readonly message: string
  readonly level: 'warn' | 'error'
  readonly count: number
  readonly firstAt: Millis
  readonly lastAt: Millis
  /** The fields of the last one. */
  readonly fields: Readonly<Record<string, string>>
}

/** The most different messages. They are constants of the code, so this is far more than exist. */
const MESSAGES_MAX = 200
const FIELD_MAX = 200

/** A log that also remembers. */
export class Troubles implements Log {
  readonly #log: Log
  readonly #clock: Clock
  readonly #known = new Map<string, Trouble>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }
  debug(fields: Fields, message: string): void {
    this.#log.debug(fields, message)
  }
  info(fields: Fields, message: string): void {
    this.#log.info(fields, message)
  }
  warn(fields: Fields, message: string): void {
    this.#log.warn(fields, message)
    this.#note('warn', fields, message)
  }
  error(fields: Fields, message: string): void {
    this.#log.error(fields, message)
    this.#note('error', fields, message)
  }
  /** The troubles, the newest first. */
  report(): readonly Trouble[] {
    return [...this.#known.values()].sort((a, b) => b.lastAt - a.lastAt)
  }

  #note(level: Trouble['level'], fields: Fields, message: string): void {
    const now = this.#clock.now()
    const before = this.#known.get(message)
    if (before === undefined && this.#known.size >= MESSAGES_MAX) return
    const short = Object.entries(fields).map(([name, value]) => [name, plain(value).slice(0, FIELD_MAX)] as const)
    this.#known.set(message, {
      message,
      level,
      count: (before?.count ?? 0) + 1,
      firstAt: before?.firstAt ?? now,
      lastAt: now,
      fields: Object.fromEntries(short),
    })
  }
}

function plain(value: unknown): string {
  if (value instanceof Error) return value.message
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
