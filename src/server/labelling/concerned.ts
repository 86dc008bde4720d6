/** Whom a change of a clearance concerns (the fact `clearances-changed`), among the accounts that have something bound. */
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { ClearedKind } from './clearance-store.ts'
import type { Labels } from './labels.ts'

export interface ClearanceChange {
  readonly kind: ClearedKind
  readonly subject: string
}

export function* attendedOf(
  { kind, subject }: ClearanceChange,
  { clearances }: Labels,
  accounts: Accounts,
): Generator<LocalAccount> {
  if (kind !== 'account') {
    for (const account of accounts.attended()) if (clearances.isAbout(kind, subject, account.bare)) yield account
    return
  }
  const account = accounts.isHome(subject) ? accounts.get(subject) : undefined
  if (account !== undefined && account.resources.length > 0) yield account
}
