/**
 * The users whose presence is followed: those who use Matrix devices, and those whom Matrix users may see. Everything that
 * happens to one of them passes `change`, which settles what follows from it; one timer for each user settles what time brings.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { newUser, settle, type DeviceNews, type PresenceRules, type Published, type UserPresence } from './machine.ts'

export interface User {
  /** Bare. */
  readonly jid: Jid
  readonly presence: UserPresence
  /** Null if nothing is to come. */
  timer: Timer | null
  timerAt: Millis
}

export interface UsersParts {
  readonly clock: Clock
  readonly rules: PresenceRules
}
/** What follows from a change. */
export interface UsersOut {
  /** Other users are to be told. */
  published(user: User, row: Published): void
  /** XMPP contacts are to be told of a device. */
  device(user: User, news: DeviceNews): void
}

export class Users {
  readonly rules: PresenceRules
  readonly #clock: Clock
  readonly #out: UsersOut
  readonly #all = new Map<string, User>()

  constructor({ clock, rules }: UsersParts, out: UsersOut) {
    this.#clock = clock
    this.rules = rules
    this.#out = out
  }
  get size(): number {
    return this.#all.size
  }
  all(): Iterable<User> {
    return this.#all.values()
  }
  /** Undefined if the user is not followed. */
  get(bare: string): User | undefined {
    return this.#all.get(bare)
  }
  /** From now on the user is followed. @param published what was last told of the user */
  add(jid: Jid, published: Published, userText: string): User {
    const presence = Object.assign(newUser(), { published, userText, lastActive: published.lastActive })
    const user: User = { jid, presence, timer: null, timerAt: 0 }
    this.#all.set(jid.bare, user)
    return user
  }
  drop(user: User): void {
    user.timer?.cancel()
    user.timer = null
    if (this.#all.get(user.jid.bare) === user) this.#all.delete(user.jid.bare)
  }
  /** Something has happened; what follows from it is told. */
  change(user: User, happens: (presence: UserPresence, now: Millis) => void): void {
    happens(user.presence, this.#clock.now())
    this.settle(user)
  }
  settle(user: User): void {
    const now = this.#clock.now()
    const { published, devices, wakeAt } = settle(this.rules, user.presence, now)
    for (const news of devices) this.#out.device(user, news)
    if (published !== null) this.#out.published(user, published)
    if (wakeAt !== null) this.#wakeAt(user, wakeAt, now)
  }

  /** A timer that fires earlier stays: it finds nothing, and the next one is set. So a request costs no timer. */
  #wakeAt(user: User, at: Millis, now: Millis): void {
    if (user.timer !== null && user.timerAt <= at) return
    user.timer?.cancel()
    user.timerAt = at
    user.timer = this.#clock.after(at - now, () => {
      user.timer = null
      if (this.#all.get(user.jid.bare) === user) this.settle(user)
    })
  }
}
