/** Who looks at which rooms: those who have asked for news lately. */
import type { Millis } from '../../base/clock.ts'

interface Watcher {
  askedAt: Millis
  /** By `uid`. */
  readonly rooms: Set<string>
}

export class Watchers {
  readonly #people = new Map<string, Watcher>()
  /** By the `uid` of the room. */
  readonly #rooms = new Map<string, Set<string>>()

  /** From now on that person (a bare JID) is told of news in the room. */
  watch(uid: string, bare: string, now: Millis): void {
    const watcher = this.#people.get(bare) ?? { askedAt: now, rooms: new Set() }
    watcher.askedAt = now
    if (watcher.rooms.has(uid)) return
    this.#people.set(bare, watcher)
    watcher.rooms.add(uid)
    const others = this.#rooms.get(uid)
    if (others === undefined) this.#rooms.set(uid, new Set([bare]))
    else others.add(bare)
  }
  of(uid: string): Iterable<string> {
    return this.#rooms.get(uid) ?? []
  }
  /** How many people look at rooms. */
  get size(): number {
    return this.#people.size
  }
  /** Nobody is told of news in the room any more. */
  end(uid: string): void {
    for (const bare of this.#rooms.get(uid) ?? []) {
      const watcher = this.#people.get(bare)
      if (watcher?.rooms.delete(uid) === true && watcher.rooms.size === 0) this.#people.delete(bare)
    }
    this.#rooms.delete(uid)
  }
  /** Forgets those who have asked for nothing since then. */
  sweep(before: Millis): void {
    for (const [bare, { askedAt, rooms }] of this.#people) {
      if (askedAt >= before) continue
      this.#people.delete(bare)
      for (const uid of rooms) {
        const others = this.#rooms.get(uid)
        if (others?.delete(bare) === true && others.size === 0) this.#rooms.delete(uid)
      }
    }
  }
}
