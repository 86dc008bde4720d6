/**
 * Places that features have on a session or an account, instead of fields that they would add to it. All
 * slots are declared before the server starts; after that a slot is an index.
 */

export interface Slot<Owner, T> {
  readonly name: string
  readonly index: number
  readonly initial: (owner: Owner) => T
}

export class SlotBook<Owner> {
  readonly #slots: Slot<Owner, unknown>[] = []

  declare<T>(name: string, initial: (owner: Owner) => T): Slot<Owner, T> {
    const slot: Slot<Owner, T> = { name, index: this.#slots.length, initial }
    this.#slots.push(slot as Slot<Owner, unknown>)
    return slot
  }
  /** The places of a new owner, each with its first content. */
  fill(owner: Owner): unknown[] {
    return this.#slots.map((slot) => slot.initial(owner))
  }
}
