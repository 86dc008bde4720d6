/** A conversation in the form of a room: what it is called, who is in it, and what nobody can change about it (MXR-90, MXR-92). */
import { createHmac } from 'node:crypto'
import { DEFAULTS } from '../../rooms/machine/config.ts'
import { strangerOf } from '../../rooms/machine/plan.ts'
import { putMember, Room, type Standing } from '../../rooms/machine/room.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { roomIdOf } from '../ids/room-id.ts'
import { serverName, type UserIdSpace } from '../ids/user-id.ts'
import type { JsonObject } from '../rooms/json.ts'
import { Names } from '../rooms/names.ts'
import { POWER_LEVELS } from '../rooms/states.ts'
import type { Part } from './store.ts'

const UID_OCTETS = 12
/** More than anybody has. */
const NEVER = 101
const OWNER = 100

/** The two of a conversation, in an order that does not depend on who asks. */
const sorted = (one: Jid, other: Jid): readonly [Jid, Jid] => (one.bare < other.bare ? [one, other] : [other, one])

/** Both of two accounts here have the same. */
export function uidOf(secret: Uint8Array, one: Jid, other: Jid): string {
  const names = sorted(one, other).map(({ bare }) => bare)
  return createHmac('sha256', secret)
    .update(`dm\0${names.join('\0')}`)
    .digest()
    .subarray(0, UID_OCTETS)
    .toString('base64url')
}
/** Whose domain the id of the room has: that of an account here. */
function domainOf(owner: Jid, peer: Jid, { domains }: UserIdSpace): string {
  const [first] = sorted(owner, peer)
  return domains.includes(peer.domain) && peer.local !== '' ? first.domain : owner.domain
}

export interface Pair {
  readonly owner: Jid
  readonly peer: Jid
  readonly uid: string
  readonly beganAt: number
}
export function namesOf({ owner, peer, uid, beganAt }: Pair, secret: Uint8Array, ids: UserIdSpace): Names {
  const own = createHmac('sha256', secret).update(`state\0${uid}`).digest()
  const room = new Room(
    { uid: `${uid} ${owner.bare}`, address: peer, createdAt: beganAt, secret: own },
    { config: CONFIG, subject: null, pictures: [], hats: [], lockedFor: null, ended: null, quietFrom: null },
  )
  const domain = domainOf(owner, peer, ids)
  const roomId = roomIdOf(secret, uid, serverName(domain))
  const creator = sorted(owner, peer)[0].bare
  const names: Names = new Names({ room, roomId, alias: '', creator, domain, ids, fixed: new Map() })
  names.fixed.set(POWER_LEVELS, levels([names.openId(owner.bare), names.openId(peer.bare)]))
  names.fixed.set('m.room.canonical_alias', null)
  return names
}
const CONFIG = { ...DEFAULTS, persistent: true, archived: true, membersOnly: true, registration: 'off', whois: 'anyone' } as const

/** Nobody puts the other one out, lets a third one in, or takes back what the other one has said. */
const levels = (ids: readonly string[]): JsonObject => ({
  ban: NEVER,
  kick: NEVER,
  redact: NEVER,
  invite: NEVER,
  state_default: NEVER,
  events_default: 0,
  users_default: 0,
  events: {},
  users: Object.fromEntries(ids.map((id) => [id, OWNER])),
})

const IS = { join: 'joined', invite: 'invited', leave: 'left' } as const
export function setPart(room: Room, bare: string, part: Part, nick: string, by: string): void {
  const standing: Standing = { is: IS[part], lasting: true, by, until: null }
  putMember(room, bare, { ...strangerOf(bare), affiliation: 'owner', nick, standing })
}
