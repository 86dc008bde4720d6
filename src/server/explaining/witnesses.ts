/**
 * The parts of the server that know more than the journal about what clients are shown: what each client was shown of a
 * contact, and which doubts it was told. Any part can be one of them.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { LocalAccount } from '../account/session.ts'

/** What a part of the server knows about what `watcher` sees of `contact`. */
export interface Testimony {
  readonly about: 'shown'
  readonly words: string
  /** Since when it is so; null if unknown. */
  readonly since: Millis | null
}
export type Witness = (watcher: LocalAccount, contact: Jid) => Iterable<Testimony>

/** A doubt that clients which ask for it are told at present (XEP-0310). */
export interface DoubtInForce {
  /** A local resource whose client is paused, or the domain at the other end of a lost link. */
  readonly about: string
  readonly why: Doubt
  readonly since: Millis
  /** How many presences are shown with it, each counted once for each local client. */
  readonly told: number
}
export type DoubtWitness = () => Iterable<DoubtInForce>

export class Witnesses {
  readonly #ofShown: Witness[] = []
  readonly #ofDoubts: DoubtWitness[] = []

  /** `witness` is asked what clients were shown. */
  addForShown(witness: Witness): void {
    this.#ofShown.push(witness)
  }
  /** `witness` is asked which doubts clients were told. */
  addForDoubts(witness: DoubtWitness): void {
    this.#ofDoubts.push(witness)
  }
  /** What `watcher` was shown of `contact`. */
  *shown(watcher: LocalAccount, contact: Jid): Generator<Testimony> {
    for (const witness of this.#ofShown) yield* witness(watcher, contact)
  }
  *doubts(): Generator<DoubtInForce> {
    for (const witness of this.#ofDoubts) yield* witness()
  }
}
