/**
 * User-interactive authentication: before something that a stolen token must not do, the client shows the password. Each of our
 * flows has one stage, so nothing has to be remembered between the two requests.
 */
import * as v from 'valibot'
import type { DeviceCall } from '../http/call.ts'
import { MatrixError } from '../http/errors.ts'
import { accountNamed } from '../ids/user-id.ts'
import type { Matrix } from '../matrix.ts'
import { checkPassword } from './passwords.ts'
import { token } from '../../base/entropy.ts'

const BY_PASSWORD = 'm.login.password'

/** What a client shows. */
export const proofEntries = {
  auth: v.nullish(
    v.object({
      type: v.optional(v.string()),
      session: v.optional(v.string()),
      password: v.optional(v.string()),
      token: v.optional(v.string()),
      user: v.optional(v.string()),
      identifier: v.optional(v.object({ type: v.string(), user: v.optional(v.string()) })),
    }),
  ),
} as const
export type Proof = NonNullable<v.InferOutput<typeof proofEntries.auth>>

/** Asks the client for a proof of one of these kinds. @param error of the proof that it has shown; null if it has shown none */
export function askForProof({ host }: Pick<Matrix, 'host'>, stages: readonly string[], error: MatrixError | null): MatrixError {
  const flows = stages.map((stage) => ({ stages: [stage] }))
  const wrong = error === null ? {} : { errcode: error.code, error: error.message }
  return new MatrixError(401, null, 'A proof is needed', { flows, params: {}, session: token(host.entropy), ...wrong })
}

/** @throws MatrixError that asks for the password of the user, until the client has shown it */
export async function proveAgain(
  matrix: Matrix,
  { exchange, user, domain, body: { auth } }: DeviceCall & { readonly body: { readonly auth?: Proof | null | undefined } },
): Promise<void> {
  if (auth == null || auth.type !== BY_PASSWORD || auth.password === undefined) throw askForProof(matrix, [BY_PASSWORD], null)
  const named = auth.identifier?.user ?? auth.user
  const account = named === undefined ? user : accountNamed(named, domain, matrix.ids)
  matrix.paces.take('login', { address: exchange.peer.address, user: null, device: null })
  if (account?.bare !== user.bare) throw askForProof(matrix, [BY_PASSWORD], forbiddenName())
  try {
    await checkPassword(matrix, exchange, user, auth.password)
  } catch (error) {
    if (error instanceof MatrixError && error.status === 403) throw askForProof(matrix, [BY_PASSWORD], error)
    throw error
  }
}
const forbiddenName = (): MatrixError => new MatrixError(403, 'M_FORBIDDEN', 'This is not the user of the token')
