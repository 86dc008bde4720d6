/** Two accounts at a moment when no change of their rosters is in progress. */
import type { Jid } from '../../xmpp/jid.ts'
import type { Accounts } from './accounts.ts'
import type { LocalAccount } from './session.ts'

/** A change of one account can start one at the other, and that one at the first again. */
const ROUNDS = 2

/** Null for an account that does not exist. */
export async function atRest(accounts: Accounts, a: Jid, b: Jid): Promise<readonly [LocalAccount | null, LocalAccount | null]> {
  const load = async ({ local, bare }: Jid): Promise<LocalAccount | null> =>
    local !== '' && accounts.isHome(bare) ? accounts.load(bare) : null
  for (let round = 0; round < ROUNDS; round++) for (const bare of [a, b]) await quiet(await load(bare))
  return [await load(a), await load(b)]
}

async function quiet(account: LocalAccount | null): Promise<void> {
  if (account === null) return
  await Promise.all(account.arriving?.values() ?? [])
  await account.serial.run(async () => {})
}
