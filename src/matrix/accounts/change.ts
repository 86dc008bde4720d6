/** Another password for the account. The device that changes it stays logged in. */
import * as v from 'valibot'
import { newAccountsOf } from '../../xep/0077-registration/index.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { forbidden, MatrixError } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import type { Matrix } from '../matrix.ts'
import { proofEntries, proveAgain } from './proving.ts'

export const passwordRoutes = (matrix: Matrix): readonly Route[] => [
  route({
    method: 'POST',
    path: '/account/password',
    pace: 'login',
    body: v.object({ new_password: v.string(), logout_devices: v.optional(v.boolean(), true), ...proofEntries }),
    async handle(call) {
      const { host, devices } = matrix
      const accounts = newAccountsOf(host)
      if (!accounts.mayChange) throw forbidden('The operator does not want that users change their passwords')
      await proveAgain(matrix, call)
      const { new_password: password, logout_devices: others } = call.body
      try {
        accounts.checkPassword(password)
      } catch (error) {
        if (error instanceof StanzaError)
          throw new MatrixError(400, 'M_WEAK_PASSWORD', error.detail.text ?? 'This cannot be a password')
        throw error
      }
      const kept = others ? [call.device] : (await devices.list(call.user)).map(({ id }) => id)
      await host.registrar.changePassword(call.user, password, kept)
      return {}
    },
  }),
]
