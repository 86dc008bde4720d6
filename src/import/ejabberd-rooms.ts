/**
 * Rooms, and their history, in a dump of ejabberd's tables (`ejabberdctl dump`, or `dump_table FILE muc_room`): a term of Erlang for each, between
 * those of other tables, each of which ends with a line that ends with a full stop.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { readTerm, Tuple, type Term } from './erlang.ts'
import { unreadable, type Found } from './found.ts'
import { ImportedRoom } from './imported-room.ts'
import { EjabberdHistories } from './ejabberd-history.ts'
import { list, text, tuple, word } from './erlang-parts.ts'
import type { RoomConfig } from '../rooms/machine/config.ts'
import { PIECE_MAX } from '../xml/whole.ts'

const BEGINNING = '{tables,'
const ROOM = '{muc_room,'
const MESSAGE = '{archive_msg,'

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

/** Rooms first: the dump has its tables in any order. @throws Error of the file system */
export async function* readEjabberdDump(file: string): AsyncGenerator<Found> {
  for await (const piece of piecesOf(file, ROOM)) yield foundIn(piece, file)
  const histories = new EjabberdHistories()
  for await (const piece of piecesOf(file, MESSAGE)) histories.take(piece)
  yield* histories.found(file)
}

/** The terms of one table, each as its text; ' ' in the place of one that is too large. */
async function* piecesOf(file: string, beginning: string): AsyncGenerator<string> {
  let piece = ''
  let isOne = false
  for await (const line of createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity })) {
    if (piece === '') isOne = line.startsWith(beginning)
    if (isOne && piece.length <= PIECE_MAX) piece += `${line}\n`
    else piece = ' '
    if (!line.endsWith('.')) continue
    if (isOne) yield piece
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
