/** The state of rooms: what it is, and setting it (MXR-32, MXR-33). */
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { badJson, forbidden, invalidParam, notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import type { Access } from './access.ts'
import type { AwakeRoom } from './awake-room.ts'
import { stateCommand } from './creating.ts'
import type { Encryption } from './encryption.ts'
import { checkEvent, checkRoomFor, type StateLimits } from './event-limits.ts'
import { invitation, type Joining } from './joining.ts'
import { isSameJson, textIn, type JsonObject } from './json.ts'
import type { Sight } from './names.ts'
import { asOthersSee } from './own-name.ts'
import { CONTENT } from './saying.ts'
import { configFor, levelCommands, subjectCommand } from './setting-states.ts'
import { AVATAR, type Portraits } from './portraits.ts'
import { shownPeople, stateEventAt, type StateEvent } from './state-events.ts'
import { ENCRYPTION, MEMBER, POWER_LEVELS, statesOf } from './states.ts'

export interface StateParts {
  readonly access: Access
  readonly joining: Joining
  readonly encryption: Encryption
  readonly newId: () => string
  readonly limits: StateLimits
  readonly portraits: Portraits
  /** Counts one of these of the user. @throws MatrixError M_LIMIT_EXCEEDED */
  readonly pace: (what: 'invite' | 'rename', user: Jid) => void
}

/** All of the state as it is now. */
export function wholeState(awake: AwakeRoom, sight: Sight): readonly StateEvent[] {
  const picture = awake.picture()
  const people = [...shownPeople(awake, picture, sight)].map((bare) => [MEMBER, bare] as const)
  return [...statesOf(picture), ...people].flatMap(([type, key]) => stateEventAt(awake, picture, sight, type, key) ?? [])
}
/** @param key of a member: the bare JID */
export function stateNow(awake: AwakeRoom, sight: Sight, type: string, key: string): StateEvent | null {
  const event = stateEventAt(awake, awake.picture(), sight, type, key)
  const isNobody = type === MEMBER && awake.sourceOf(type, key) === null && event?.content['membership'] === 'leave'
  return isNobody ? null : event
}

const FIXED: readonly string[] = ['m.room.create', 'm.room.tombstone', 'm.room.server_acl', 'm.room.third_party_invite']

class Setting {
  readonly #parts: StateParts

  constructor(parts: StateParts) {
    this.#parts = parts
  }
  /** @returns the id of the event that says so @throws MatrixError */
  async set(awake: AwakeRoom, user: Jid, type: string, key: string, content: JsonObject): Promise<string> {
    checkEvent(type, key, content)
    if (FIXED.includes(type)) throw forbidden(`${type} cannot be set`)
    if (type === ENCRYPTION) this.#parts.encryption.checkState(awake, key, content)
    const sight = awake.sightOf(user.bare)
    const own = type === MEMBER ? this.#parts.access.personIn(awake, key, user).bare : key
    const known = stateNow(awake, sight, type, own)
    const isSame = known !== null && isSameJson(known.content, content)
    if (!isSame && type !== 'm.room.guest_access') await this.#change(awake, user, type, own, content)
    return stateNow(awake, sight, type, own)?.event_id ?? awake.sourceOf(type, own)!.eventId
  }
  async #change(awake: AwakeRoom, user: Jid, type: string, key: string, content: JsonObject): Promise<void> {
    const { access, newId, limits } = this.#parts
    if (type === MEMBER) return this.#setMember(awake, user, key, content)
    if (key === '' && type === 'm.room.topic')
      return access.perform(awake, user, subjectCommand(textIn(content, 'topic') ?? '', newId()))
    if (key === '' && type === POWER_LEVELS) {
      const now = stateNow(awake, awake.sightOf(user.bare), type, '')!.content
      const commands = levelCommands(content, now, awake.picture(), (id) => access.personIn(awake, id, user).bare)
      if (commands.length > 0) await access.perform(awake, user, { do: 'batch', commands })
      return
    }
    if (key === '' && OF_CONFIG.includes(type)) {
      const changes = configFor(type, content)
      return access.perform(awake, user, { do: 'configure', changes, owners: null, admins: null })
    }
    if (key === '' && type === AVATAR && !awake.names.isDirect) return this.#parts.portraits.set(awake, user, content)
    if (type === 'm.room.canonical_alias') checkAlias(awake, content)
    checkRoomFor(awake.face, type, key, content, limits)
    if (key.startsWith('@') && awake.sightOf(user.bare).isVeiled) throw forbidden('The room hides who people are')
    await access.perform(awake, user, stateCommand(type, key, asOthersSee(content, awake, user)))
  }
  async #setMember(awake: AwakeRoom, user: Jid, bare: string, content: JsonObject): Promise<void> {
    const { access, joining } = this.#parts
    const who = storedJid(bare)
    const why = textIn(content, 'reason') ?? ''
    const banned = (affiliation: 'outcast' | 'none') =>
      ({ do: 'change', items: [{ of: { jid: who.bare }, affiliation, role: null, reason: why }] }) as const
    const isBanned = awake.room.members.get(who.bare)?.affiliation === 'outcast'
    switch (content['membership']) {
      case 'join': {
        if (who.bare !== user.bare) throw forbidden('Nobody else can join for a user')
        const nick = textIn(content, 'displayname')
        if (nick === null) return
        this.#parts.pace('rename', user)
        return access.perform(awake, user, { do: 'join', nick, password: null })
      }
      case 'invite':
        this.#parts.pace('invite', user)
        return access.perform(awake, user, invitation(awake, user, who, why))
      case 'ban':
        return access.perform(awake, user, banned('outcast'))
      case 'leave':
        if (who.bare === user.bare) return access.perform(awake, user, { do: 'leave', reason: why })
        return access.perform(awake, user, isBanned ? banned('none') : joining.kick(awake, user, who, why))
      default:
        throw badJson('This is no membership')
    }
  }
}
const OF_CONFIG: readonly string[] = ['m.room.name', 'm.room.join_rules', 'm.room.history_visibility']
function checkAlias({ names }: AwakeRoom, content: JsonObject): void {
  const { alias = names.alias, alt_aliases: more = [] } = content
  if (alias !== names.alias || !Array.isArray(more) || more.some((other) => other !== names.alias))
    throw invalidParam(`The room has one alias, ${names.alias}`)
}

export function stateRoutes(parts: StateParts): readonly Route[] {
  const { access } = parts
  const setting = new Setting(parts)
  const get = async (room: string, user: Jid, type: string, key: string, format: string | null): Promise<object> => {
    const awake = await access.joined(room, user)
    const sight = awake.sightOf(user.bare)
    const own = type === MEMBER ? sight.bareOf(key, sight.isVeiled) : key
    const event = own === null ? null : stateNow(awake, sight, type, own)
    if (event === null) throw notFound('The room has no such state')
    return format === 'event' ? { ...event, room_id: awake.names.roomId } : event.content
  }
  const put = async (room: string, user: Jid, type: string, key: string, content: JsonObject): Promise<object> => {
    const awake = await access.joined(room, user)
    return { event_id: await setting.set(awake, user, type, key, content) }
  }
  const paths = ['/rooms/:room/state/:type', '/rooms/:room/state/:type/:key'] as const
  return [
    route({
      method: 'GET',
      path: '/rooms/:room/state',
      handle: async ({ params, user }) => {
        const awake = await access.joined(params.room, user)
        // The answer of this path is a list
        return wholeState(awake, awake.sightOf(user.bare)).map((event) => ({ ...event, room_id: awake.names.roomId }))
      },
    }),
    ...paths.flatMap((path) => [
      route({
        method: 'GET',
        path,
        handle: ({ params, user, query }) => get(params.room, user, params.type, keyIn(params), query.get('format')),
      }),
      route({
        method: 'PUT',
        path,
        pace: 'state',
        body: CONTENT,
        handle: ({ params, user, body }) => put(params.room, user, params.type, keyIn(params), body),
      }),
    ]),
  ]
}
const keyIn = (params: object): string => ('key' in params ? (params.key as string) : '')
