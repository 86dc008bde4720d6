/**
 * XEP-0401, 0379, 0445: a link that makes two people each other's contacts, and, where the operator allows it, an account for the
 * one who is invited. Registration may be closed.
 */
import { between, choice, count, duration, list, section, webOrigin } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { commandsOf } from '../0050-ad-hoc-commands/index.ts'
import { newAccountsOf } from '../0077-registration/index.ts'
import { createAccountCommand, inviteCommand } from './commands.ts'
import { Invitations } from './invitations.ts'
import { invitedStage, PARS } from './roster-stage.ts'
import { InvitationStore, migrations } from './store.ts'
import { installInvitePage } from './web.ts'

export type { Invitations } from './invitations.ts'

/** XEP-0445 3, and the name of the feature in XEP-0401 0.4, which clients look for too. */
const OFFERS = ['urn:xmpp:ibr-token:0', 'urn:xmpp:invite'] as const

const settings = section({
  'accounts': choice(
    ['nobody', 'operator', 'users'],
    'operator',
    'Whose invitations make accounts: "nobody", "operator" (`porchlight invite` and "inviters"), or "users" (every user). Invitations to become a contact are always possible.',
  ),
  'inviters': list(
    [],
    'Addresses of users whose invitations make accounts too, and who may choose the name of the account, where "accounts" is "operator".',
  ),
  'lifetime': duration('7 days', between('1 minute', '365 days'), 'How long an invitation can be used.'),
  'open': count(20, between(1, 10_000), 'Unused invitations of one user at a time. One more is refused with policy-violation.'),
  'per-day': count(
    20,
    between(1, 10_000),
    'Invitations that one user may make in a day. One more is refused with policy-violation.',
  ),
  'url': webOrigin(
    '',
    'URL of the web port for people, such as "https://chat.example.org": invitations have a link to the page /invite there. Empty: they have only an xmpp: link.',
  ),
})

const books = new WeakMap<Host, Invitations>()

/** The invitations of this server. */
export const invitationsOf = (host: Host): Invitations => books.get(host)!

export const invitations = defineFeature({
  name: 'invitations',
  specs: [
    xep(401, 'Ad-hoc Account Invitation Generation', '0.6.0'),
    xep(379, 'Pre-Authenticated Roster Subscription', '0.3.3', 'complete', 'the server grants the request'),
    xep(445, 'Pre-Authenticated In-Band Registration', '0.2.0'),
  ],
  needs: ['ad-hoc-commands', 'registration'],
  settings,
  async install(host, options) {
    await host.database.migrate('xep-0401', migrations)
    const accounts = newAccountsOf(host)
    const made = new Invitations(host, new InvitationStore(host.database), accounts, {
      makesAccounts: options.accounts !== 'nobody',
      lifetime: options.lifetime,
      openMax: options.open,
      perDay: options['per-day'],
      origin: options.url,
    })
    await made.refresh()
    books.set(host, made)
    accounts.admissions.push(made)
    offer(host, made)
    host.toAccount('invited', invitedStage(made), { kinds: ['presence'] })
    installInvitePage(host.http, made, accounts)
    const failed = (error: unknown): void => host.log.error({ err: error }, 'What follows from an invitation could not be done')
    host.on('account-created', ({ jid }) => void made.settle(jid.bare).catch(failed))
    host.on('account-deleted', () => void made.refresh().catch(failed))
    host.on('sessions-restored', () => void made.settle(null).catch(failed))
    const inviters = new Set(options.inviters.map((address) => addressOrNull(address)?.bare))
    const mayMakeAccounts = (bare: string): boolean =>
      options.accounts === 'users' || (options.accounts === 'operator' && inviters.has(bare))
    commandsOf(host).add(inviteCommand(made, mayMakeAccounts))
    if (options.accounts === 'users' || (options.accounts === 'operator' && inviters.size > 0))
      commandsOf(host).add(createAccountCommand(made, mayMakeAccounts))
  },
})

/** XEP-0445: clients see that invitations are taken, and show theirs. */
function offer({ streamFeatures }: Host, made: Invitations): void {
  for (const ns of OFFERS) streamFeatures.beforeAuth.push(({ domain }) => (made.isOpen(domain) ? el('register', ns) : null))
  streamFeatures.early(PARS, async (stream, type, preauth) => {
    const token = preauth.attr('token')
    if (type !== 'set' || preauth.name !== 'preauth' || token === undefined) throw new StanzaError('bad-request')
    await made.show(stream, token)
    return null
  })
}
