/** What the operator's groups have made, users cannot break: they may rename and sort these contacts, and block them. */
import { ROSTER } from '../../xmpp/ns.ts'
import { addressOrNull, type Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Groups } from '../contacts/groups.ts'
import type { FromClient } from '../pipeline/contexts.ts'
import type { Stage } from '../pipeline/pipeline.ts'

export const groupsStage =
  (groups: Groups): Stage<FromClient> =>
  ({ session, packet }) => {
    const contact = isEnding(packet) ? packet.to : removedBy(packet)
    if (contact === null || !groups.share(session.account.bare.bare, contact)) return 'next'
    throw new StanzaError('not-allowed', { text: 'This contact is in a group of the operator' })
  }

const isEnding = ({ kind, type }: Packet): boolean => kind === 'presence' && (type === 'unsubscribe' || type === 'unsubscribed')

/** The contact that a roster set removes; null if the packet is something else. */
function removedBy({ kind, type, payload }: Packet): Jid | null {
  if (kind !== 'iq' || type !== 'set' || !payload.text.includes(ROSTER)) return null
  const item = payload.child('query', ROSTER)?.child('item')
  if (item?.attr('subscription') !== 'remove') return null
  return addressOrNull(item.attr('jid') ?? '')
}
