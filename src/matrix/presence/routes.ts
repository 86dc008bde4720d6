/** GET and PUT of the status of a user. */
import * as v from 'valibot'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, forbidden, invalidParam, MatrixError } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { isVeiledId, jidOfUserId, type UserIdSpace } from '../ids/user-id.ts'
import { STATUS_OCTETS_MAX } from './device-presence.ts'
import type { Looking } from './looking.ts'
import type { Availability } from './machine.ts'
import type { Presence } from './presence.ts'

const STATUS = v.object({
  presence: v.picklist(['online', 'unavailable', 'offline', 'busy', 'org.matrix.msc3026.busy']),
  status_msg: v.nullish(v.string()),
})
/** What a text of XMPP cannot contain. */
const NOT_TEXT = /[\p{Cs}\uFFFE\uFFFF]|(?![\t\n\r])\p{Cc}/u

/** @param given null: presence is switched off */
export function presenceRoutes(
  ids: UserIdSpace,
  given: { readonly presence: Presence; readonly looking: Looking; readonly hasBusy: boolean } | null,
): readonly Route[] {
  const path = '/presence/:user/status'
  return [
    route({
      method: 'GET',
      path,
      async handle(call) {
        const who = userIn(call.params.user, ids)
        if (given === null) return { presence: 'offline' }
        const content = who === null ? null : await given.looking.statusOf(call.user, who)
        // The same for users who do not exist
        if (content === null) throw forbidden('You are not allowed to see their presence')
        return content
      },
    }),
    route({
      method: 'PUT',
      path,
      pace: 'presence',
      body: STATUS,
      async handle(call) {
        if (userIn(call.params.user, ids)?.bare !== call.user.bare)
          throw forbidden('Only the users themselves set their presence')
        const { presence, status_msg: text } = call.body
        if (given === null) return {}
        await given.presence.put(call.user, call.device, wantedIn(presence, given.hasBusy), textIn(text ?? ''))
        return {}
      },
    }),
  ]
}

/** Null for an occupant whose address is not shown. @throws MatrixError M_INVALID_PARAM */
function userIn(id: string, ids: UserIdSpace): Jid | null {
  if (isVeiledId(id)) return null
  const who = jidOfUserId(id, ids)
  if (who === null) throw invalidParam('This is no user id of this server')
  return who
}

function wantedIn(word: v.InferOutput<typeof STATUS>['presence'], hasBusy: boolean): Availability {
  const wanted = word === 'org.matrix.msc3026.busy' ? 'busy' : word
  if (wanted === 'busy' && !hasBusy) throw badJson('This server has no presence "busy"')
  return wanted
}
/** @throws MatrixError */
function textIn(text: string): string {
  if (Buffer.byteLength(text) > STATUS_OCTETS_MAX)
    throw new MatrixError(400, 'M_TOO_LARGE', `A status has at most ${STATUS_OCTETS_MAX} octets`)
  if (NOT_TEXT.test(text)) throw badJson('A status has no control characters')
  return text
}
