/**
 * The view: who is home of which slot (CL-10, CL-20). A name belongs to one of 1024 slots for ever; the view says which server is
 * the home of each slot, and is changed by compare-and-set on its epoch. The moving of slots is not built yet: one server is the home
 * of all of them. `mayMove` and `mayOpen` are its rules, which the model (two-writers.test.ts) checks.
 */

/** CL-10: never another number. */
const SLOTS = 1024

export interface View {
  readonly members: readonly number[]
  /** By slot: the number of the server that is its home. */
  readonly owner: readonly number[]
}

/** What is known of the home of a slot when the slot is to move. */
export interface Leaving {
  /** Its fence row is deleted in the transaction that writes the view: it can write no more. */
  readonly isFencedOff: boolean
  /** It has said that its last statement for this slot has committed. */
  readonly hasGivenUp: boolean
}
/** CL-22: a slot leaves a dead server by the fence, a living one only by its own word. */
export const mayMove = ({ isFencedOff, hasGivenUp }: Leaving): boolean => isFencedOff || hasGivenUp

/** CL-23: a server that has given a slot up opens it again only when a later view gives it back. */
export const mayOpen = ({ isOwner, hasGivenUp }: { readonly isOwner: boolean; readonly hasGivenUp: boolean }): boolean =>
  isOwner && !hasGivenUp

/** A view in which `node` is the home of all slots, because every other server is fenced off. */
export const viewOfOne = (node: number): View => ({ members: [node], owner: Array.from({ length: SLOTS }, () => node) })

/** Two octets a slot. */
export function octetsOf(owner: View['owner']): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * owner.length))
  for (const [slot, node] of owner.entries()) view.setUint16(2 * slot, node)
  return new Uint8Array(view.buffer)
}
