/** Which orders a browser may give, and in which role. An order in neither list is accepted only over the control socket. */
import type { Role } from './logins.ts'

const SEEING: ReadonlySet<string> = new Set([
  'status',
  'history',
  'troubles',
  'login.failures',
  'costs',
  'doubts',
  'session.list',
  'link.list',
  'explain.presence',
  'explain.room',
  'explain.order',
  'user.list',
  'user.devices',
  'room.list',
  'room.show',
  'room.occupants',
  'room.affiliations',
])
const CHANGING: ReadonlySet<string> = new Set([
  'user.add',
  'user.set',
  'user.passwd',
  'user.disable',
  'user.enable',
  'user.delete',
  'user.sign-out',
  'session.kick',
  'link.down',
  'link.up',
  'room.affiliation',
  'room.destroy',
])

/** The order changes nothing. */
export const onlyLooks = (command: string): boolean => SEEING.has(command)

export const mayOrder = (role: Role, command: string): boolean =>
  SEEING.has(command) || (role === 'operator' && CHANGING.has(command))
