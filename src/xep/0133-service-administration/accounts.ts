/** Sections 4.1 to 4.10: the commands for one account or for several. */
import type { ContactRow, UserReport } from '../../admin/user-reports.ts'
import { CREDENTIALS_CHANGED, kicked, type Ending } from '../../server/account/endings.ts'
import { el, type Element } from '../../xml/element.ts'
import type { FormField } from '../../xmpp/data-form.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { ROSTER } from '../../xmpp/ns.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Asker } from '../0050-ad-hoc-commands/index.ts'
import { accountIn, accountsIn, oneOf, resultForm, type AdminCommand, type Give } from './order.ts'

const one = (label: string): FormField => ({ name: 'accountjid', type: 'jid-single', label, values: [], isRequired: true })
const several = (label: string): FormField => ({ name: 'accountjids', type: 'jid-multi', label, values: [], isRequired: true })
const secret = (name: string, label: string): FormField => ({ name, type: 'text-private', label, values: [], isRequired: true })

/** Finds out that all of them exist before anything is done to the first of them. */
async function existing(accounts: readonly Jid[], give: Give): Promise<readonly UserReport[]> {
  const found: UserReport[] = []
  for (const account of accounts) found.push(await give<UserReport>('user.show', { jid: account.full }))
  return found
}

/** Nobody shuts themselves out by mistake. */
function notOneself(accounts: readonly Jid[], by: string): void {
  if (accounts.some(({ bare }) => bare === by))
    throw new StanzaError('not-allowed', { text: 'You cannot do this to your own account' })
}

/** The session that gives the order: an order that ends it leaves it alone, because it is to have the answer first. */
const sparedOf = ({ session }: Asker): string => session?.jid.full ?? ''
/** The session of the administrator ends as well, behind the answer. */
const endAfterwards = ({ session, afterwards }: Asker, ending: Ending): void => void afterwards.push(() => session?.end(ending))

/** A command that does the same to each of several accounts. */
const forEach = (
  node: string,
  title: string,
  label: string,
  order: string,
  does: { readonly args?: object; readonly done: string; readonly shutsOut: boolean },
): AdminCommand => ({
  node,
  title,
  orders: ['user.show', order],
  fields: () => [several(label)],
  async run({ asker, values }, give) {
    const accounts = accountsIn(values)
    if (does.shutsOut) notOneself(accounts, asker.bare)
    await existing(accounts, give)
    for (const account of accounts) await give(order, { jid: account.full, ...does.args })
    return does.done
  },
})

export const accountCommands: readonly AdminCommand[] = [
  {
    node: 'add-user',
    title: 'Add a user',
    orders: ['user.add'],
    fields: () => [
      one('Address of the new account'),
      secret('password', 'Password'),
      secret('password-verify', 'Password again'),
    ],
    async run({ values }, give) {
      const password = oneOf(values, 'password')
      if ((values.get('password-verify')?.[0] ?? password) !== password)
        throw new StanzaError('not-acceptable', { text: 'The two passwords differ' })
      await give('user.add', { jid: accountIn(values).full, password })
      return 'The account can be used now.'
    },
  },
  forEach('delete-user', 'Delete users', 'Accounts to delete', 'user.delete', { done: 'Deleted.', shutsOut: true }),
  forEach('disable-user', 'Disable users', 'Accounts to disable', 'user.disable', {
    args: { reason: '' },
    done: 'Disabled. Nothing of the accounts is lost.',
    shutsOut: true,
  }),
  forEach('reenable-user', 'Enable users again', 'Accounts to enable', 'user.enable', { done: 'Enabled.', shutsOut: false }),
  {
    node: 'end-user-session',
    title: 'End sessions of users',
    orders: ['session.kick'],
    fields: () => [several('Sessions to end; an address without a resource means all of the account')],
    async run({ asker, values }, give) {
      const spared = sparedOf(asker)
      for (const account of accountsIn(values)) {
        await give('session.kick', { jid: account.full, reason: '', spared })
        if (account.full === spared || account.full === asker.bare) endAfterwards(asker, kicked(''))
      }
      return 'The sessions have ended.'
    },
  },
  {
    node: 'change-user-password',
    title: 'Change the password of a user',
    orders: ['user.passwd'],
    fields: () => [one('Address of the account'), secret('password', 'New password')],
    async run({ asker, values }, give) {
      const { full } = accountIn(values)
      await give('user.passwd', { jid: full, password: oneOf(values, 'password'), spared: sparedOf(asker) })
      if (full === asker.bare) endAfterwards(asker, CREDENTIALS_CHANGED)
      return 'The password is changed, and the sessions have ended.'
    },
  },
  {
    node: 'get-user-roster',
    title: 'Contacts of users',
    orders: ['user.roster'],
    fields: () => [several('Accounts whose contacts to show')],
    async run({ values }, give) {
      const accounts = accountsIn(values)
      const contacts: ContactRow[] = []
      for (const account of accounts) contacts.push(...(await give<readonly ContactRow[]>('user.roster', { jid: account.full })))
      return rosterForm(accounts, contacts)
    },
  },
  {
    node: 'get-user-lastlogin',
    title: 'Last login of users',
    orders: ['user.show'],
    fields: () => [several('Accounts whose last login to show')],
    async run({ values }, give) {
      const found = await existing(accountsIn(values), give)
      return [
        { name: 'accountjids', type: 'jid-multi', values: found.map(({ jid }) => jid) },
        { name: 'lastlogin', type: 'text-multi', label: 'Last login', values: found.map(lastLogin) },
      ]
    },
  },
  {
    node: 'user-stats',
    title: 'Figures of a user',
    orders: ['user.show'],
    fields: () => [one('Address of the account')],
    async run({ values }, give) {
      return figuresOf(await give<UserReport>('user.show', { jid: accountIn(values).full }))
    },
  },
]

const lastLogin = ({ lastLogin: at }: UserReport): string => (at === null ? 'unknown' : formatDateTime(at))

/** ADM-3: beside the fields of the XEP, what is known of each session. */
function figuresOf(report: UserReport): readonly FormField[] {
  const { jid, contacts, sessions, disabled, createdAt } = report
  const addresses = sessions.flatMap(({ remote }) => (remote === null ? [] : [hostOf(remote)]))
  const field = (name: string, label: string, values: readonly string[]): FormField => ({
    name,
    type: values.length > 1 ? 'text-multi' : 'text-single',
    label,
    values,
  })
  return [
    { name: 'accountjid', type: 'jid-single', values: [jid] },
    field('ipaddresses', 'Addresses of the clients', [...new Set(addresses)]),
    field('rostersize', 'Contacts', [String(contacts)]),
    field(
      'onlineresources',
      'Sessions',
      sessions.map(({ resource }) => resource),
    ),
    field(
      'sessionstates',
      'State of each session',
      sessions.map(({ activity }) => activity),
    ),
    field('lastlogin', 'Last login', [lastLogin(report)]),
    field('created', 'Created', [formatDateTime(createdAt)]),
    ...(disabled === null ? [] : [field('disabled', 'Disabled since', [formatDateTime(disabled.at)])]),
  ]
}

/** Without the port. */
const hostOf = (remote: string): string => remote.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** 4.8: the roster stands in the form. */
function rosterForm(accounts: readonly Jid[], contacts: readonly ContactRow[]): Element {
  const values = accounts.map(({ bare }) => bare)
  const form = resultForm('Contacts', [{ name: 'accountjids', type: 'jid-multi', values }])
  const items = contacts.map(({ jid, name, groups, subscription, ask }) => {
    const words = { jid, name: name === '' ? undefined : name, subscription, ask: ask ? 'subscribe' : undefined }
    return el('item', ROSTER, words, ...groups.map((group) => el('group', ROSTER, {}, group)))
  })
  return el(form.name, form.ns, { type: 'result' }, ...form.elements, el('query', ROSTER, {}, ...items))
}
