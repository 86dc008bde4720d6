/**
 * What parts of the server know of a session and want to know again after a restart. Each part keeps it in a shape of its own,
 * with the version of that shape: a later Porchlight knows what it reads.
 */
import type { Session } from '../account/session.ts'
import { snapshotOf, type SlotBook } from '../account/slots.ts'

/** A restart is short, and everything is written once. While the server runs, for the case that it dies, less is. */
export type Occasion = 'for a restart' | 'while running'

/** @typeParam T plain JSON */
export interface SessionSnapshot<T> {
  readonly name: string
  /** Of the shape of `T`, from 1. It grows when the shape changes in a way that `load` must know of. */
  readonly version: number
  /** Null: there is nothing to keep. */
  save(session: Session, when: Occasion): T | null
  /**
   * @param kept as `save` gave it; null: nothing
   * @param version of its shape, never a later one than the snapshot's
   * @param pieces those that were written, in order
   */
  load(session: Session, kept: T | null, version: number, pieces: readonly RestoredPiece[]): void
  /** Octets that it comes to, about. */
  weigh?(session: Session): number
  /** Changes when it should be written down anew while the server runs (`Checkpoints`). */
  stamp?(session: Session): string
  /** Beside that, what is many and changes one by one, in order; only one part has such. */
  pieces?(session: Session): Iterable<Piece>
}

/** One of the many things that a part knows of a session, and that never changes. */
export interface Piece {
  /** What comes later has a larger one. */
  readonly n: number
  /** Octets of it as JSON, about. */
  readonly octets: number
  toJson(): unknown
}
export interface RestoredPiece {
  readonly n: number
  readonly json: unknown
}

/** By name, the version and what was saved. */
export type KeptParts = Readonly<Record<string, readonly [version: number, kept: unknown]>>

export class Snapshots {
  readonly #sessions: SessionSnapshot<unknown>[] = []
  readonly #settles: ((session: Session) => void)[] = []

  session<T>(snapshot: SessionSnapshot<T>): void {
    this.#sessions.push(snapshot)
  }
  settle(settle: (session: Session) => void): void {
    this.#settles.push(settle)
  }
  /**
   * @param others names of snapshots of accounts
   * @throws Error a slot is declared as kept, and no snapshot of that name keeps it
   */
  check(others: readonly string[], ...books: readonly Pick<SlotBook<never>, 'all'>[]): void {
    const names = new Set([...this.#sessions.map(({ name }) => name), ...others])
    for (const slot of books.flatMap(({ all }) => all)) {
      const keptIn = snapshotOf(slot)
      if (keptIn !== null && !names.has(keptIn))
        throw new Error(`The slot "${slot.name}" is declared as kept in "${keptIn}", which nobody keeps`)
    }
  }

  settleAll(sessions: Iterable<Session>): void {
    for (const session of sessions) for (const settle of this.#settles) settle(session)
  }
  weigh(session: Session): number {
    let octets = 0
    for (const snapshot of this.#sessions) octets += snapshot.weigh?.(session) ?? 0
    return octets
  }
  stamp(session: Session): string {
    let stamp = ''
    for (const snapshot of this.#sessions) if (snapshot.stamp !== undefined) stamp += `${snapshot.stamp(session)} `
    return stamp
  }
  *pieces(session: Session): Generator<Piece, void> {
    for (const snapshot of this.#sessions) if (snapshot.pieces !== undefined) yield* snapshot.pieces(session)
  }
  save(session: Session, when: Occasion): KeptParts {
    const parts: Record<string, readonly [number, unknown]> = {}
    for (const { name, version, save } of this.#sessions) {
      const kept = save(session, when)
      if (kept !== null) parts[name] = [version, kept]
    }
    return parts
  }
  /** What a later Porchlight has kept is not understood here: it counts as nothing. */
  load(session: Session, parts: KeptParts, pieces: readonly RestoredPiece[]): void {
    for (const snapshot of this.#sessions) {
      const [version, kept] = parts[snapshot.name] ?? [snapshot.version, null]
      const isKnown = version <= snapshot.version
      const some = snapshot.pieces === undefined ? NO_PIECES : pieces
      snapshot.load(session, isKnown ? kept : null, isKnown ? version : snapshot.version, some)
    }
  }
}

const NO_PIECES: readonly RestoredPiece[] = []
