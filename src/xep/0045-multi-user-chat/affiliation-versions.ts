/**
 * XEP-0463: a client that enters is told which affiliations have changed since it was there last, and every change says from which
 * version to which it leads. A version is the position of a change in the log of the room (ROOM-118).
 */
import { changesAffiliation, type Entry } from '../../rooms/log.ts'
import type { Affiliation } from '../../rooms/machine/affiliation.ts'
import type { Member, Occupant, Room } from '../../rooms/machine/room.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import { escape, wire, type Wire } from '../../xml/wire.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { maySeeAffiliations } from './lists.ts'
import { MUC_USER } from './ns.ts'

export const VERSIONS = 'urn:xmpp:muc:affiliations:1'
/** Items of one message. */
export const PORTION = 100
/** Changes that are told one by one; after more of them, everything is told. */
const CHANGES_MAX = 1000

/** Of the room as it is. */
export const versionOf = ({ uid, affiliationsAt }: Room): string => nameOf(uid, affiliationsAt)
const nameOf = (uid: string, seq: number): string => `${uid}.${seq}`
/** Null: this is no version that the room has had. */
function positionIn({ uid, affiliationsAt }: Room, version: string): number | null {
  const text = version.startsWith(`${uid}.`) ? version.slice(uid.length + 1) : ''
  return /^\d{1,15}$/.test(text) && Number(text) <= affiliationsAt ? Number(text) : null
}

/** What the changes of entries lead from and to. @param entries of the decision @param last of the entries; the first one if it is alone */
export function stepOf({ uid, affiliationsWere }: Room, entries: readonly Entry[], first: number, last = first): Wire {
  let before = first - 1
  while (before >= 0 && !changesAffiliation(entries[before]!)) before -= 1
  return versions(nameOf(uid, entries[before]?.seq ?? affiliationsWere), nameOf(uid, entries[last]!.seq))
}
/** @param since null: from nothing */
function versions(since: string | null, until: string): Wire {
  return wire(`<mav xmlns='${VERSIONS}'${since === null ? '' : ` since='${since}'`} until='${until}'/>`)
}
/** For the presence of somebody who has asked for the affiliations and may see them. */
export const currentVersion = (room: Room): Wire => versions(null, versionOf(room))

/** May this occupant be told of affiliations? ROOM-27 */
export const mayAsk = (room: Room, { bare }: Occupant): boolean => {
  const own = room.members.get(bare)?.affiliation ?? 'none'
  const occupant = room.occupants.get(room.nicksOf.get(bare)?.[0] ?? '')
  return maySeeAffiliations(room, own, occupant, 'member')
}

/** What is said before any presence. @param since the version that the client has; '' for none */
export async function answerTo(room: Room, log: RoomLog, asker: Occupant, since: string): Promise<readonly Packet[]> {
  if (!mayAsk(room, asker)) return [refusal(room)]
  if (since === versionOf(room)) return []
  const position = positionIn(room, since)
  const changed = position === null ? null : await log.affiliationsSince(room, position, CHANGES_MAX)
  const isAdministrator = ['admin', 'owner'].includes(room.members.get(asker.bare)?.affiliation ?? 'none')
  const shown = ({ affiliation }: Pick<Member, 'affiliation'>): Affiliation =>
    affiliation === 'outcast' && !isAdministrator ? 'none' : affiliation
  if (changed !== null && changed.size > 0) {
    const items = Array.from(changed, (jid) => itemOf(jid, shown(room.members.get(jid) ?? { affiliation: 'none' })))
    return messages(room, items, since)
  }
  const all = [...room.members.values()].filter((member) => shown(member) !== 'none')
  return messages(
    room,
    all.map((member) => itemOf(member.jid, shown(member))),
    null,
  )
}
const itemOf = (jid: string, affiliation: Affiliation): string => `<item jid='${escape(jid)}' affiliation='${affiliation}'/>`

function messages(room: Room, items: readonly string[], since: string | null): readonly Packet[] {
  const count = Math.max(1, Math.ceil(items.length / PORTION))
  const stepAt = (i: number): string => (i === count ? versionOf(room) : `${versionOf(room)}.${i}`)
  return Array.from({ length: count }, (_, i) => {
    const mav = versions(i === 0 ? since : stepAt(i), stepAt(i + 1))
    const some = items.slice(i * PORTION, (i + 1) * PORTION).join('')
    const payload = Payload.ofText(wire(`<x xmlns='${MUC_USER}'>${mav}${some}</x>`))
    return Packet.of({ kind: 'message', from: room.address, payload })
  })
}
function refusal({ address }: Room): Packet {
  const error = new StanzaError('forbidden', { by: address.bare })
  return Packet.of({ kind: 'message', type: 'error', from: address, payload: Payload.of(error.toElement()) })
}
