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

export const nameOf = ({ jid, name }: Pick<Contact, 'jid' | 'name'>): string => name ?? jid.split('@')[0] ?? jid
/** May we see the contact's presence? */
export const isShared = ({ subscription }: Contact): boolean => subscription === 'to' || subscription === 'both'
/** May the contact see our presence? */
export const seesUs = ({ subscription }: Contact): boolean => subscription === 'from' || subscription === 'both'
export const presenceOf = (presences: Presences, jid: string): PresenceView => presences.get(jid) ?? UNHEARD

/** One or two letters that stand for a contact. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== '')
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

export interface Group {
  /** Null for contacts without a group. */
  readonly name: string | null
  readonly contacts: readonly Contact[]
}
const order = new Intl.Collator()

/** Groups by name, contacts without a group at the end. A contact is in each of its groups (RFC 6121 2.1.2.6). */
export function groupsOf(roster: Roster, presences: Presences): readonly Group[] {
  const members = new Map<string | null, Contact[]>()
  for (const contact of roster.values()) {
    for (const group of contact.groups.length === 0 ? [null] : contact.groups) {
      const list = members.get(group) ?? []
      list.push(contact)
      members.set(group, list)
    }
  }
  const here = (contact: Contact): number => Number(presenceOf(presences, contact.jid).resources.length === 0)
  return [...members]
    .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : order.compare(a, b)))
    .map(([name, contacts]) => ({
      name,
      contacts: contacts.sort((a, b) => here(a) - here(b) || order.compare(nameOf(a), nameOf(b))),
    }))
}
