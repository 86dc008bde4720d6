/**
 * Whether two rosters agree on one subscription, and what a single roster must not contain. RFC 6121 A.1 keeps each
 * side of a subscription in a roster of its own. A server that died between the two changes, an import or a bug can make
 * them disagree. The remedy of each disagreement is a stanza of section 3, as if it had been lost earlier and arrived now.
 * So it can only do what the tables of Appendix A allow, and it does nothing where nothing is wrong.
 */
import type { Jid } from '../xmpp/jid.ts'
import { contactOf, type Roster, type RosterChange, type RosterItem } from './account.ts'
import type { SubscriptionType } from './subscription.ts'
import { NO_DECISIONS, type Step } from './subscribing.ts'

/** What the watcher's roster says: the watcher sees the contact, has asked to see it, or neither. */
export type Watching = 'sees' | 'asks' | 'nothing'
/** What the contact's roster says: the contact shows its presence to the watcher, was asked to, or neither. */
export type Showing = 'shows' | 'asked' | 'nothing'

export type Disagreement = 'unshown' | 'unanswered' | 'ungranted' | 'unheard' | 'unwanted' | 'withdrawn'

/** @param roster null if there is no such account */
export function watching(roster: Roster | null, contact: Jid): Watching {
  const item = roster?.item(contact.full)
  if (item === undefined) return 'nothing'
  if (item.subscription === 'to' || item.subscription === 'both') return 'sees'
  return item.ask ? 'asks' : 'nothing'
}

/** @param roster null if there is no such account */
export function showing(roster: Roster | null, contact: Jid): Showing {
  if (roster === null) return 'nothing'
  if (roster.isSubscriber(contact.full)) return 'shows'
  return roster.pendingFrom(contact.full) === undefined ? 'nothing' : 'asked'
}

const DISAGREEMENTS: Readonly<Record<Watching, Readonly<Record<Showing, Disagreement | null>>>> = {
  sees: { shows: null, asked: 'unanswered', nothing: 'unshown' },
  asks: { shows: 'ungranted', asked: null, nothing: 'unheard' },
  nothing: { shows: 'unwanted', asked: 'withdrawn', nothing: null },
}

/**
 * The disagreement; null if the two sides agree.
 * @param hears a request of the watcher reaches the contact: the contact has an account, does not block the watcher, and
 *   takes requests of strangers, if the watcher is one.
 *   Without it, the watcher must see no difference from a contact who does not answer (8.5.1)
 */
export function disagreement(watcher: Watching, shower: Showing, hears: boolean): Disagreement | null {
  const found = DISAGREEMENTS[watcher][shower]
  return found === 'unheard' && !hears ? null : found
}

/**
 * The stanzas that resolve it, in this order: 'subscribe' and 'unsubscribe' go from the watcher to the contact,
 * 'unsubscribed' goes back. The contact, whose presence it is, decides: where only the watcher's roster has the
 * subscription, it ends (as after a probe, 4.3.2 rule 1). Where only the contact's roster has it, it ends too.
 */
export const REMEDIES: Readonly<Record<Disagreement, readonly SubscriptionType[]>> = {
  unshown: ['unsubscribed'],
  unanswered: ['unsubscribed', 'subscribe'], // the request that is already stored goes on waiting
  ungranted: ['subscribe'], // 3.1.3 rule 2: it is granted at once
  unheard: ['subscribe'],
  unwanted: ['unsubscribe'],
  withdrawn: ['unsubscribe'],
}

/** What an item, or the request for it, must not be, whatever the other roster says. */
export type Fault = 'own-address' | 'resource' | 'needless-ask' | 'needless-approval' | 'needless-request'

/** The faults of one contact of the account. @param key the full text of the contact's address */
export function faultsOf(owner: Jid, roster: Roster, key: string): readonly Fault[] {
  const item = roster.item(key)
  const pending = roster.pendingFrom(key)
  const contact = item?.jid ?? pending?.from
  if (contact === undefined) return []
  if (contact.bare === owner.bare) return ['own-address']
  if (contactOf(contact).full !== contact.full) return ['resource']
  if (item === undefined) return []
  const { subscription, ask, approved } = item
  const isShown = subscription === 'from' || subscription === 'both'
  const faults: Fault[] = []
  if (ask && (subscription === 'to' || subscription === 'both')) faults.push('needless-ask')
  if (approved && isShown) faults.push('needless-approval')
  if (pending !== undefined && isShown) faults.push('needless-request')
  return faults
}

/** The step that removes a fault: the whole item if it cannot exist, otherwise the faulty part. */
export function tidied(owner: Jid, roster: Roster, key: string): Step {
  const faults = faultsOf(owner, roster, key)
  const item = roster.item(key) ?? null
  const pending = roster.pendingFrom(key) ?? null
  const contact = item?.jid ?? pending?.from
  if (faults.length === 0 || contact === undefined) return { change: null, request: null, decisions: NO_DECISIONS, run() {} }
  const isRemoved = faults.includes('own-address') || faults.includes('resource')
  const next = isRemoved || item === null ? null : without(faults, item)
  const pushed = next !== item
  const change: RosterChange = {
    contact,
    item: next,
    pending: isRemoved || faults.includes('needless-request') ? null : pending,
    version: pushed ? roster.version + 1 : roster.version,
    pushed,
  }
  return {
    change,
    request: null,
    decisions: NO_DECISIONS,
    run(out) {
      if (pushed) out.push(next ?? { jid: contact, removed: true }, change.version)
    },
  }
}

function without(faults: readonly Fault[], item: RosterItem): RosterItem {
  const ask = item.ask && !faults.includes('needless-ask')
  const approved = item.approved && !faults.includes('needless-approval')
  return ask === item.ask && approved === item.approved ? item : { ...item, ask, approved }
}
