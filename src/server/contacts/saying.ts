/** Sends stanzas that could not be sent before: in portions, and only those that are still true of the account. */
import { pause, type Clock, type Millis } from '../../base/clock.ts'
import { inPortions } from '../../base/portions.ts'
import { isStillToBeSaid } from '../../im/belated.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { Router } from '../routing/router.ts'

export interface SayingParts {
  readonly clock: Clock
  readonly accounts: Accounts
  readonly router: Router
  readonly failed: (error: unknown) => void
}

/** Stanzas of one portion; other work has its turn between portions. */
const AT_ONCE = 200
const PAUSE: Millis = 5

/**
 * @param say sends the stanza. The account is null if it was deleted
 * @param untrue called with a stanza that is no longer true
 */
export function sayAll(
  parts: SayingParts,
  all: readonly Packet[],
  say: (packet: Packet, account: LocalAccount | null) => void | Promise<void>,
  untrue: (packet: Packet) => void = () => {},
): void {
  const { clock, failed } = parts
  inPortions(
    all,
    AT_ONCE,
    () => pause(clock, PAUSE),
    (some) => some.forEach((packet) => void sayOne(parts, packet, say, untrue).catch(failed)),
  ).catch(failed)
}

async function sayOne(
  { accounts }: SayingParts,
  packet: Packet,
  say: (packet: Packet, account: LocalAccount | null) => void | Promise<void>,
  untrue: (packet: Packet) => void,
): Promise<void> {
  const { bare } = packet.from
  const account = accounts.isHome(bare) ? await accounts.load(bare) : null // its domain may no longer be ours
  const inTurn = async (): Promise<void> => (isStillToBeSaid(account, packet) ? say(packet, account) : untrue(packet))
  // In turn with other roster changes: a decision in progress comes first.
  await (account === null ? inTurn() : account.serial.run(inTurn))
}
