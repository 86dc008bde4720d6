/**
 * What arrives for an account that concerns its nodes: presence of those who are no contacts, errors that answer
 * events, and what the owner says of requests to subscribe.
 */
import type { Bouncing } from '../../pubsub/xmpp/bouncing.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { ToAccount } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { AccountsOf } from './accounts-of.ts'
import type { Approvals } from './approvals.ts'
import type { Bounced } from './bounced.ts'
import type { DirectSenders } from './direct-senders.ts'
import type { Offers } from './offers.ts'

export interface ArrivalsParts {
  readonly accounts: AccountsOf
  readonly directSenders: DirectSenders
  readonly offers: Offers
  readonly bounced: Bounced
  readonly bouncing: Bouncing
  readonly approvals: Approvals
}

/** For accounts that have nodes. */
export function arrivals(parts: ArrivalsParts): (context: ToAccount) => Verdict {
  const { directSenders, offers, approvals } = parts
  return ({ account, packet }) => {
    if (packet.kind === 'presence') {
      const sender = directSenders.note({ account, packet })
      if (sender !== null) offers.toResource(account, sender)
      else if (packet.type === 'unavailable') offers.gone(account, packet.from)
    } else if (packet.type === 'error' && packet.to!.isBare) bounce(parts, account, packet)
    else if (packet.from.bare === account.bare.bare && approvals.takes(account, packet)) return 'done'
    return 'next'
  }
}

/** PEP-15 */
function bounce({ accounts, bouncing, bounced }: ArrivalsParts, account: LocalAccount, packet: Packet): void {
  if (packet.from.bare === account.bare.bare) return
  bounced.silence(account, packet.from)
  accounts.later(bouncing.take(account.bare.bare, packet))
}
