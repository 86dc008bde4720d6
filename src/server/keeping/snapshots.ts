/**
 * The state of a session that parts of the server restore after a restart. Each part keeps it in a shape of its own, with the
 * version of that shape, so that a later Porchlight can read it.
 */
import type { Session } from '../account/session.ts'
import { snapshotOf, type SlotBook } from '../account/slots.ts'

/** For a restart, which is short, everything is stored once. While the server runs, for the case of a crash, less is stored. */
export type Occasion = 'for a restart' | 'while running'

/** @typeParam T plain JSON */
export interface SessionSnapshot<T> {
  readonly name: string
  /** The version of the shape of `T`, from 1. It grows when the shape changes in a way that `load` must know. */
  readonly version: number
  /** Null if there is nothing to keep. */
  save(session: Session, when: Occasion): T | null
  /**
   * @param kept the result of `save`; null if there was none
   * @param version of its shape, never later than the snapshot's
   * @param pieces the stored pieces, in order
   */
  load(session: Session, kept: T | null, version: number, pieces: readonly RestoredPiece[]): void
  /** Completes what was loaded, once all sessions are restored. No client can connect before that is done. Never rejects. */
  complete?(): Promise<void>
  /** The estimated octets. */
  weigh?(session: Session): number
  /** Changes when the state should be stored again while the server runs (`Checkpoints`). */
  stamp?(session: Session): string
  /** In addition, what is numerous and changes one by one, in order. Only one part has pieces. */
  pieces?(session: Session): Iterable<Piece>
}

/** One of many things that a part knows of a session, and that never changes. */
export interface Piece {
  /** Later pieces have larger numbers. */
  readonly n: number
  /** The estimated octets as JSON. */
  readonly octets: number
  toJson(): unknown
}
export interface RestoredPiece {
  readonly n: number
  readonly json: unknown
}

/** By name: the version and what was saved. */
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
   * @throws Error if a slot is declared as kept, and no snapshot of that name keeps it
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
  /** State of a later Porchlight cannot be understood, and counts as absent. */
  load(session: Session, parts: KeptParts, pieces: readonly RestoredPiece[]): void {
    for (const snapshot of this.#sessions) {
      const [version, kept] = parts[snapshot.name] ?? [snapshot.version, null]
      const isKnown = version <= snapshot.version
      const some = snapshot.pieces === undefined ? NO_PIECES : pieces
      snapshot.load(session, isKnown ? kept : null, isKnown ? version : snapshot.version, some)
    }
  }
  async complete(): Promise<void> {
    await Promise.all(this.#sessions.map((snapshot) => snapshot.complete?.()))
  }
}

const NO_PIECES: readonly RestoredPiece[] = []
