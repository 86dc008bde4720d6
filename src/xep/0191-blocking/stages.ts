/** XEP-0191 3.3: what happens to stanzas between the user and blocked entities. */
import type { LocalAccount } from '../../server/account/session.ts'
import type { FromClient, ToAccount } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Slot } from '../../server/account/slots.ts'
import { el } from '../../xml/element.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { mediatedInvite } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { errorReply, StanzaError } from '../../xmpp/stanza-error.ts'
import type { BlockList } from './block-list.ts'

const ERRORS = 'urn:xmpp:blocking:errors'

type Lists = Slot<LocalAccount, BlockList>

/** Stanzas from a blocked entity: the user seems to be offline to it. */
export function blockIn(lists: Lists): (context: ToAccount) => Verdict {
  return ({ account, packet }) => {
    const list = account.get(lists)
    if (!list.matches(packet.from)) return isInvitedByBlocked(list, packet) ? 'done' : 'next'
    if (packet.kind === 'presence' || packet.type === 'error' || packet.type === 'result') return 'done'
    throw new StanzaError('service-unavailable')
  }
}

/** Stanzas to a blocked entity. Broadcasts skip it without an error: see `Account.hidden`. */
export function blockOut(lists: Lists): (context: FromClient) => Verdict {
  return ({ session, packet }) => {
    const { account } = session
    if (packet.to === null || !account.isHiding || !account.get(lists).matches(packet.to)) return 'next'
    const refusal = errorReply(packet, new StanzaError('not-acceptable', { type: 'cancel', specific: el('blocked', ERRORS) }))
    // The refusal comes "from" the blocked entity, so on the usual way it would not arrive.
    if (refusal !== null) session.take(refusal)
    return 'done'
  }
}

/** The room is not blocked, and need not learn that the inviting user is (XEP-0045 7.8.2). */
function isInvitedByBlocked(list: BlockList, packet: Packet): boolean {
  const inviter = packet.kind === 'message' ? mediatedInvite(packet)?.attr('from') : undefined
  const address = inviter === undefined ? null : addressOrNull(inviter)
  return address !== null && list.matches(address)
}
