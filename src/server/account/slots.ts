/**
 * Places in which features keep their data on a session or an account, instead of adding fields to it. All slots are declared
 * before the server starts; after that a slot is an index.
 */

/**
 * What happens to a slot when the session or the account continues in another run of the server (or, in the future, on another
 * node). `kept`: the snapshot of the same name contains it; `kept in NAME`: another snapshot does. `learnt again`: from the
 * store, or by asking. `forgotten`: it is not needed.
 */
export type Fate = 'kept' | `kept in ${string}` | 'learnt again' | 'forgotten'

export interface Slot<Owner, T> {
  readonly name: string
  readonly fate: Fate
  readonly index: number
  readonly initial: (owner: Owner) => T
}

export class SlotBook<Owner> {
  readonly #slots: Slot<Owner, unknown>[] = []

  declare<T>(name: string, fate: Fate, initial: (owner: Owner) => T): Slot<Owner, T> {
    const slot: Slot<Owner, T> = { name, fate, index: this.#slots.length, initial }
    this.#slots.push(slot as Slot<Owner, unknown>)
    return slot
  }
  get all(): readonly Pick<Slot<Owner, unknown>, 'name' | 'fate'>[] {
    return this.#slots
  }
  /** The slots of a new owner, each with its initial content. */
  fill(owner: Owner): unknown[] {
    return this.#slots.map((slot) => slot.initial(owner))
  }
}

const KEPT_IN = 'kept in '

/** The name of the snapshot that contains the slot; null if none does. */
export function snapshotOf({ name, fate }: { readonly name: string; readonly fate: Fate }): string | null {
  if (fate === 'kept') return name
  return fate.startsWith(KEPT_IN) ? fate.slice(KEPT_IN.length) : null
}
