/** The state of a room, as it is at one of its positions, in the words of Matrix (MXR 2.1). Pure. */
import type { Member } from '../../rooms/machine/room.ts'
import type { JsonObject } from './json.ts'
import { powerLevels, type Ranked } from './levels.ts'
import { membershipOf, type Membership } from './memberships.ts'
import type { Sight } from './names.ts'
import { isVeiled } from './open-rooms.ts'
import { stateKey, type Picture } from './picture.ts'

/** Someone who walked in, and is not a lasting member. */
export interface Visitor {
  readonly nick: string
}
export type Visitors = ReadonlyMap<string, Visitor>

/** The types that are states of the room itself and can differ from one position to the next, in the order of their events. */
export const OF_CONFIG = ['m.room.name', 'm.room.join_rules', 'm.room.history_visibility', 'm.room.power_levels'] as const

export const MEMBER = 'm.room.member'
export const ENCRYPTION = 'm.room.encryption'
export const POWER_LEVELS = 'm.room.power_levels'

/** The content of a state; null: there is none. @param key of a member: the bare JID */
export function contentAt(picture: Picture, sight: Sight, visitors: Visitors, type: string, key: string): JsonObject | null {
  if (type === MEMBER) {
    const content = memberContent(picture.members.get(key), visitors.get(key))
    if (content !== null && sight.names.isDirect && content['membership'] === 'invite') return { ...content, is_direct: true }
    return content === null ? null : withAddress(content, key, isVeiled(picture.config), sight)
  }
  const fixed = key === '' ? sight.names.fixed.get(type) : undefined
  if (fixed !== undefined) return fixed
  const own = picture.face.get(stateKey(type, key))
  if (own !== undefined && !isOfRoom(type)) return JSON.parse(own) as JsonObject
  return key === '' ? roomContent(picture, sight, type) : null
}
/** The key of a state as clients know it. @param veiled the room hid addresses then */
export const shownKey = (type: string, key: string, veiled: boolean, sight: Sight): string =>
  type === MEMBER ? sight.idOf(key, veiled) : key
/** MXR-23: those who may know an address are told it beside the id. Whoever has no name here is called by it. */
export function withAddress(content: JsonObject, bare: string, veiled: boolean, sight: Sight): JsonObject {
  if (!veiled || bare === sight.viewer || !sight.seesAddresses) return content
  const isNameless = content['displayname'] === undefined && content['membership'] !== 'leave'
  return { ...content, ...(isNameless ? { displayname: bare } : {}), 'im.porchlight.jid': bare }
}
const OF_ROOM: ReadonlySet<string> = new Set([...OF_CONFIG, MEMBER, 'm.room.topic', 'm.room.guest_access', 'm.room.create'])
/** Does the room itself say it, and no client? */
export const isOfRoom = (type: string): boolean => OF_ROOM.has(type)

function roomContent(picture: Picture, sight: Sight, type: string): JsonObject | null {
  const { config, topic, face } = picture
  switch (type) {
    case 'm.room.create': {
      const more = face.get(stateKey(type, ''))
      return {
        ...(more === undefined ? {} : (JSON.parse(more) as JsonObject)),
        creator: creatorIn(picture, sight),
        room_version: '10',
      }
    }
    case POWER_LEVELS:
      return { ...powerLevels(config, rankedIn(picture, sight)) } as unknown as JsonObject
    case 'm.room.join_rules':
      return { join_rule: joinRule(config) }
    case 'm.room.history_visibility':
      return { history_visibility: config.historySinceMembership ? 'joined' : 'shared' }
    case 'm.room.guest_access':
      return { guest_access: 'forbidden' }
    case 'm.room.name':
      return config.name === '' ? null : { name: config.name }
    case 'm.room.topic':
      return topic === '' ? null : { topic }
    case 'm.room.canonical_alias':
      return { alias: sight.names.alias }
    default:
      return null
  }
}
/** Who may join. */
export function joinRule({ membersOnly, passwordProtected, registration }: Picture['config']): string {
  if (membersOnly) return (registration ?? 'ask') === 'ask' ? 'knock' : 'invite'
  return passwordProtected ? 'invite' : 'public'
}
function* rankedIn({ config, members }: Picture, sight: Sight): Generator<Ranked & { readonly id: string }> {
  const veiled = isVeiled(config)
  // Somebody without a rank of their own comes and goes without an event of levels
  for (const [jid, member] of members)
    if (jid.includes('@') && (member.affiliation !== 'none' || member.role !== null))
      yield { ...member, id: sight.idOf(jid, veiled) }
}
/** Where addresses were hidden before, nobody is named who was there then. */
export function creatorIn({ config }: Picture, sight: Sight): string {
  const { creator, room } = sight.names
  const veiled = isVeiled(config)
  return sight.wasVeiled && !veiled ? sight.idOf(room.address.bare, false) : sight.idOf(creator, veiled)
}

/** Null: they have nothing to do with the room. */
export function memberContent(member: Member | undefined, visitor: Visitor | undefined): JsonObject | null {
  const membership = membershipOf(member, visitor !== undefined)
  return membership === null ? null : contentOfMember(membership, member?.nick ?? visitor?.nick ?? null)
}
export const contentOfMember = (membership: Membership, nick: string | null): JsonObject =>
  membership === 'join' && nick !== null ? { membership, displayname: nick } : { membership }

/** All states of a room but those of members: types and keys. */
export function* statesOf(picture: Picture): Generator<readonly [type: string, key: string]> {
  const first = ['m.room.create', POWER_LEVELS, 'm.room.join_rules', 'm.room.history_visibility', 'm.room.guest_access']
  const more = ['m.room.name', 'm.room.topic', 'm.room.canonical_alias']
  for (const type of [...first, ...more]) yield [type, '']
  for (const [own] of picture.face) {
    const [type, key] = own.split('\0') as [string, string]
    if (!isOfRoom(type) && own !== CANONICAL) yield [type, key]
  }
}
const CANONICAL = stateKey('m.room.canonical_alias', '')

/** The bare JIDs of all who belong to the room or visit it, as far as Matrix has a word for it. */
export function* peopleOf(picture: Picture, visitors: Visitors): Generator<string> {
  for (const [jid, member] of picture.members)
    if (jid.includes('@') && membershipOf(member, visitors.has(jid)) !== null) yield jid
  for (const jid of visitors.keys()) if (!picture.members.has(jid)) yield jid
}
