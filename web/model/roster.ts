/** The roster as the board shows it (RFC 6121 2): contacts with their presence, in groups. */
import { UNHEARD, type PresenceView } from './presence.ts'

export type Subscription = 'none' | 'to' | 'from' | 'both'

export interface Contact {
  readonly jid: string
  readonly name: string | null
  readonly groups: readonly string[]
  readonly subscription: Subscription
  /** We have asked to see its presence, and the contact has not answered. */
  readonly asked: boolean
  /** The contact will see our presence as soon as it asks (RFC 6121 3.4). */
  readonly preApproved: boolean
}
/** An item of a roster result or push; 'remove' removes the contact. */
export type RosterChange = Omit<Contact, 'subscription'> & { readonly subscription: Subscription | 'remove' }

export type Roster = ReadonlyMap<string, Contact>
export type Presences = ReadonlyMap<string, PresenceView>

export function changed(roster: Roster, items: readonly RosterChange[]): Roster {
  const next = new Map(roster)
  for (const item of items) {
    if (item.subscription === 'remove') next.delete(item.jid)
    else next.set(item.jid, { ...item, subscription: item.subscription })
  }
  return next
}

/** @param items of the server's answer; null if it has none, which means that our roster is current (RFC 6121 2.6.3) */
export const rosterAfter = (before: Roster, items: readonly RosterChange[] | null): Roster =>
  items === null ? before : changed(new Map(), items)

/** Somebody who is no contact, as far as they can be shown as one. */
export const strangerOf = (jid: string): Contact => ({
  ...{ jid, name: null, groups: [], subscription: 'none', asked: false, preApproved: false },
})

export const nameOf = ({ jid, name }: Pick<Contact, 'jid' | 'name'>): string => name ?? jid.split('@')[0] ?? jid
/** May we see the contact's presence? */
export const isShared = ({ subscription }: Contact): boolean => subscription === 'to' || subscription === 'both'
/** May the contact see our presence? */
export const seesUs = ({ subscription }: Contact): boolean => subscription === 'from' || subscription === 'both'
export const presenceOf = (presences: Presences, jid: string): PresenceView => presences.get(jid) ?? UNHEARD

/** One or two letters that stand for a contact. */
export function initials(name: string): string {
  // Of "Amal (2)" the number in brackets is no name
  const words = name.split(/[\s._-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : [words[0] ?? '?']
  return letters.map((word) => [...word][0]!.toUpperCase()).join('')
}

const HUES = 6
/** The colour of a contact's avatar: always the same for one contact. */
export function hueOf(jid: string): number {
  let hash = 0
  for (const c of jid) hash = (hash * 31 + c.codePointAt(0)!) >>> 0
  return hash % HUES
}
