/** XEP-0379 3.5: a request to see a user that shows a token of one of the user's invitations is granted, and answered in kind. */
import { contactOf } from '../../im/account.ts'
import type { ToAccount } from '../../server/pipeline/contexts.ts'
import type { Stage } from '../../server/pipeline/pipeline.ts'
import type { Invitations } from './invitations.ts'

export const PARS = 'urn:xmpp:pars:0'

export const invitedStage =
  (invitations: Invitations): Stage<ToAccount> =>
  ({ account, packet }) => {
    if (packet.type !== 'subscribe' || !packet.payload.text.includes(PARS)) return 'next'
    const token = packet.payload.child('preauth', PARS)?.attr('token')
    const contact = contactOf(packet.from)
    if (token === undefined || account.roster.stateOf(contact.full) === 'Both') return 'next'
    return invitations.welcome(account.bare, contact, token).then(() => 'next')
  }
