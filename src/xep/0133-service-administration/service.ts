/** Sections 4.11, 4.12, 4.23, 4.30, 4.31: the commands for the server as a whole. */
import type { DomainListReport } from '../../admin/domain-commands.ts'
import type { DomainList } from '../../server/ports.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { addressFrom, linesOf, textOf, type AdminCommand } from './order.ts'

/** A list of domains, which is shown and comes back as a whole. */
const editList = (node: string, list: DomainList, name: string, title: string, label: string): AdminCommand => ({
  node,
  title,
  orders: ['domain.list', 'domain.change'],
  fields: async (give) => {
    const { [list]: domains } = await give<DomainListReport>('domain.list', {})
    return [{ name, type: 'text-multi', label, values: domains }]
  },
  async run({ values }, give) {
    if (!values.has(name)) throw new StanzaError('bad-request', { text: `The field ${name} is missing` })
    const { [list]: before } = await give<DomainListReport>('domain.list', {})
    const wanted = linesOf(values, name).map(domainFrom)
    const remove = before.filter((domain) => !wanted.includes(domain))
    const add = wanted.filter((domain) => !before.includes(domain))
    const after = await give<DomainListReport>('domain.change', { list, add, remove })
    return [{ name, type: 'text-multi', label, values: after[list] }]
  },
})

/** A domain, or a pattern such as "*.example.org", prepared. @throws StanzaError not-acceptable: an address of somebody */
function domainFrom(text: string): string {
  const [below, rest] = text.startsWith('*.') ? ['*.', text.slice(2)] : ['', text]
  const { local, domain, resource } = addressFrom(rest)
  if (local === '' && resource === '') return below + domain
  throw new StanzaError('not-acceptable', { text: `"${text}" is not a domain: single addresses cannot be in this list` })
}

const DELAYS: readonly (readonly [string, string])[] = [
  ['0', 'At once'],
  ['30', '30 seconds'],
  ['60', '60 seconds'],
  ['90', '90 seconds'],
  ['120', '2 minutes'],
  ['180', '3 minutes'],
  ['240', '4 minutes'],
  ['300', '5 minutes'],
]
const USUAL_DELAY = '30'

const stopping = (node: string, order: 'restart' | 'shutdown', title: string, done: string): AdminCommand => ({
  node,
  title,
  orders: [order],
  fields: () => [
    { name: 'delay', type: 'list-single', label: 'How long to wait', values: [USUAL_DELAY], options: DELAYS },
    { name: 'announcement', type: 'text-multi', label: 'Announcement to the users', values: [] },
  ],
  async run({ values }, give) {
    const delay = values.get('delay')?.[0] ?? USUAL_DELAY
    if (!DELAYS.some(([value]) => value === delay))
      throw new StanzaError('not-acceptable', { text: `"${delay}" is not one of the options` })
    await give(order, { delay: Number(delay), text: (values.get('announcement') ?? []).join('\n') })
    return delay === '0' ? `${done} now.` : `${done} in ${delay} seconds.`
  },
})

export const serviceCommands: readonly AdminCommand[] = [
  editList(
    'edit-blacklist',
    'blocked',
    'blacklistjids',
    'Blocked domains',
    'Domains with which nothing is exchanged; "*.example.org" for all below one',
  ),
  editList(
    'edit-whitelist',
    'allowed',
    'whitelistjids',
    'Allowed domains',
    'If there are any: the only domains with which stanzas are exchanged; "*.example.org" for all below one',
  ),
  {
    node: 'announce',
    title: 'Announce something to all who are online',
    orders: ['announce'],
    fields: () => [{ name: 'announcement', type: 'text-multi', label: 'Announcement', values: [], isRequired: true }],
    async run({ asker: { domain }, values }, give) {
      const text = textOf(values, 'announcement')
      const { sessions } = await give<{ readonly sessions: number }>('announce', { text, domain })
      return `Sent to ${sessions === 1 ? '1 session' : `${sessions} sessions`}.`
    },
  },
  stopping('restart', 'restart', 'Restart the server', 'The server restarts'),
  stopping('shutdown', 'shutdown', 'Shut down the server', 'The server stops'),
]

/** ADM-1: what there is in the XEP and not here. 4.6 was taken back: no password is kept. */
export const ABSENT: readonly string[] = [
  'get-user-password',
  'set-motd',
  'edit-motd',
  'delete-motd',
  'set-welcome',
  'delete-welcome',
  'edit-admin',
]
