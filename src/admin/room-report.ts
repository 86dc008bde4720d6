/** What the operator sees of one room: the room as a whole, and pages of those who are in it and of those who have a rank. */
import type { Millis } from '../base/clock.ts'
import type { Affiliation, Role } from '../rooms/machine/affiliation.ts'
import type { Member, Occupant, Room } from '../rooms/machine/room.ts'
import { settingsOf } from '../rooms/setting-words.ts'
import type { Doubt } from '../xmpp/state-annotation.ts'
import { pageOf, placeFrom } from './places.ts'
import { insideOf } from './room-list.ts'

export interface RoomReport {
  readonly jid: string
  readonly createdAt: Millis
  /** The creator for whose configuration the room waits; null: it is open. */
  readonly lockedFor: string | null
  readonly subject: { readonly text: string; readonly by: string; readonly at: Millis } | null
  /** By the words that `room set` takes. The password is not among them. */
  readonly settings: Readonly<Record<string, string>>
  readonly occupants: number
  /** Occupants of whom it is not known whether they are still there. */
  readonly doubted: number
  /** Stanzas that people were sent by the room since it came into memory. */
  readonly sent: number
  /** How many people and domains have each affiliation. */
  readonly affiliations: Readonly<Record<Exclude<Affiliation, 'none'>, number>>
}

export function reportOf(room: Room, sent: number): RoomReport {
  const { facts, address, createdAt } = room
  const affiliations = { owner: 0, admin: 0, member: 0, outcast: 0 }
  for (const { affiliation } of room.members.values()) if (affiliation !== 'none') affiliations[affiliation] += 1
  return {
    jid: address.bare,
    createdAt,
    lockedFor: facts.lockedFor?.owner ?? null,
    subject: subjectOf(room),
    settings: settingsOf(facts.config),
    ...insideOf(room),
    sent,
    affiliations,
  }
}
function subjectOf({ facts: { subject } }: Room): RoomReport['subject'] {
  const text = subject?.payload.child('subject')?.text ?? ''
  return subject === null || text === '' ? null : { text, by: subject.by, at: subject.at }
}

export interface OccupantRow {
  readonly nick: string
  /** The real bare address. */
  readonly jid: string
  readonly role: Role
  readonly affiliation: Affiliation
  /** What the presence that stands for all of them says: `away`, `dnd` and so on; '' for plain available. */
  readonly show: string
  /** The real full addresses of the clients behind the nickname. */
  readonly sessions: readonly string[]
  /** Why it is not known whether they are still there; empty: nothing speaks against it. */
  readonly doubts: readonly Doubt[]
}
export interface OccupantPage {
  readonly occupants: readonly OccupantRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}
export function occupantPage({ occupants }: Room, after: string, size: number): OccupantPage {
  const { page, next } = byName([...occupants.values()], ({ nick }) => nick, after, size)
  return { occupants: page.map(occupantRow), next }
}
const occupantRow = ({ nick, bare, role, affiliation, sessions, effective, doubts }: Occupant): OccupantRow => ({
  nick,
  jid: bare,
  role,
  affiliation,
  show: effective.presence.payload.child('show')?.text ?? '',
  sessions: sessions.map(({ jid }) => jid.full),
  doubts,
})

export interface AffiliationRow {
  /** A bare JID, or a domain. */
  readonly jid: string
  readonly affiliation: Affiliation
  /** The reserved nickname. */
  readonly nick: string | null
  readonly reason: string
}
export interface AffiliationPage {
  readonly affiliations: readonly AffiliationRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}
/** Those who have an affiliation or a reserved nickname. */
export function affiliationPage({ members }: Room, after: string, size: number): AffiliationPage {
  const known = [...members.values()].filter(({ affiliation, nick }) => affiliation !== 'none' || nick !== null)
  const { page, next } = byName(known, ({ jid }) => jid, after, size)
  return { affiliations: page.map(affiliationRow), next }
}
const affiliationRow = ({ jid, affiliation, nick, reason }: Member): AffiliationRow => ({ jid, affiliation, nick, reason })

function byName<T>(rows: readonly T[], nameOf: (row: T) => string, after: string, size: number) {
  const place = (row: T) => ({ key: 0, name: nameOf(row) })
  const { page, next } = pageOf(rows, place, placeFrom(after, 'address'), size)
  return { page, next: next?.name ?? null }
}
