/** How a user or the operator changes what others may know of the user's presence while the server runs. */
import type { ChosenPolicy } from '../../im/presence-policy.ts'
import type { AccountStore } from '../ports.ts'
import type { Accounts } from './accounts.ts'
import type { FactBoard } from './facts.ts'

export interface ChoosingParts {
  readonly accounts: Accounts
  readonly stores: { readonly accounts: AccountStore }
  readonly tell: FactBoard['tell']
}

/** Stores the policy, then applies it. False if there is no such account. */
export async function choosePolicy(
  { accounts, stores, tell }: ChoosingParts,
  bare: string,
  change: Partial<ChosenPolicy>,
): Promise<boolean> {
  const chosen = (await stores.accounts.find(bare))?.policy
  if (chosen === undefined || !(await stores.accounts.setPolicy(bare, { ...chosen, ...change }))) return false
  const account = accounts.get(bare)
  if (account === undefined) return true
  account.policy = accounts.policyOf({ ...chosen, ...change })
  tell('policy-changed', { account })
  return true
}
