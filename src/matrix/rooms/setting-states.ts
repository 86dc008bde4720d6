/** States that Matrix clients set, as commands for the room (MXR 2.1, MXR-42, MXR-43). */
import type { ChangeItem, Command } from '../../rooms/machine/commands.ts'
import type { RoomConfig } from '../../rooms/machine/config.ts'
import { el } from '../../xml/element.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Payload } from '../../xmpp/packet.ts'
import { badJson, forbidden } from '../http/errors.ts'
import { isSameJson, textIn, type Json, type JsonObject } from './json.ts'
import { ADMIN, levelOf, MODERATOR, NOTHING, rankAt, VOICE } from './levels.ts'
import type { Picture } from './picture.ts'

export const subjectCommand = (topic: string, id: string): Command => ({
  do: 'subject',
  said: {
    payload: Payload.of(el('subject', CLIENT, {}, topic)),
    lang: null,
    fromId: id,
    givenId: id,
    mx: null,
    isPassing: false,
  },
})

/** What of the configuration a state is. @throws MatrixError */
export function configFor(type: string, content: JsonObject): Partial<RoomConfig> {
  switch (type) {
    case 'm.room.name':
      return { name: required(content, 'name') }
    case 'm.room.join_rules':
      return accessFor(required(content, 'join_rule'))
    case 'm.room.history_visibility':
      return { historySinceMembership: isSinceMembership(required(content, 'history_visibility')) }
    default:
      throw badJson(`${type} cannot be set`)
  }
}
function required(content: JsonObject, key: string): string {
  const text = textIn(content, key)
  if (text === null) throw badJson(`"${key}" must be a text`)
  return text
}
function accessFor(rule: string): Partial<RoomConfig> {
  if (rule === 'public') return { membersOnly: false, passwordProtected: false }
  if (rule === 'invite') return { membersOnly: true, registration: 'off' }
  if (rule === 'knock') return { membersOnly: true, registration: 'ask' }
  throw badJson('The rule can be public, invite or knock')
}
function isSinceMembership(visibility: string): boolean {
  if (visibility === 'shared') return false
  if (visibility === 'joined' || visibility === 'invited') return true
  throw forbidden('The history can be shared or joined')
}

/**
 * What a client wants to be other levels than they are, as commands: all of them or none.
 * @param now the levels as the client was shown them @param bareOf the person that an id stands for; it throws if there is none
 * @throws MatrixError
 */
export function levelCommands(
  wanted: JsonObject,
  now: JsonObject,
  picture: Picture,
  bareOf: (id: string) => string,
): readonly Command[] {
  const changes = thresholds(wanted, now, picture.config)
  const configure: readonly Command[] =
    Object.keys(changes).length === 0 ? [] : [{ do: 'configure', changes, owners: null, admins: null }]
  return [...configure, ...rankCommands(wanted, now, picture, bareOf)]
}

const number = (of: Json | undefined, usual: number): number => {
  if (of === undefined) return usual
  if (typeof of !== 'number' || !Number.isInteger(of)) throw badJson('Levels are whole numbers')
  return of
}
const FIXED = ['ban', 'kick', 'redact', 'state_default', 'users_default'] as const
function thresholds(wanted: JsonObject, now: JsonObject, config: RoomConfig): Partial<RoomConfig> {
  for (const key of FIXED)
    if (wanted[key] !== undefined && !isSameJson(wanted[key], now[key]))
      throw forbidden(`"${key}" follows from the rules of XEP-0045`)
  const changes: { -readonly [K in keyof RoomConfig]?: RoomConfig[K] } = {}
  const moderated = number(wanted['events_default'], number(now['events_default'], NOTHING)) > NOTHING
  if (moderated !== config.moderated) changes.moderated = moderated
  const invite = number(wanted['invite'], number(now['invite'], NOTHING))
  if (config.membersOnly && invite <= VOICE !== config.allowInvites) changes.allowInvites = invite <= VOICE
  const events = (wanted['events'] ?? now['events']) as JsonObject
  const known = now['events'] as JsonObject
  const topic = number(events['m.room.topic'], number(known['m.room.topic'], MODERATOR)) < MODERATOR
  if (topic !== config.changeSubject) changes.changeSubject = topic
  for (const [type, level] of Object.entries(known))
    if (!FOLLOWS.includes(type) && events[type] !== undefined && events[type] !== level)
      throw forbidden(`The level of ${type} follows from the rules of XEP-0045`)
  return changes
}
/** Their levels are the room's own. */
const FOLLOWS: readonly string[] = ['m.room.topic', 'm.reaction']

function rankCommands(wanted: JsonObject, now: JsonObject, picture: Picture, bareOf: (id: string) => string): readonly Command[] {
  const users = wanted['users'] ?? {}
  if (typeof users !== 'object' || users === null || Array.isArray(users)) throw badJson('"users" must be an object')
  const shown = now['users'] as JsonObject
  const usual = number(now['users_default'], NOTHING)
  const affiliations: ChangeItem[] = []
  const roles: ChangeItem[] = []
  for (const id of new Set([...Object.keys(users), ...Object.keys(shown)])) {
    const level = number((users as JsonObject)[id], usual)
    if (level === number(shown[id], usual)) continue
    const { affiliation, role } = itemsFor(bareOf(id), level, picture)
    if (affiliation !== null) affiliations.push(affiliation)
    if (role !== null) roles.push(role)
  }
  return [affiliations, roles].filter((items) => items.length > 0).map((items) => ({ do: 'change', items }))
}
function itemsFor(bare: string, level: number, { config, members }: Picture) {
  const rank = rankAt(level, config)
  if (rank === null) throw badJson('Below 0 is somebody without a voice, in a moderated room')
  const member = members.get(bare)
  const is = member?.affiliation ?? 'none'
  const of = { jid: bare }
  const isRanked = is === 'owner' || is === 'admin'
  // Who is a member stays one
  const affiliation = level >= ADMIN ? rank.affiliation : isRanked ? (config.membersOnly ? 'member' : 'none') : is
  const changed = affiliation === is ? null : { of, affiliation, role: null, reason: '' }
  const before = levelOf({ affiliation, role: isRanked ? null : (member?.role ?? null) }, config)
  const role = rank.role ?? (config.moderated && affiliation === 'none' ? 'visitor' : 'participant')
  const isRole = level < ADMIN && before !== level && levelOf({ affiliation, role }, config) !== before
  return { affiliation: changed, role: isRole ? { of, affiliation: null, role, reason: '' } : null }
}
