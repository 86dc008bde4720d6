/**
 * How often devices may change what they say of themselves by requests for updates. One change too many is not lost: it is made when
 * the pace allows it, and of several the last one. That a device is alive does not depend on it.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { declareBySync, isNews } from './machine.ts'
import type { User, Users } from './users.ts'

export type Wanted = 'online' | 'unavailable'

export interface DeclaringParts {
  readonly clock: Clock
  readonly users: Users
  /** Takes one change of the user, or says how long to wait. */
  readonly pace: (user: User) => Millis
}

export class Declaring {
  readonly #parts: DeclaringParts
  /** By user and device: what is to be said when that is allowed. */
  readonly #waiting = new Map<User, Map<string, Wanted>>()

  constructor(parts: DeclaringParts) {
    this.#parts = parts
  }
  /** A request of the device says this. @param isExplicit see `declareBySync` */
  say(user: User, id: string, wanted: Wanted, isExplicit: boolean): void {
    const { clock, users, pace } = this.#parts
    const now = clock.now()
    const wait = isNews(users.rules, user.presence, id, wanted, now) ? pace(user) : 0
    if (wait > 0) return this.#later(user, id, wanted, wait)
    this.forget(user, id)
    declareBySync(users.rules, user.presence, id, wanted, isExplicit, now)
  }
  /** The device has said something else, or is gone. */
  forget(user: User, id: string): void {
    this.#waiting.get(user)?.delete(id)
  }

  #later(user: User, id: string, wanted: Wanted, wait: Millis): void {
    const waiting = this.#waiting.get(user)
    if (waiting !== undefined) return void waiting.set(id, wanted)
    this.#waiting.set(user, new Map([[id, wanted]]))
    this.#again(user, wait)
  }
  #again(user: User, wait: Millis): void {
    this.#parts.clock.after(wait, () => this.#due(user))
  }
  #due(user: User): void {
    const { users, pace } = this.#parts
    const waiting = this.#waiting.get(user)!
    for (const [id, wanted] of waiting) {
      if (users.get(user.jid.bare) !== user || !user.presence.devices.has(id)) {
        waiting.delete(id)
        continue
      }
      const wait = pace(user)
      if (wait > 0) return this.#again(user, wait)
      waiting.delete(id)
      users.change(user, (state, now) => declareBySync(users.rules, state, id, wanted, true, now))
    }
    this.#waiting.delete(user)
  }
}
