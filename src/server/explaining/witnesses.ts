/**
 * The parts of the server that can say more about what is shown to clients than the journal knows: what each client was
 * shown of a contact, and what it was told to doubt. Any part may be one of them.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { LocalAccount } from '../account/session.ts'

/** What a part of the server has to say on what `watcher` sees of `contact`. */
export interface Testimony {
  readonly about: 'shown'
  readonly words: string
  /** Since when it is so; null: not known. */
  readonly since: Millis | null
}
export type Witness = (watcher: LocalAccount, contact: Jid) => Iterable<Testimony>

/** What clients that ask for it are told to doubt at present (XEP-0310). */
export interface DoubtInForce {
  /** A resource here whose client is away for a moment, or the domain at the other end of a link that is lost. */
  readonly about: string
  readonly why: Doubt
  readonly since: Millis
  /** Presences that are shown with it, each to one client here. */
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
  /** `witness` is asked what clients are told to doubt. */
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
