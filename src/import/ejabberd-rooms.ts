/**
 * Rooms in a dump of ejabberd's tables (`ejabberdctl dump`, or `dump_table FILE muc_room`): a term of Erlang for each, between
 * those of other tables, each of which ends with a line that ends with a full stop.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Atom, readTerm, Tuple, type Term } from './erlang.ts'
import { unreadable, type Found } from './found.ts'
import { ImportedRoom } from './imported-room.ts'
import type { RoomConfig } from '../rooms/machine/config.ts'
import { PIECE_MAX } from './xml.ts'

const BEGINNING = '{tables,'
const ROOM = '{muc_room,'

/** Whether this is such a file. @throws Error of the file system */
export async function isEjabberdDump(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0)
    return buffer.toString('latin1', 0, bytesRead) === BEGINNING
  } finally {
    await handle.close()
  }
}

/** @throws Error of the file system */
export async function* readEjabberdDump(file: string): AsyncGenerator<Found> {
  let piece = ''
  let isRoom = false
  for await (const line of createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity })) {
    if (piece === '') isRoom = line.startsWith(ROOM)
    if (isRoom && piece.length <= PIECE_MAX) piece += `${line}\n`
    else piece = ' '
    if (!line.endsWith('.')) continue
    if (isRoom) yield foundIn(piece, file)
    piece = ''
  }
}

function foundIn(piece: string, file: string): Found {
  const where = `a room in ${file}`
  if (piece.trim() === '') return unreadable(where, new Error('it is too large'))
  try {
    const room = roomOf(readTerm(piece))
    return room === null ? { kind: 'left-out', what: 'a room that was not to stay' } : { kind: 'room', room }
  } catch (error) {
    return unreadable(where, error)
  }
}

/** Null: the room was not to stay. @throws Error */
function roomOf(term: Term): ImportedRoom | null {
  const [, name, options] = tuple(term)
  const [local, domain] = tuple(name).map(text)
  const room = new ImportedRoom(`${local}@${domain}`)
  const given = new Map(list(options).map((option) => [word(tuple(option)[0]), tuple(option)[1]] as const))
  if (word(given.get('persistent')) === 'false') return null
  room.config = configOf(given)
  for (const entry of list(given.get('affiliations'))) addMember(room, entry)
  takeSubject(room, given)
  return room
}

function addMember(room: ImportedRoom, entry: Term): void {
  const [who, what] = tuple(entry)
  const [local, domain] = tuple(who).map(text)
  const [affiliation, reason] = what instanceof Tuple ? what.items : [what]
  room.addMember(local === '' ? domain! : `${local}@${domain}`, word(affiliation), text(reason), null)
}

/** `{text, Language, Text}` for each language; of versions before 17 the text itself. */
function takeSubject(room: ImportedRoom, given: ReadonlyMap<string, Term | undefined>): void {
  const subject = given.get('subject')
  const found = Array.isArray(subject) ? text((subject as readonly Term[]).map((one) => tuple(one)[2])[0]) : text(subject)
  if (found === '') return
  const author = given.get('subject_author')
  const nick = text(author instanceof Tuple ? author.items[0] : author)
  room.subject = { text: found, nick: nick === '' ? null : nick, at: null }
}

function configOf(given: ReadonlyMap<string, Term | undefined>): Partial<RoomConfig> {
  const flag = (name: string): boolean | undefined => {
    const value = word(given.get(name))
    return value === '' ? undefined : value === 'true'
  }
  const line = (name: string): string | undefined => (given.has(name) ? text(given.get(name)) : undefined)
  const [anonymous, isProtected, most] = [flag('anonymous'), flag('password_protected'), given.get('max_users')]
  return defined({
    name: line('title'),
    description: line('description'),
    language: line('lang'),
    public: flag('public'),
    listOccupants: flag('public_list'),
    membersOnly: flag('members_only'),
    // Where newcomers have voice from the beginning, the room is as one that is not moderated
    moderated: flag('moderated') === true && flag('members_by_default') === false,
    ...(isProtected === true ? { password: line('password') ?? '', passwordProtected: true } : {}),
    whois: anonymous === undefined ? undefined : anonymous ? 'moderators' : 'anyone',
    changeSubject: flag('allow_change_subj'),
    allowInvites: flag('allow_user_invites'),
    allowPrivateMessages: privateMessages(given),
    presenceBroadcast: given.has('presence_broadcast')
      ? (list(given.get('presence_broadcast')).map(word) as unknown as RoomConfig['presenceBroadcast'])
      : undefined,
    occupantsMax: typeof most === 'number' ? most : undefined,
    archived: flag('mam'),
  })
}
function privateMessages(given: ReadonlyMap<string, Term | undefined>): RoomConfig['allowPrivateMessages'] | undefined {
  const newer = word(given.get('allowpm')) // since 23.10
  if (newer !== '') return newer as RoomConfig['allowPrivateMessages']
  const older = word(given.get('allow_private_messages'))
  return older === '' ? undefined : older === 'true' ? 'anyone' : 'none'
}
type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined }
const defined = (config: Maybe<RoomConfig>): Partial<RoomConfig> =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))

const NO_TERMS: readonly Term[] = []
function tuple(term: Term | undefined): readonly Term[] {
  if (term instanceof Tuple) return term.items
  throw new Error('it is not a room as ejabberd writes it')
}
const list = (term: Term | undefined): readonly Term[] => (Array.isArray(term) ? (term as readonly Term[]) : NO_TERMS)
const text = (term: Term | undefined): string => (Buffer.isBuffer(term) ? term.toString('utf8') : '')
const word = (term: Term | undefined): string => (term instanceof Atom ? term.name : '')
