/** MAM-23: archives lose what is too old or too many, a few archives at a time. What is left is prepared for queries on this occasion. */
import { BoundedMap } from '../../base/bounded-map.ts'
import { every, type Clock, type Millis, type Timer } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { AccountArchive } from '../../server/account-archive.ts'

const EVERY_MS: Millis = 60_000
/** Archives that are looked at each time. */
const AT_ONCE = 100
/** An archive does not wait for its turn when this part of what it may hold has come since. */
const SOON = 1 / 20
/** The most archives of which it is remembered how much has come. */
const REMEMBERED_MAX = 10_000

export interface ShorteningParts {
  readonly archive: AccountArchive
  readonly clock: Clock
  readonly log: Log
  readonly keptMs: Millis
  readonly messagesMax: number
  readonly octetsMax: number
  /** Nothing of the archive of `owner` is left up to this position. */
  readonly shortened: (owner: string, edge: number) => Promise<void>
}

export class Shortening {
  readonly #parts: ShorteningParts
  #last = ''
  #isAtWork = false
  /** What has come since an archive was last looked at. */
  readonly #grown = new BoundedMap<string, { messages: number; octets: number }>(REMEMBERED_MAX)
  readonly #soon = new Set<string>()
  #timer: Timer | null = null

  constructor(parts: ShorteningParts) {
    this.#parts = parts
  }
  start(): void {
    this.#timer = every(this.#parts.clock, EVERY_MS, () => void this.shortenSome())
  }
  stop(): void {
    this.#timer?.cancel()
  }
  /** A message has been added to the archive of `owner`. */
  grew(owner: string, octets: number): void {
    const grown = this.#grown.get(owner) ?? { messages: 0, octets: 0 }
    if (grown.messages === 0) this.#grown.set(owner, grown)
    grown.messages += 1
    grown.octets += octets
    const { messagesMax, octetsMax } = this.#parts
    if (grown.octets > octetsMax * SOON || grown.messages > messagesMax * SOON) this.#soon.add(owner)
  }
  /** Does nothing while an earlier call is at work. */
  async shortenSome(): Promise<void> {
    if (this.#isAtWork) return
    this.#isAtWork = true
    const { archive, log } = this.#parts
    try {
      for (const owner of [...this.#soon]) await this.#shorten(owner)
      const owners = await archive.owners(this.#last, AT_ONCE)
      this.#last = owners.length < AT_ONCE ? '' : owners.at(-1)!
      for (const owner of owners) if (owner.includes('@')) await this.#shorten(owner)
    } catch (error) {
      log.error({ err: error }, 'Archives could not be shortened; the next attempt follows in a minute')
    } finally {
      this.#isAtWork = false
    }
  }
  async #shorten(owner: string): Promise<void> {
    const { archive, clock, keptMs, messagesMax, octetsMax, shortened } = this.#parts
    this.#grown.delete(owner)
    this.#soon.delete(owner)
    await shortened(owner, await archive.shorten(owner, { before: clock.now() - keptMs, messagesMax, octetsMax }))
    await archive.prepare(owner)
  }
}
