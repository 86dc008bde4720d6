/** What a user lets others know of his presence beside that he is there, and how that is changed while the server runs. */
import { LAST_SEEN, SHARE_PAUSED, type LastSeen, type PresencePolicy, type SharePaused } from '../../im/account.ts'
import type { Host } from '../feature.ts'

export { LAST_SEEN, SHARE_PAUSED, type LastSeen, type PresencePolicy, type SharePaused }

/** As it is kept. Null: as the server has it for those who have not chosen. */
export interface ChosenPolicy {
  readonly lastSeen: LastSeen | null
  readonly sharePaused: SharePaused | null
}
export const NOTHING_CHOSEN: ChosenPolicy = { lastSeen: null, sharePaused: null }

export const inForce = (chosen: ChosenPolicy, usual: PresencePolicy): PresencePolicy => ({
  lastSeen: chosen.lastSeen ?? usual.lastSeen,
  sharePaused: chosen.sharePaused ?? usual.sharePaused,
})

/** Stores the policy, then puts it in force. False: there is no such account. */
export async function choosePolicy(
  { accounts, stores, tell }: Pick<Host, 'accounts' | 'stores' | 'tell'>,
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
