/** Rooms that Matrix clients create (MXR-30): one step, all or nothing. */
import * as v from 'valibot'
import type { Entropy } from '../../base/entropy.ts'
import type { ServedRooms } from '../../rooms/rooms.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import type { RoomConfig } from '../../rooms/machine/config.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, forbidden, invalidParam, MatrixError } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { addressOf, aliasOf, type RoomDomains } from '../ids/alias.ts'
import type { Access } from './access.ts'
import type { Encryption } from './encryption.ts'
import { checkEvent, checkName, checkRoomFor, type StateLimits } from './event-limits.ts'
import { checkRoomsOf, nicksFor, type JoiningParts } from './joining.ts'
import type { JsonObject } from './json.ts'
import type { People } from './people.ts'
import { FACE, stateKey } from './picture.ts'
import { refusedBy } from './refusals.ts'
import { actorOf } from './service-room.ts'
import { CONTENT } from './saying.ts'
import { configFor, subjectCommand } from './setting-states.ts'
import { ENCRYPTION } from './states.ts'

const ROOM_VERSION = '10'
const LOCAL_OCTETS = 9
const INVITEES_MAX = 20
const STATES_MAX = 50
/** States that every client sends and that are as they are here. */
const IGNORED: readonly string[] = [
  'm.room.guest_access',
  'm.room.power_levels',
  'm.room.history_visibility',
  'm.room.canonical_alias',
]

const initialState = v.object({ type: v.string(), state_key: v.optional(v.string(), ''), content: CONTENT })
const WISH = v.object({
  is_direct: v.optional(v.boolean(), false),
  visibility: v.optional(v.picklist(['public', 'private']), 'private'),
  preset: v.optional(v.picklist(['private_chat', 'trusted_private_chat', 'public_chat'])),
  name: v.optional(v.pipe(v.string(), v.maxLength(256))),
  topic: v.optional(v.string()),
  room_alias_name: v.optional(v.string()),
  room_version: v.optional(v.string(), ROOM_VERSION),
  invite: v.optional(v.pipe(v.array(v.string()), v.maxLength(INVITEES_MAX)), []),
  invite_3pid: v.optional(v.array(v.unknown()), []),
  initial_state: v.optional(v.pipe(v.array(initialState), v.maxLength(STATES_MAX)), []),
  creation_content: v.optional(CONTENT, {}),
})
export type RoomWish = v.InferOutput<typeof WISH>

export interface CreatingParts {
  readonly access: Access
  readonly encryption: Encryption
  readonly served: ServedRooms
  readonly domains: RoomDomains
  readonly people: People
  /** How many may be in a room at a time. */
  readonly peopleMax: number
  readonly entropy: Entropy
  readonly newId: () => string
  /** The card with a picture (XEP-0486), of the content of `m.room.avatar`; null: without one. @throws MatrixError */
  readonly cardFor: (user: Jid, avatar: JsonObject) => Promise<Command | null>
  readonly nameOf: JoiningParts['nameOf']
  readonly limits: StateLimits
}

export function creatingRoutes(parts: CreatingParts): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/createRoom',
      pace: 'create',
      body: WISH,
      handle: async ({ user, body }) => ({
        room_id: (await conversation(parts, user, body)) ?? (await createRoom(parts, user, body)),
      }),
    }),
  ]
}

/** MXR-93: the room of the user with one other person. Null: another kind of room is wanted. */
async function conversation({ access }: CreatingParts, user: Jid, wish: RoomWish): Promise<string | null> {
  const [invitee, ...more] = wish.invite
  if (!wish.is_direct || invitee === undefined || more.length > 0 || wish.invite_3pid.length > 0) return null
  const isNamed = wish.room_alias_name !== undefined || nameOf(wish) !== ''
  const peer = access.person(invitee)
  if (isNamed || peer.bare === user.bare || !access.direct.isPerson(peer)) return null
  // A conversation is not encrypted: two who can encrypt get a room of their own
  if (wish.initial_state.some(({ type }) => type === ENCRYPTION)) return null
  return access.direct.start(user, peer)
}

async function createRoom(parts: CreatingParts, user: Jid, wish: RoomWish): Promise<string> {
  const { served, access, domains } = parts
  if (!served.mayCreate(user.bare)) throw forbidden('You may not make rooms on this server')
  await checkRoomsOf(parts.people, user)
  if (wish.room_version !== ROOM_VERSION)
    throw new MatrixError(400, 'M_UNSUPPORTED_ROOM_VERSION', `Rooms of this server have version ${ROOM_VERSION}`)
  if (wish.invite_3pid.length > 0) throw forbidden('Nobody can be invited by e-mail here')
  const address = addressFor(parts, user, wish)
  access.makeRoom()
  checkStates(wish, parts.limits)
  const config = configOf(wish, parts.peopleMax)
  await checkEncryption(parts, user, wish, config)
  const avatar = wish.initial_state.find(({ type, state_key: key }) => type === 'm.room.avatar' && key === '')
  const card = avatar === undefined ? null : await parts.cardFor(user, avatar.content)
  const create = { do: 'create', locked: false, config } as const
  const more = [...commandsFor(parts, user, wish, aliasOf(address, domains)), ...(card === null ? [] : [card])]
  for (const nick of nicksFor(user, await parts.nameOf(user))) {
    const refusal = await served.rooms.make(address, create, [{ do: 'join', nick, password: null }, ...more], actorOf(user))
    if (refusal === null) break
    if (refusal.refuse !== 'nick-malformed') throw refusedBy(refusal)
  }
  const awake = await access.at(address)
  if (awake === null) throw invalidParam('Your name cannot be used in a room')
  return awake.names.roomId
}

function addressFor({ domains, entropy }: CreatingParts, { domain }: Jid, { room_alias_name: name }: RoomWish): Jid {
  const local = name ?? entropy.bytes(LOCAL_OCTETS).toString('hex')
  const address = addressOf(local, domain, domains)
  if (address === null) throw invalidParam('The room cannot have this alias')
  return address
}
function configOf(wish: RoomWish, occupantsMax: number): Partial<RoomConfig> {
  const preset = wish.preset ?? (wish.visibility === 'public' ? 'public_chat' : 'private_chat')
  const isPrivate = preset !== 'public_chat'
  const access: Partial<RoomConfig> = isPrivate ? { membersOnly: true, registration: 'off', allowInvites: true } : {}
  const state = wish.initial_state.find(({ type }) => type === 'm.room.join_rules')
  return {
    persistent: true,
    occupantsMax,
    whois: 'anyone',
    public: wish.visibility === 'public',
    name: nameOf(wish),
    ...access,
    ...(state === undefined ? {} : configFor(state.type, state.content)),
  }
}
const nameOf = ({ name: given, initial_state: states }: RoomWish): string => {
  const name = given ?? states.find(({ type }) => type === 'm.room.name')?.content['name']
  return typeof name === 'string' ? name : ''
}

/** @throws MatrixError */
function checkStates({ initial_state: states, creation_content: { type = '' } }: RoomWish, limits: StateLimits): void {
  if (typeof type === 'string' && type !== '') checkName(type)
  const known = new Map<string, string>()
  for (const { type, state_key: key, content } of states) {
    checkEvent(type, key, content)
    checkRoomFor(known, type, key, content, limits)
    known.set(stateKey(type, key), JSON.stringify(content))
  }
}
/** @throws MatrixError */
async function checkEncryption({ access, encryption }: CreatingParts, user: Jid, wish: RoomWish, config: Partial<RoomConfig>) {
  const room = { people: [user.bare, ...inviteesIn(access, user, wish)], isOpen: config.membersOnly !== true }
  for (const { type, state_key: key, content } of wish.initial_state)
    if (type === ENCRYPTION) await encryption.checkNew(key, content, room)
}
/** Bare JIDs. @throws MatrixError */
function inviteesIn(access: Access, user: Jid, { invite }: RoomWish): ReadonlySet<string> {
  const invitees = new Set(invite.map((id) => access.person(id).bare))
  invitees.delete(user.bare)
  return invitees
}
function commandsFor({ access, newId }: CreatingParts, user: Jid, wish: RoomWish, alias: string): readonly Command[] {
  const commands: Command[] = []
  const topic = wish.topic ?? wish.initial_state.find(({ type }) => type === 'm.room.topic')?.content['topic']
  if (typeof topic === 'string' && topic !== '') commands.push(subjectCommand(topic, newId()))
  if (wish.room_alias_name === undefined) commands.push(stateCommand('m.room.canonical_alias', '', {}))
  const type = wish.creation_content['type']
  if (typeof type === 'string') commands.push(stateCommand('m.room.create', '', { type }))
  for (const state of wish.initial_state) commands.push(...ownState(state, alias))
  const invitees = inviteesIn(access, user, wish)
  for (const who of invitees) commands.push({ do: 'invite', who, reason: '' })
  const affiliation = invitees.size === 1 ? 'owner' : 'admin'
  const items = [...invitees].map((jid) => ({ of: { jid }, affiliation, role: null, reason: '' }) as const)
  if (wish.preset === 'trusted_private_chat' && items.length > 0) commands.push({ do: 'change', items })
  return commands
}
const OF_CONFIG: readonly string[] = ['m.room.name', 'm.room.topic', 'm.room.join_rules', 'm.room.avatar']
function ownState({ type, state_key: key, content }: RoomWish['initial_state'][number], alias: string): readonly Command[] {
  if (OF_CONFIG.includes(type) || (IGNORED.includes(type) && content['alias'] !== alias)) return []
  if (type === 'm.room.create' || type === 'm.room.member' || type === 'm.room.tombstone')
    throw badJson(`${type} cannot be given`)
  return IGNORED.includes(type) ? [] : [stateCommand(type, key, content)]
}
export const stateCommand = (type: string, key: string, content: JsonObject): Command => ({
  do: 'face',
  face: FACE,
  type,
  key,
  content: JSON.stringify(content),
  payload: null,
})
