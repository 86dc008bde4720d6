/**
 * XEP-0077: users create accounts before authentication, if the operator allows it (off by default). Users with an account can
 * ask for its name, change its password, or delete it. Only plain fields, no data forms.
 */
import { between, count, flag, section, zeroOr } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Answer, IqRequest } from '../../server/routing/registry.ts'
import type { Session } from '../../server/account/session.ts'
import type { StreamInfo } from '../../server/streams/stream-features.ts'
import { el, type Element } from '../../xml/element.ts'
import { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { checkPassword, localpart, type Lengths } from './names.ts'
import { NewAccounts } from './new-accounts.ts'

export type { Admission, NewAccounts, Ticket } from './new-accounts.ts'

const REGISTER = 'jabber:iq:register'
/** Section 8: the namespace of the stream feature. */
const FEATURE = 'http://jabber.org/features/iq-register'

const registrationSettings = section({
  'open': flag(
    false,
    'Whether anybody may create an account. Leave it off unless you can watch what strangers do with their accounts.',
  ),
  'changes': flag(true, 'Whether users may change their password and delete their account in their client.'),
  'per-address': count(
    5,
    zeroOr(1, 1_000_000),
    'Attempts to register from one address (for IPv6: one /64 network) in an hour. More are refused with resource-constraint. 0: no limit.',
  ),
  'name-length': count(
    64,
    between(1, 1023),
    'Octets that the name of a new account may have. Longer ones are refused with not-acceptable.',
  ),
  'password-length': count(
    8,
    between(1, 128),
    'Characters that a new password must have. Shorter ones are refused with not-acceptable.',
  ),
})

const books = new WeakMap<Host, NewAccounts>()

/** Where people make accounts for themselves. For features that need 'registration'. */
export const newAccountsOf = (host: Host): NewAccounts => books.get(host)!

export const registration = defineFeature({
  name: 'registration',
  specs: [xep(77, 'In-Band Registration', '2.4', 'complete', 'plain fields, no data forms')],
  settings: registrationSettings,
  install(host, settings) {
    const lengths = { nameMax: settings['name-length'], passwordMin: settings['password-length'] }
    const accounts = new NewAccounts(host, {
      ...lengths,
      isOpen: settings.open,
      mayChange: settings.changes,
      perHour: settings['per-address'],
    })
    books.set(host, accounts)
    offerAccounts(host, accounts)
    if (settings.changes) offerChanges(host, lengths)
    if (settings.open || settings.changes) host.disco.server.features.push(REGISTER)
  },
})

function offerAccounts({ streamFeatures }: Host, accounts: NewAccounts): void {
  streamFeatures.beforeAuth.push((stream) => (accounts.isOffered(stream) ? el('register', FEATURE) : null))
  streamFeatures.early(REGISTER, (stream, type, query) => {
    if (!accounts.isOffered(stream)) throw new StanzaError('service-unavailable')
    return type === 'get' ? blankFields() : register(accounts, stream, query)
  })
}

/** Section 3.1. */
async function register(accounts: NewAccounts, stream: StreamInfo, query: Element): Promise<null> {
  if (query.child('remove') !== undefined) throw new StanzaError('unexpected-request') // 3.2: a client that has not logged in has nothing to remove
  const { username, password } = credentials(query, 'not-acceptable')
  await accounts.create({ username, password, domain: stream.domain, address: stream.address }, accounts.ticketOf(stream))
  return null
}

/** The user asks without an address, or asks the server; both mean the user's own account. */
function offerChanges(host: Host, lengths: Lengths): void {
  const rule = { ns: REGISTER, name: 'query' } as const
  const get = (request: IqRequest): Answer => ownFields(sessionOf(request))
  const set = (request: IqRequest): Promise<Answer> => change(host, lengths, sessionOf(request), request)
  host.iqToAccount({ ...rule, type: 'get', access: 'owner', handle: get })
  host.iqToAccount({ ...rule, type: 'set', access: 'owner', handle: set })
  host.iqToServer({ ...rule, type: 'get', handle: get })
  host.iqToServer({ ...rule, type: 'set', handle: set })
}

/** The asker's session, if it belongs to the domain that is asked. Others have no account here. */
function sessionOf({ session, packet }: IqRequest): Session {
  if (session === null || session.jid.domain !== packet.to!.domain) throw new StanzaError('service-unavailable')
  return session
}

async function change(host: Host, lengths: Lengths, session: Session, { packet, payload }: IqRequest): Promise<Answer> {
  if (payload.child('remove') !== undefined) return remove(host, session, packet, payload)
  const { username, password } = credentials(payload, 'bad-request')
  const { bare } = session.account
  if (localpart(username) !== bare.local) throw new StanzaError('not-allowed', { text: 'This is not your own account' })
  checkPassword(password, lengths)
  await host.registrar.changePassword(bare, password)
  return null
}

/** Section 3.2: the user receives the result before the sessions end. The answer that follows finds no session. */
async function remove(host: Host, session: Session, packet: Packet, query: Element): Promise<Answer> {
  if (query.elements.length !== 1) throw new StanzaError('bad-request')
  const result = Packet.of({ kind: 'iq', type: 'result', from: packet.to!, to: session.jid, id: packet.id })
  await host.registrar.delete(session.account.bare, () => session.take(result))
  return null
}

/** @param condition of the error if one is missing (3.1 and 3.3 differ) */
function credentials(
  query: Element,
  condition: 'not-acceptable' | 'bad-request',
): { readonly username: string; readonly password: string } {
  const username = query.child('username')?.text ?? ''
  const password = query.child('password')?.text ?? ''
  if (username === '' || password === '') throw new StanzaError(condition, { text: 'A user name and a password are required' })
  return { username, password }
}

const field = (name: string, ...content: string[]): Element => el(name, REGISTER, {}, ...content)

const blankFields = (): Element =>
  el('query', REGISTER, {}, field('instructions', 'Choose a name and a password.'), field('username'), field('password'))

const ownFields = ({ account }: Session): Element =>
  el(
    'query',
    REGISTER,
    {},
    field('instructions', 'You may change your password.'),
    field('registered'),
    field('username', account.bare.local),
    field('password'),
  )
