/** How a stored roster differs from the one in memory, when something else than this server has changed the store. */
import type { Jid } from '../xmpp/jid.ts'
import type { PendingRequest, Roster, RosterChange, RosterItem } from './account.ts'

/** A roster as it is stored. */
export interface StoredState {
  readonly version: number
  readonly items: Iterable<RosterItem>
  readonly pending: Iterable<PendingRequest>
}

/**
 * The changes that make `roster` the stored one. Only the last push bears the stored version, the ones before it the version of
 * `roster`: a client that misses one asks for all of them again (RFC 6121 2.6.3).
 */
export function differences(roster: Roster, stored: StoredState): readonly RosterChange[] {
  const items = new Map(Array.from(stored.items, (item) => [item.jid.full, item]))
  const pending = new Map(Array.from(stored.pending, (request) => [request.from.full, request]))
  const contacts = new Map<string, Jid>()
  for (const { jid } of [...roster.items(), ...items.values()]) contacts.set(jid.full, jid)
  for (const { from } of [...roster.pending(), ...pending.values()]) contacts.set(from.full, from)
  const changes: RosterChange[] = []
  for (const [key, contact] of contacts) {
    const item = items.get(key) ?? null
    const request = pending.get(key) ?? null
    const pushed = !isSameItem(roster.item(key) ?? null, item)
    if (!pushed && isSameRequest(roster.pendingFrom(key) ?? null, request)) continue
    changes.push({ contact, item, pending: request, version: roster.version, pushed })
  }
  const last = changes.findLastIndex(({ pushed }) => pushed)
  return changes.map((change, i) => (i === last ? { ...change, version: stored.version } : change))
}

function isSameItem(a: RosterItem | null, b: RosterItem | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.name === b.name &&
    a.subscription === b.subscription &&
    a.ask === b.ask &&
    a.approved === b.approved &&
    a.groups.length === b.groups.length &&
    a.groups.every((group, i) => group === b.groups[i])
  )
}

const isSameRequest = (a: PendingRequest | null, b: PendingRequest | null): boolean =>
  a === null || b === null ? a === b : a.receivedAt === b.receivedAt && a.stanza.wire === b.stanza.wire
