/**
 * What the page /invite asks (web/invite.tsx): what an invitation is for, and to make the account. The page has the token from its
 * own address. Pages of other origins cannot ask, because the requests are JSON.
 */
import * as v from 'valibot'
import { HttpRefusal, type HttpExchange, type HttpRoutes } from '../../base/http.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { NewAccounts } from '../0077-registration/index.ts'
import { uriOf, type Invitation } from './invitation.ts'
import type { Invitations } from './invitations.ts'

const BODY_MAX = 4096
const GONE = 'This invitation is used up, too old, or was taken back.'

const lookSchema = v.strictObject({ token: v.string() })
const accountSchema = v.strictObject({ token: v.string(), name: v.string(), password: v.string() })

/** What cannot be is an answer, not an error of HTTP: people make such mistakes. */
export function installInvitePage(routes: HttpRoutes, invitations: Invitations, accounts: NewAccounts): void {
  routes.at('/invite/look', async (exchange) => {
    const { token } = await bodyOf(exchange, lookSchema)
    const found = await invitations.find(token)
    answer(exchange, { invitation: found === null ? null : reportOf(found, token) })
  })
  routes.at('/invite/account', async (exchange) => {
    const { token, name, password } = await bodyOf(exchange, accountSchema)
    const found = await invitations.find(token)
    if (found === null || !found.makesAccount) return answer(exchange, { error: GONE })
    const wanted = { username: name, password, domain: found.domain, address: exchange.peer.address }
    try {
      const account = await accounts.create(wanted, invitations.ticketFor(found))
      answer(exchange, { jid: account.bare })
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error
      answer(exchange, { error: error.detail.text ?? 'This name is taken' })
    }
  })
}

function reportOf(invitation: Invitation, token: string): object {
  const { domain, name, inviter, makesAccount, makesContact, expiresAt } = invitation
  const uri = uriOf({ ...invitation, token })
  return { domain, name, inviter: makesContact ? inviter : null, makesAccount, expiresAt, uri }
}

/** Passwords travel, so only encrypted or local connections are accepted. */
async function bodyOf<S extends v.GenericSchema>(exchange: HttpExchange, schema: S): Promise<v.InferOutput<S>> {
  exchange.allow('POST')
  if (!exchange.peer.encrypted && !exchange.peer.atThisMachine) throw new HttpRefusal(403, 'Only over https')
  if (exchange.header('content-type') !== 'application/json') throw new HttpRefusal(415, 'JSON is expected')
  const octets = await exchange.body(BODY_MAX)
  try {
    return v.parse(schema, JSON.parse(octets.toString('utf8')))
  } catch {
    throw new HttpRefusal(400, 'This is not what the page sends.')
  }
}
function answer(exchange: HttpExchange, value: unknown): void {
  exchange.reply(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, JSON.stringify(value))
}
