/** Checks the passwords that Matrix clients send, with the same limits on guessing as those of XMPP. */
import type { HttpExchange } from '../../base/http.ts'
import type { LoginSuccess } from '../../sasl/login-attempt.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { failure, forbidden, limitExceeded, locked, MatrixError } from '../http/errors.ts'
import type { Matrix } from '../matrix.ts'

/** How long a client that guesses too much is asked to wait. */
const GUESSING_WAIT_MS = 60_000
const MECHANISM = 'm.login.password'

/** @param account null if no account can have the name that was given @throws MatrixError */
export async function checkPassword(
  { host }: Pick<Matrix, 'host'>,
  { peer: { address } }: HttpExchange,
  account: Jid | null,
  password: string,
): Promise<LoginSuccess> {
  // A name that nobody can have costs the same as one that nobody has
  const { local, domain } = account ?? { local: '', domain: host.domains[0]! }
  const step = await host.authenticator.byPassword({ address, domain }, local, password)
  if (step.kind === 'success') return step
  const { condition, text, isRare } = step
  host.tell('login-failed', { account: account?.bare ?? null, address, mechanism: MECHANISM, condition, isRare })
  if (condition === 'account-disabled') throw locked(text ?? 'The account is disabled')
  if (condition !== 'temporary-auth-failure') throw forbidden('Wrong user name or password')
  throw text === null ? failure(null) : limited(text)
}

function limited(sentence: string): MatrixError {
  const { status, code, more, headers } = limitExceeded(GUESSING_WAIT_MS)
  return new MatrixError(status, code, sentence, more, headers)
}
