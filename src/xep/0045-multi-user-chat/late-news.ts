/**
 * A room in which very many come and go at once (ROOM-152): those who are in are told a moment later, of many at the same time, so that what is
 * written to a client is written in one piece. Nothing overtakes it: before anything else is told, what waits is.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import type { Occupant, Room } from '../../rooms/machine/room.ts'
import type { Tell } from '../../rooms/machine/tells.ts'
import { Surge } from '../../server/rush/machine.ts'
import { HeldNews, type Exit, type News } from './news.ts'

export interface LateNewsParts {
  readonly clock: Clock
  readonly room: Room
  /** More presences in a second are a rush; 0: none is. */
  readonly rushAbove: number
  readonly tell: (news: News) => void
}

/** How long news waits at most. */
const HOLD_MS: Millis = 250
/** Presences that the news makes when it is told: more do not wait, since nobody else has a turn while they are sent. */
const PRESENCES_MAX = 20_000

export class LateNews {
  readonly #parts: LateNewsParts
  readonly #surge: Surge
  readonly #held = new HeldNews()
  #timer: Timer | null = null

  constructor(parts: LateNewsParts) {
    this.#parts = parts
    this.#surge = new Surge(parts.rushAbove)
  }
  /** @returns false: it is to be told now. Of an own change the occupant is told in any case. */
  holds(tell: Tell): boolean {
    const { clock, room, rushAbove } = this.#parts
    if (rushAbove === 0) return false
    const about = aboutOthers(tell)
    if (about === null) return false
    const now = clock.now()
    this.#surge.note(now, room.occupants.size)
    if (!this.#surge.isOn(now, 0)) return false
    this.#put(about)
    if (this.#held.size * room.occupants.size > PRESENCES_MAX) this.catchUp()
    else this.#timer ??= clock.after(HOLD_MS, () => this.catchUp())
    return true
  }
  /** Tells what waits. */
  catchUp(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#held.size > 0) for (const news of this.#held.take()) this.#parts.tell(news)
  }
  #put({ now, before, exit }: About): void {
    const { arrivals } = this.#parts.room
    if (this.#held.put(now, before, exit, arrivals)) return
    this.catchUp()
    this.#held.put(now, before, exit, arrivals)
  }
}

interface About {
  readonly now: Occupant
  readonly before: Occupant | null
  readonly exit: Exit | null
}
/** What others are told of somebody who has done it alone; null: something else. */
function aboutOthers(tell: Tell): About | null {
  switch (tell.tell) {
    case 'in':
      return { now: tell.occupant, before: null, exit: null }
    case 'update': {
      const { before, after, to, cause, entering } = tell
      const isOwn = to === 'all' && cause === null && entering === null && before.role === after.role
      return isOwn && before.affiliation === after.affiliation ? { now: after, before, exit: null } : null
    }
    case 'out': {
      const { occupant, to, exit, cause } = tell
      const isOwn = to === 'others' && cause === null && (exit === 'left' || exit === 'lost')
      return isOwn ? { now: occupant, before: occupant, exit: tell } : null
    }
    default:
      return null
  }
}
