/** XEP-0401 4 and 5: the commands with which users invite. */
import { jid } from '../../xmpp/jid.ts'
import { dataForm, booleanOf, type FormField } from '../../xmpp/data-form.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import type { AdHocCommand } from '../0050-ad-hoc-commands/index.ts'
import type { NewInvitation } from './invitation.ts'
import type { Invitations } from './invitations.ts'

const INVITATION = 'urn:xmpp:invite#invitation'

/** @param mayMakeAccounts whether the invitations of this user (a bare JID) can make accounts */
export const inviteCommand = (invitations: Invitations, mayMakeAccounts: (bare: string) => boolean): AdHocCommand => ({
  node: 'urn:xmpp:invite#invite',
  name: 'Invite somebody',
  form: null,
  async submit(bare) {
    const wish = { name: '', makesAccount: mayMakeAccounts(bare), makesContact: true }
    return result(invitations, await invitations.createFor(jid(bare), wish))
  },
})

export const createAccountCommand = (invitations: Invitations, mayMakeAccounts: (bare: string) => boolean): AdHocCommand => ({
  node: 'urn:xmpp:invite#create-account',
  name: 'Invite somebody to a new account',
  async form(bare) {
    if (!mayMakeAccounts(bare)) throw new StanzaError('forbidden')
    return dataForm({
      type: 'form',
      title: 'A new account',
      fields: [
        { name: 'username', type: 'text-single', label: 'Name; leave it empty to let the person choose', values: [] },
        { name: 'roster-subscription', type: 'boolean', label: 'Become contacts', values: ['true'] },
      ],
    })
  },
  async submit(bare, values) {
    if (!mayMakeAccounts(bare)) throw new StanzaError('forbidden')
    const makesContact = booleanOf(values.get('roster-subscription')?.[0] ?? 'false')
    if (makesContact === null) throw new StanzaError('bad-request', { text: 'roster-subscription is true or false' })
    const name = values.get('username')?.[0] ?? ''
    return result(invitations, await invitations.createFor(jid(bare), { name, makesAccount: true, makesContact }))
  },
})

function result(invitations: Invitations, made: NewInvitation): Element {
  const { uri, page } = invitations.linksOf(made)
  const field = (name: string, value: string): FormField => ({ name, type: 'text-single', values: [value] })
  const landing = page === null ? [] : [field('landing-url', page)]
  const fields = [field('uri', uri), ...landing, field('expire', formatDateTime(made.expiresAt))]
  return dataForm({ type: 'result', formType: INVITATION, fields })
}
