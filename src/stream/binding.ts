/** RFC 6120 section 7: an authenticated client asks for a resource. */
import type { LocalAccount } from '../server/account/session.ts'
import type { Session } from '../server/account/session.ts'
import type { Authenticated } from '../server/streams/stream-features.ts'
import type { Element } from '../xml/element.ts'
import { JidError, prepareResource, type Jid } from '../xmpp/jid.ts'
import { BIND } from '../xmpp/ns.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import type { ClientStreamParts } from './client-parts.ts'

/** @throws StreamError not-authorized if the account was deleted after the authentication */
export async function accountOf({ accounts }: ClientStreamParts, jid: Jid): Promise<LocalAccount> {
  const account = await accounts.load(jid.bare)
  if (account === null) throw new StreamError('not-authorized')
  return account
}

/** @throws StanzaError bad-request if the resource is invalid (7.7.2.1), resource-constraint (7.6.2.1) */
export function bindResource(
  { sessions }: ClientStreamParts,
  account: LocalAccount,
  { lang, connection, device }: Authenticated,
  request: Element,
): Session {
  const wanted = request.child('resource', BIND)?.text ?? ''
  return sessions.bind(account, { resource: wanted === '' ? null : prepared(wanted), lang, connection, device })
}

function prepared(resource: string): string {
  try {
    return prepareResource(resource)
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('bad-request', { text: error.message })
    throw error
  }
}
