/**
 * The view: who is home of which slot (CL-10, CL-20). A name belongs to one of 1024 slots for ever; the view says which server is
 * the home of each slot, and is changed by compare-and-set on its epoch.
 */

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
