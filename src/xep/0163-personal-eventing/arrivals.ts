/**
 * What arrives for an account that concerns its nodes: presence of those who are no contacts, errors that answer
 * events, and what the owner says of requests to subscribe.
 */
import type { Nodes } from '../../pubsub/nodes.ts'
import { isRefused } from '../../pubsub/machine/decide.ts'
import { serverFor } from '../../pubsub/nodes.ts'
import { PUBSUB_EVENT } from '../../pubsub/xmpp/ns.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { ToAccount } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Approvals } from './approvals.ts'
import type { Bounced } from './bounced.ts'
import type { DirectSenders } from './direct-senders.ts'
import type { Offers } from './offers.ts'

export interface ArrivalsParts {
  readonly nodes: Nodes
  readonly directSenders: DirectSenders
  readonly offers: Offers
  readonly bounced: Bounced
  readonly approvals: Approvals
}

/** An account without nodes costs one look into a map. */
export function arrivals(parts: ArrivalsParts): (context: ToAccount) => Verdict {
  const { nodes, directSenders, offers, approvals } = parts
  return ({ account, packet }) => {
    if (packet.kind === 'iq' || !nodes.index.has(account.bare.bare)) return 'next'
    if (packet.kind === 'presence') {
      const sender = directSenders.note({ account, packet })
      if (sender !== null) offers.toResource(account, sender)
      else if (packet.type === 'unavailable') offers.gone(account, packet.from)
    } else if (packet.type === 'error' && packet.to!.isBare) void bounce(parts, account, packet)
    else if (packet.from.bare === account.bare.bare && approvals.takes(account, packet)) return 'done'
    return 'next'
  }
}

/** PEP-15 */
async function bounce({ nodes, bounced }: ArrivalsParts, account: LocalAccount, packet: Packet): Promise<void> {
  const { from, payload } = packet
  const owner = account.bare.bare
  if (from.bare === owner) return
  bounced.silence(account, from)
  const error = payload.child('error')
  const isFinal = error?.attr('type') === 'cancel' || error?.elements.some(({ name }) => name === 'gone') === true
  const named = payload.child('event', PUBSUB_EVENT)?.elements[0]?.attr('node')
  const isOver = isFinal || bounced.isOneTooMany(account, from)
  for (const { origin, subscriptions } of (await nodes.of(owner)).values()) {
    if (named !== undefined && origin.name !== named) continue
    const jid = [from.full, from.bare].find((one) => subscriptions.has(one))
    if (jid === undefined || !isOver) continue
    const actor = { ...serverFor(owner), bare: from.bare, full: from.full }
    const command = { do: 'unsubscribe', jid, subid: null } as const
    const outcome = await nodes.perform({ owner, name: origin.name, actor, command, make: null })
    if (!isRefused(outcome)) outcome.tell()
  }
}
