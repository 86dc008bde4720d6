/** Sections 4.13 to 4.22: how many users there are, and which. They are those of the domain that is asked. */
import type { UserFigures, UsersOfKind } from '../../admin/user-reports.ts'
import type { FormField } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { AdminCommand } from './order.ts'

type Kind = keyof UserFigures

/** ADM-3: with the number of users, how many of them are only believed to be there. */
const KINDS: Readonly<Record<Exclude<Kind, 'paused'>, { readonly label: string; readonly beside: readonly Kind[] }>> = {
  registered: { label: 'registered users', beside: [] },
  disabled: { label: 'disabled users', beside: [] },
  online: { label: 'online users', beside: ['active', 'idle', 'paused'] },
  active: { label: 'active users', beside: [] },
  idle: { label: 'idle users', beside: [] },
}
const PAUSED = 'users whose connection is lost and who may come back'

const numberField = (kind: Kind, label: string, figures: UserFigures): FormField => ({
  name: `${kind}usersnum`,
  type: 'text-single',
  label: `The number of ${label}`,
  values: [String(figures[kind])],
})

const kinds = Object.entries(KINDS) as readonly [keyof typeof KINDS, (typeof KINDS)[keyof typeof KINDS]][]

const numbers = kinds.map(([kind, { label, beside }]): AdminCommand => ({
  node: `get-${kind}-users-num`,
  title: `Number of ${label}`,
  orders: ['user.figures'],
  fields: null,
  async run({ asker: { domain } }, give) {
    const figures = await give<UserFigures>('user.figures', { domain })
    const labelOf = (one: Kind): string => (one === 'paused' ? PAUSED : KINDS[one].label)
    return [kind, ...beside].map((one) => numberField(one, labelOf(one), figures))
  },
}))

const AMOUNTS = ['25', '50', '75', '100', '150', '200', 'none']
const USUAL = '100'
/** The most addresses in one answer. */
const LIST_MAX = 5000

/** ADM-1: the nodes are of one form. */
const lists = kinds.map(([kind, { label }]): AdminCommand => ({
  node: `get-${kind}-users-list`,
  title: `List of ${label}`,
  orders: ['user.kind'],
  fields: () => [
    {
      name: 'max_items',
      type: 'list-single',
      label: 'The most addresses to show',
      values: [USUAL],
      options: AMOUNTS.map((amount) => [amount, amount === 'none' ? `All, up to ${LIST_MAX}` : amount]),
    },
  ],
  async run({ asker: { domain }, values }, give) {
    const amount = values.get('max_items')?.[0] ?? USUAL
    if (!AMOUNTS.includes(amount)) throw new StanzaError('not-acceptable', { text: `"${amount}" is not one of the options` })
    const limit = amount === 'none' ? LIST_MAX : Number(amount)
    const { jids, total } = await give<UsersOfKind>('user.kind', { domain, kind, limit })
    return [
      { name: `${kind}userjids`, type: 'jid-multi', label: `The list of ${label}`, values: jids },
      { name: `${kind}usersnum`, type: 'text-single', label: `The number of ${label}`, values: [String(total)] },
    ]
  },
}))

export const figureCommands: readonly AdminCommand[] = [...numbers, ...lists]

/** Two of the lists as the XEP has their nodes, in 4.21 and 4.22. */
export const figureAliases: readonly AdminCommand[] = lists
  .filter(({ node }) => /^get-(active|idle)-/.test(node))
  .map((command) => ({ ...command, node: command.node.replace(/-list$/, '') }))
