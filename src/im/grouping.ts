/**
 * Two accounts that the operator has put into one group see each other without asking, and their rosters say so. A step for each
 * of the two rosters; what the contact's roster says is the other one's.
 */
import type { Jid } from '../xmpp/jid.ts'
import { NO_GROUPS, type Account, type ImLimits, type RosterChange, type RosterItem } from './account.ts'
import { presentTo, withdrawFrom } from './presence.ts'
import { checkRoom, NO_DECISIONS, type Step } from './subscribing.ts'
import type { Subscription } from './subscription.ts'

/**
 * The contact is in the roster, in these groups among others, with a subscription in both directions.
 * @throws StanzaError policy-violation: the roster is full
 */
export function joined(account: Account, contact: Jid, labels: readonly string[], limits: ImLimits): Step {
  const before = account.roster.item(contact.full)
  const { jid, name, groups } = before ?? { jid: contact, name: '', groups: NO_GROUPS }
  const missing = labels.filter((label) => !groups.includes(label))
  const isSame = before?.subscription === 'both' && missing.length === 0
  if (isSame) return stepTo(account, contact, before, null)
  const item: RosterItem = { jid, name, groups: [...groups, ...missing], subscription: 'both', ask: false, approved: false }
  const step = stepTo(account, contact, item, null)
  checkRoom(account, step.change!, limits)
  return step
}

/** After both have joined: the contact receives the present presence. */
export const shown = (account: Account, contact: Jid): Step => ({
  ...NOTHING,
  run: (out) => presentTo(account, contact, out),
})

/**
 * The contact has left these groups.
 * @param before what the subscription was before the first common group, to which it returns; null if the contact was not in the
 *   roster; undefined while the two have another group in common
 */
export function left(account: Account, contact: Jid, labels: readonly string[], before?: Subscription | null): Step {
  const { roster } = account
  const item = roster.item(contact.full)
  if (item === undefined) return NOTHING
  const groups = item.groups.filter((label) => !labels.includes(label))
  const subscription = before === undefined ? item.subscription : (before ?? 'none')
  const isOnlyOfGroups = before === null && item.name === '' && groups.length === 0
  return stepTo(
    account,
    contact,
    isOnlyOfGroups ? null : { ...item, groups, subscription },
    roster.pendingFrom(contact.full) ?? null,
  )
}

const NOTHING: Step = { change: null, request: null, decisions: NO_DECISIONS, run() {} }

function stepTo(account: Account, contact: Jid, item: RosterItem | null, pending: RosterChange['pending']): Step {
  const { roster } = account
  const before = roster.item(contact.full) ?? null
  const isSame = before === item && (roster.pendingFrom(contact.full) ?? null) === pending
  if (isSame) return NOTHING
  const change = { contact: before?.jid ?? contact, item, pending, version: roster.version + 1, pushed: true }
  const isHidden = sees(before) && !sees(item)
  return {
    ...NOTHING,
    change,
    run(out) {
      if (isHidden) withdrawFrom(account, contact, out)
      out.push(item ?? { jid: change.contact, removed: true }, change.version)
    },
  }
}

const sees = (item: RosterItem | null): boolean => item?.subscription === 'from' || item?.subscription === 'both'
