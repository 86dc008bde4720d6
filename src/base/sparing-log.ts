/**
 * A log for events that strangers can cause as often as they like. Each message is written a limited number of times per
 * minute. The line after a gap says how many lines were left out (`leftOut`). Errors are always written.
 */
import { Bucket } from './bucket.ts'
import type { Clock } from './clock.ts'
import type { Fields, Log } from './log.ts'

/** Lines of one message: at once, and per minute. */
const LINES = 20

interface Measure {
  readonly bucket: Bucket
  leftOut: number
}

export class SparingLog implements Log {
  readonly #log: Log
  readonly #clock: Clock
  /** By message. Messages are constants of the code, so the map stays small. */
  readonly #measures = new Map<string, Measure>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }
  debug(fields: Fields, message: string): void {
    this.#log.debug(fields, message)
  }
  info(fields: Fields, message: string): void {
    this.#sparingly(fields, message, (all) => this.#log.info(all, message))
  }
  warn(fields: Fields, message: string): void {
    this.#sparingly(fields, message, (all) => this.#log.warn(all, message))
  }
  error(fields: Fields, message: string): void {
    this.#log.error(fields, message)
  }

  #sparingly(fields: Fields, message: string, write: (fields: Fields) => void): void {
    const now = this.#clock.now()
    let measure = this.#measures.get(message)
    if (measure === undefined) this.#measures.set(message, (measure = { bucket: new Bucket(LINES, LINES / 60, now), leftOut: 0 }))
    if (measure.bucket.tryTake(1, now) > 0) return void (measure.leftOut += 1)
    const { leftOut } = measure
    measure.leftOut = 0
    write(leftOut === 0 ? fields : { ...fields, leftOut })
  }
}
