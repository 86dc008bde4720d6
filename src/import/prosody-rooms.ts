/**
 * Rooms in Prosody's data folder: the folder of a rooms' domain has a file for each room in `config`. Since version 0.11 the
 * affiliations stand in the table itself, by address; before they had a table of their own.
 */
import type { RoomConfig } from '../rooms/machine/config.ts'
import { isTable, readReturned, type LuaTable, type LuaValue } from './lua.ts'
import { ImportedRoom } from './imported-room.ts'

/** Null: the room was not to stay. @throws Error */
export function prosodyRoom(octets: Buffer, address: string): ImportedRoom | null {
  const stored = readReturned(octets)
  const data = stored.get('_data')
  if (!isTable(data)) throw new Error('it has no "_data": this is not a room as Prosody writes it')
  if (data.get('persistent') !== true) return null
  const room = new ImportedRoom(address)
  room.config = configOf(data)
  const more = stored.get('_affiliation_data')
  for (const [who, affiliation] of affiliationsIn(stored)) {
    const about = isTable(more) ? more.get(who) : undefined
    const [nick, reason] = isTable(about) ? [text(about.get('reserved_nickname')), text(about.get('reason'))] : []
    room.addMember(who, affiliation, reason ?? '', nick ?? null)
  }
  takeSubject(room, data)
  return room
}

function* affiliationsIn(stored: LuaTable): Generator<readonly [who: string, affiliation: string]> {
  const before = stored.get('_affiliations')
  for (const [who, affiliation] of isTable(before) ? before : stored)
    if (typeof who === 'string' && !who.startsWith('_') && who !== 'jid' && typeof affiliation === 'string')
      yield [who, affiliation]
}

function takeSubject(room: ImportedRoom, data: LuaTable): void {
  const subject = text(data.get('subject')) ?? ''
  if (subject === '') return
  const [from = '', time] = [text(data.get('subject_from')), data.get('subject_time')]
  const slash = from.indexOf('/')
  const nick = slash < 0 ? null : from.slice(slash + 1)
  room.subject = { text: subject, nick, at: typeof time === 'number' ? Math.round(time * 1000) : null }
}

const text = (value: LuaValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** What is not there is as Prosody has it by default. */
function configOf(data: LuaTable): Partial<RoomConfig> {
  const flag = (name: string): boolean => data.get(name) === true
  const password = text(data.get('password')) ?? ''
  const length = data.get('history_length')
  const shown = data.get('presence_broadcast')
  return {
    name: text(data.get('name')) ?? '',
    description: text(data.get('description')) ?? '',
    language: text(data.get('language')) ?? '',
    public: !flag('hidden'),
    membersOnly: flag('members_only'),
    moderated: flag('moderated'),
    ...(password === '' ? {} : { password, passwordProtected: true }),
    whois: data.get('whois') === 'anyone' ? 'anyone' : 'moderators',
    changeSubject: flag('changesubject'),
    allowInvites: flag('allow_member_invites'),
    ...(typeof length === 'number' ? { historyMax: length } : {}),
    ...(isTable(shown) ? { presenceBroadcast: rolesIn(shown) } : {}),
    ...(data.get('archiving') === false ? { archived: false } : {}),
  }
}
const rolesIn = (shown: LuaTable): RoomConfig['presenceBroadcast'] =>
  (['moderator', 'participant', 'visitor'] as const).filter((role) => shown.get(role) === true)
