/**
 * What reaches a user from a stranger (presence-policy.ts). Whatever does not is treated as if there were no account, so that the
 * stranger learns nothing (docs/decisions/036-strangers.md).
 */
import type { Jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import type { Account } from './account.ts'
import { isKnown } from './delivery.ts'
import type { Strangers } from './presence-policy.ts'

/** What becomes of a stanza of a stranger. 'without content': only the fact passes. */
export type Passage = 'passes' | 'without content' | 'refused'

/** Does the user know the sender: by the roster, by presence sent to them? A request that waits makes nobody known. */
export const isStranger = (account: Account, sender: Jid): boolean =>
  !isKnown(account, sender) && sender.full !== account.bare.domain

/**
 * IQs pass: the account answers what it has made public, and resources answer nobody whom they do not know (RFC 6121 8.5.3.1). An
 * answer that takes a request back passes, and tells nobody anything.
 */
export function passageOf(strangers: Strangers, { kind, type }: Packet): Passage {
  if (strangers === 'all' || kind === 'iq') return 'passes'
  if (kind === 'message') return 'refused'
  switch (type) {
    case '':
    case 'error': // an answer to presence that was sent to them: but then they are known
      return 'refused'
    case 'unavailable': // a client may have shown the sender before
      return 'without content'
    case 'subscribe':
      return strangers === 'requests' ? 'passes' : 'refused'
    default:
      return 'passes'
  }
}

export const withoutContent = ({ kind, type, from, to }: Packet): Packet => Packet.of({ kind, type, from, to })
