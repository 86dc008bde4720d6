/** A room that was on another server and comes here with its settings, affiliations, subject and card. Nobody is in it. */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { RoomLimits } from './machine/commands.ts'
import { DEFAULTS, type RoomConfig } from './machine/config.ts'
import { Plan, strangerOf } from './machine/plan.ts'
import { Room, type Member, type RoomOrigin, type Subject } from './machine/room.ts'

const UID_OCTETS = 12
const SECRET_OCTETS = 32

/** What a room at that address is made from. */
export const originOf = (address: Jid, clock: Clock, entropy: Entropy): RoomOrigin => ({
  uid: entropy.bytes(UID_OCTETS).toString('base64url'),
  address,
  createdAt: clock.now(),
  secret: entropy.bytes(SECRET_OCTETS),
})
/** With nobody in it, and as rooms are unless somebody says otherwise. */
export const emptyRoom = (origin: RoomOrigin): Room =>
  new Room(origin, { config: DEFAULTS, subject: null, pictures: [], hats: [], lockedFor: null, ended: null, quietFrom: null })

export interface BroughtRoom {
  readonly config: RoomConfig
  readonly subject: Subject | null
  /** As XML, with the hashes of the pictures in it; null: it has none. */
  readonly card: { readonly text: string; readonly pictures: readonly string[] } | null
  readonly members: readonly Pick<Member, 'jid' | 'affiliation' | 'nick' | 'reason'>[]
}
/** What is to be stored. A reserved nickname was registered there: its person belongs to the room. */
export function bringing(origin: RoomOrigin, { config, subject, card, members }: BroughtRoom, limits: RoomLimits): Plan {
  const plan = new Plan(emptyRoom(origin), { now: origin.createdAt, limits, labels: null })
  plan.facts = { ...plan.facts, config, subject, pictures: card?.pictures ?? [] }
  plan.card = card?.text ?? null
  for (const { jid, affiliation, nick, reason } of members) {
    const standing = nick === null ? null : ({ is: 'joined', lasting: true, by: null, until: null } as const)
    plan.setMember({ ...strangerOf(jid), affiliation, nick, reason, registered: nick !== null, standing })
  }
  return plan
}
