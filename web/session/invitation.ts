/** An invitation, as the server tells it to somebody who has its token, and the account that is made with it. */

export interface InvitationReport {
  readonly domain: string
  /** The name of the account; '' if the person chooses it. */
  readonly name: string
  /** Whose contact the person becomes; null: nobody's. */
  readonly inviter: string | null
  readonly makesAccount: boolean
  readonly expiresAt: number
  /** For an XMPP client. */
  readonly uri: string
}
/** @returns null if the invitation is used up, too old or taken back */
export async function lookAt(token: string): Promise<InvitationReport | null> {
  const response = await post('/invite/look', { token })
  return ((await response.json()) as { invitation: InvitationReport | null }).invitation
}
/** @returns the address of the new account, or what was wrong, in words */
export async function makeAccount(
  token: string,
  name: string,
  password: string,
): Promise<{ readonly jid: string } | { readonly error: string }> {
  const response = await post('/invite/account', { token, name, password })
  if (!response.ok) return { error: await response.text() }
  return (await response.json()) as { jid: string } | { error: string }
}
const post = (path: string, body: object): Promise<Response> =>
  fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
