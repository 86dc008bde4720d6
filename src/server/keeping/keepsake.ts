/** What a part of the server keeps of a session over a restart. */
import type { Session } from '../account/session.ts'

/** What one part of the server knows of a session, and wants to know again after a restart. */
export interface Keepsake {
  readonly name: string
  /** Octets that it comes to, about. */
  octets?(session: Session): number
  /** The session has lost its connection: what is held back for its client goes on to where it waits for it. */
  settle?(session: Session): void
  /** As plain JSON; undefined: nothing. */
  keep?(session: Session): unknown
  /** Beside that, what is many and changes one by one, in order; only one part has such. */
  pieces?(session: Session): Iterable<Piece>
  /** Changes when it should be written down anew while the server runs (`Checkpoints`). */
  stamp?(session: Session): string
  /** Too much to be written down while the server runs. */
  readonly isForRestart?: true
  /** @param kept undefined: nothing @param pieces those that were written, in order */
  restore(session: Session, kept: unknown, pieces: readonly RestoredPiece[]): void
  /** All sessions are restored. */
  done?(): void
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
