/** The users that requests name. */
import type { Jid } from '../../xmpp/jid.ts'
import { jidOfUserId, type UserIdSpace } from '../ids/user-id.ts'
import { forbidden, invalidParam } from './errors.ts'

/**
 * The bare address of a user id.
 * @throws MatrixError M_INVALID_PARAM
 */
export function userIn(id: string, ids: UserIdSpace): Jid {
  const jid = jidOfUserId(id, ids)
  if (jid === null) throw invalidParam('This is no user id of this server')
  return jid
}

/** For what a user may do with themselves only. @param id as the request names the user @throws MatrixError M_FORBIDDEN */
export function checkOwn(user: Jid, id: string, ids: UserIdSpace): void {
  if (jidOfUserId(id, ids)?.bare !== user.bare) throw forbidden('This is not the user of the token')
}
