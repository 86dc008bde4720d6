/**
 * A user who takes another name takes it in all their rooms, and each of them tells everybody there. So the pace is limited: a name
 * too many is taken when the pace allows it, and of several the last one.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'

export interface RenamingParts {
  readonly clock: Clock
  /** Takes one change of name of the user, or says how long to wait. */
  readonly pace: (user: Jid) => Millis
  /** Takes the name that the user has now in all their rooms. */
  readonly take: (user: Jid) => Promise<void>
  readonly failed: (error: unknown) => void
}

export class Renaming {
  readonly #parts: RenamingParts
  /** By bare JID: those who wait, or whose rooms are being told. True: again after that. */
  readonly #underWay = new Map<string, boolean>()

  constructor(parts: RenamingParts) {
    this.#parts = parts
  }
  renamed(user: Jid): void {
    if (this.#underWay.has(user.bare)) return void this.#underWay.set(user.bare, true)
    this.#begin(user)
  }
  #begin(user: Jid): void {
    const { clock, pace } = this.#parts
    this.#underWay.set(user.bare, false)
    const wait = pace(user)
    if (wait > 0) clock.after(wait, () => this.#begin(user))
    else void this.#take(user)
  }
  async #take(user: Jid): Promise<void> {
    const { take, failed } = this.#parts
    this.#underWay.set(user.bare, false)
    await take(user).catch(failed)
    const again = this.#underWay.get(user.bare) === true
    this.#underWay.delete(user.bare)
    if (again) this.#begin(user)
  }
}
