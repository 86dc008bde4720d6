/**
 * What a room in which very many come and go keeps back for a moment, pure (ROOM-152): who has come, has changed or has gone. Of each nickname
 * only the newest is told, and nothing of somebody who has come and gone unseen. Whoever has entered meanwhile was shown the occupants
 * as they were then, and is told only of what has changed since.
 */
import type { Occupant } from '../../rooms/machine/room.ts'
import type { Tell } from '../../rooms/machine/tells.ts'

export type Exit = Extract<Tell, { tell: 'out' }>

/** What is to be told of one nickname. */
export interface News {
  /** What those saw under the nickname who were there before; null: nobody. */
  readonly before: Occupant | null
  /** Who is there now, or was when they left. */
  readonly now: Occupant
  /** They have left; null: they are there. */
  readonly exit: Exit | null
  /** Each change: how many had come to the room by then (`Occupant.arrival`), and is the occupant there since then? */
  readonly changes: readonly Change[]
}
interface Change {
  readonly at: number
  readonly isThere: boolean
}
/** Who is to be told. */
export interface Audience {
  /** They have seen `before`. */
  readonly knowing: readonly Occupant[]
  /** They have seen nobody under the nickname, or what it was at some moment since. */
  readonly others: readonly Occupant[]
}

/** @param occupants those of the room, as they are now */
export function audienceOf({ before, exit, changes }: News, occupants: Iterable<Occupant>): Audience {
  const [first, last] = [changes[0]!.at, changes.at(-1)!.at]
  const knowing: Occupant[] = []
  const others: Occupant[] = []
  for (const viewer of occupants) {
    const { arrival } = viewer
    if (arrival > last) continue // was shown what is there now
    const isOld = arrival <= first
    const hasSeen = isOld ? before !== null : changes.findLast(({ at }) => at < arrival)!.isThere
    if (exit !== null && !hasSeen) continue
    if (isOld && hasSeen) knowing.push(viewer)
    else others.push(viewer)
  }
  return { knowing, others }
}

export class HeldNews {
  /** By nickname, the one that has changed last at the end. */
  readonly #news = new Map<string, News>()

  get size(): number {
    return this.#news.size
  }
  /**
   * @param arrivals how many have come to the room
   * @returns false: what waits has to be told first, since somebody else has the nickname now
   */
  put(now: Occupant, before: Occupant | null, exit: Exit | null, arrivals: number): boolean {
    const { nick } = now
    const known = this.#news.get(nick)
    if (known !== undefined && known.now.id !== now.id) return false
    this.#news.delete(nick)
    const earlier = known?.changes.filter(({ at }) => at < arrivals) ?? []
    const changes = [...earlier, { at: arrivals, isThere: exit === null }]
    const news = { before: known === undefined ? before : known.before, now, exit, changes }
    if (!isOfNobody(news)) this.#news.set(nick, news)
    return true
  }
  /** All of it; nothing waits any more. */
  take(): readonly News[] {
    const all = [...this.#news.values()]
    this.#news.clear()
    return all
  }
}
/** They came and went, and nobody has entered in between. */
const isOfNobody = ({ before, exit, changes }: News): boolean =>
  before === null && exit !== null && changes.every(({ isThere }) => !isThere)
