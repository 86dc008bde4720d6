/**
 * Rooms that end (T-MX34): what everybody who has to do with the room will be told is stored along with its end, so that a
 * client that was away hears of it after a restart too.
 */
import type { Plan } from '../../rooms/machine/plan.ts'
import type { ServedRooms } from '../../rooms/rooms.ts'
import type { AlongEnd } from '../../rooms/store.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Access } from './access.ts'
import type { JsonObject } from './json.ts'
import type { MatrixRooms } from './matrix-rooms.ts'
import { lastingMembership } from './memberships.ts'
import { Sight } from './names.ts'
import { isOpen, isVeiled } from './open-rooms.ts'
import type { EndedRow, MatrixRoomStore } from './store.ts'

export interface EndingParts {
  readonly served: ServedRooms
  readonly access: Access
  readonly face: MatrixRooms
  readonly store: MatrixRoomStore
  /** Of accounts. */
  readonly domains: readonly string[]
}

export function endings(parts: EndingParts): AlongEnd {
  const { access, face, store } = parts
  return async (plan, entries, stream) => {
    const { room, facts, circumstances } = plan
    if (!isOpen(room)) return []
    const isDestroyed = facts.ended!.why === 'destroyed'
    const by = entries.find(({ kind }) => kind === 'destroy')?.by ?? room.address.bare
    const names = access.namesOf(room, by)
    const veiled = isVeiled(facts.config)
    const row: Omit<EndedRow, 'jid' | 'by_id'> = {
      room_id: access.roomIdOf(room),
      stream,
      at: circumstances.now,
      reason: facts.ended!.reason,
      tombstone: isDestroyed ? JSON.stringify(await tombstoneOf(parts, plan)) : '',
      // Of a room that nobody has looked at lately it is not known, so clients are told that there was something
      previous: face.held(room.uid)?.newest ?? stream - 1,
    }
    return store.endings(
      [...peopleOf(plan, parts.domains)].map((jid) => ({ ...row, jid, by_id: new Sight(names, jid, veiled).idOf(by, veiled) })),
    )
  }
}
/** Accounts of ours that belong to the room, are invited, or have left and may not have heard of it. */
function* peopleOf({ room: { members } }: Plan, domains: readonly string[]): Generator<string> {
  for (const [jid, member] of members) {
    const { local, domain } = storedJid(jid)
    if (local !== '' && domains.includes(domain) && lastingMembership(member) !== null) yield jid
  }
}
/** The room to go to is named if it is one that Matrix clients can use. */
async function tombstoneOf({ served, access }: EndingParts, { room, facts }: Plan): Promise<JsonObject> {
  const { alternate, reason } = facts.ended!
  const body = reason === '' ? 'The room was closed' : reason
  const address = alternate === '' ? null : storedJid(alternate)
  // Not in the lane of the other room, which may be waiting for this one
  const isOurs = address !== null && address.bare !== room.address.bare && served.domains.includes(address.domain)
  const next = isOurs ? await served.store.load(address) : null
  return next !== null && isOpen(next.room) ? { body, replacement_room: access.roomIdOf(next.room) } : { body }
}
