/**
 * Visitors of a room (MXR-2): somebody who walks in with an XMPP client is shown as a member without an entry in the log, and
 * stays so for a while after leaving. So a client that reconnects every minute makes no news.
 */
import type { Millis } from '../../base/clock.ts'
import type { Room } from '../../rooms/machine/room.ts'
import { isLasting } from '../../rooms/machine/members.ts'
import type { VisitRow } from './store.ts'
import type { Visitor, Visitors } from './states.ts'

/** So many that are over are remembered, so that clients hear of it. */
const GONE_MAX = 2000

export interface Visit extends Visitor {
  /** When this became so. */
  readonly stream: number
  /** Since when the person is away; null: they are there. */
  readonly awaySince: Millis | null
}

export interface VisitsParts {
  readonly uid: string
  readonly nextStream: () => number
  /** To be on disk soon. `goneAt` null: the visitor is shown. */
  readonly keep: (row: VisitRow) => void
  readonly drop: (jid: string) => void
}

export class Visits {
  readonly #parts: VisitsParts
  readonly #present = new Map<string, Visit>()
  /** Over, by bare JID: since which number of the stream. */
  readonly #gone = new Map<string, number>()
  newest = 0

  constructor(parts: VisitsParts) {
    this.#parts = parts
  }
  get present(): Visitors {
    return this.#present
  }
  /** What was kept, and who is there now. Of those who are not there nobody knows how long they have been away: they are gone. */
  restore(rows: readonly VisitRow[], room: Room, now: Millis): void {
    for (const { jid, nick, stream, gone_at } of rows) {
      if (gone_at === null) this.#present.set(jid, { nick, stream, awaySince: now })
      else this.#gone.set(jid, stream)
      this.newest = Math.max(this.newest, stream)
    }
    for (const bare of [...this.#present.keys(), ...room.nicksOf.keys()]) this.look(room, bare, now)
    this.lapse(now, now)
  }
  /** A person has come, has gone, has another nickname or belongs to the room from now on. @returns whether clients see it */
  look(room: Room, bare: string, now: Millis): boolean {
    const known = this.#present.get(bare)
    if (isLasting(room.members.get(bare))) return this.#forget(bare, known)
    const nick = room.nicksOf.get(bare)?.[0]
    if (nick === undefined) {
      if (known?.awaySince === null) this.#present.set(bare, { ...known, awaySince: now })
      return false
    }
    if (known?.nick === nick) {
      if (known.awaySince !== null) this.#present.set(bare, { ...known, awaySince: null })
      return false
    }
    const stream = this.#next()
    this.#gone.delete(bare)
    this.#present.set(bare, { nick, stream, awaySince: null })
    this.#parts.keep({ uid: this.#parts.uid, jid: bare, nick, stream, gone_at: null })
    return true
  }
  /** Somebody was put out: the log says so. */
  end(bare: string): void {
    this.#forget(bare, this.#present.get(bare))
  }
  /** Somebody may not come back: nothing in the log says so. @returns whether clients see it */
  expel(bare: string, now: Millis): boolean {
    const known = this.#present.get(bare)
    if (known !== undefined) this.#lapse(bare, known, now)
    return known !== undefined
  }
  /** At that number of the stream something of a person has changed, and no entry says so. */
  note(bare: string, stream: number): void {
    this.#gone.set(bare, stream)
    this.newest = Math.max(this.newest, stream)
  }
  /** Somebody who belonged to the room does so no longer, and is not there. */
  over(bare: string, nick: string, now: Millis): void {
    this.#lapse(bare, { nick, stream: 0, awaySince: now }, now)
  }
  /** Those who have been away since before `before` are not shown any more. @returns whether there were any */
  lapse(before: Millis, now: Millis): boolean {
    let any = false
    for (const [bare, visit] of [...this.#present]) {
      if (visit.awaySince === null || visit.awaySince > before) continue
      this.#lapse(bare, visit, now)
      any = true
    }
    return any
  }
  /**
   * The room has begun to hide addresses, or to show them, at that number of the stream: who is not there now is forgotten, since
   * their new id would tell who was there under the old one. @returns all whom clients may have been shown until then
   */
  turn(stream: number, { nicksOf }: Room): ReadonlySet<string> {
    const shown = new Set<string>()
    for (const [bare, visit] of this.#present) {
      if (visit.stream > stream) continue
      shown.add(bare)
      // Some are put out by the same change, and are told of after it
      if (!nicksOf.has(bare)) this.#forget(bare, visit)
    }
    for (const [bare, at] of this.#gone) {
      if (at > stream) continue
      shown.add(bare)
      this.#gone.delete(bare)
      this.#parts.drop(bare)
    }
    return shown
  }
  /** Whose visit has begun, or is over, behind that number. */
  *since(stream: number): Generator<string> {
    for (const [bare, visit] of this.#present) if (visit.stream > stream) yield bare
    for (const [bare, at] of this.#gone) if (at > stream) yield bare
  }
  streamOf(bare: string): number {
    return this.#present.get(bare)?.stream ?? this.#gone.get(bare) ?? 0
  }

  #lapse(bare: string, { nick }: Visit, now: Millis): void {
    const stream = this.#next()
    this.#present.delete(bare)
    this.#gone.set(bare, stream)
    this.#parts.keep({ uid: this.#parts.uid, jid: bare, nick, stream, gone_at: now })
    if (this.#gone.size <= GONE_MAX) return
    const [oldest] = this.#gone.keys()
    this.#gone.delete(oldest!)
    this.#parts.drop(oldest!)
  }
  #forget(bare: string, known: Visit | undefined): boolean {
    if (known === undefined) return false
    this.#present.delete(bare)
    this.#parts.drop(bare)
    return false
  }
  #next(): number {
    return (this.newest = this.#parts.nextStream())
  }
}
