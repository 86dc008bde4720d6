/** XEP-0227: a file with all users of a server, and perhaps its rooms, or a file that includes others from its folder (section 5). */
import { createReadStream } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { Millis } from '../base/clock.ts'
import type { Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import { parseDateTime } from '../xmpp/datetime.ts'
import { DELAY } from '../xmpp/delay.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { PRIVATE } from '../xep/0049-private-xml/index.ts'
import { VCARD } from '../xep/0054-vcard-temp/index.ts'
import { unreadable, type Found } from './found.ts'
import { BLOCKING, FORWARD, PIE, PIE_ARCHIVE, PUBSUB, PUBSUB_OWNER, ROOM, ROSTER, SCRAM } from './namespaces.ts'
import { blockedBy } from './privacy.ts'
import { roomsIn } from './room-reading.ts'
import { Splitter, type Piece } from './splitter.ts'
import { ImportedUser } from './user.ts'
import { elementOf } from '../xml/whole.ts'

const PRIVACY = 'jabber:iq:privacy'
/** The deepest nesting of files: a server, a host, a user. */
const INCLUDES_MAX = 3

/** @throws Error of the file system, for the first file */
export async function* readXep0227(file: string, now: Millis): AsyncGenerator<Found> {
  yield* readFile({ file: resolve(file), folder: dirname(resolve(file)), host: null, depth: 0, now })
}

interface Reading {
  readonly file: string
  /** Included files must be in this folder. */
  readonly folder: string
  /** The host of the users in a file that names none. */
  readonly host: string | null
  readonly depth: number
  readonly now: Millis
}

async function* readFile(reading: Reading): AsyncGenerator<Found> {
  const { file, now } = reading
  const splitter = new Splitter()
  let { host } = reading
  try {
    for await (const chunk of createReadStream(file, 'latin1'))
      for (const piece of splitter.push(chunk as string)) {
        if (piece.kind === 'host') host = piece.jid
        else if (piece.kind === 'include') yield* included(piece.href, { ...reading, host })
        else if (piece.kind === 'room') yield* foundRooms(piece.text, host ?? '', file)
        else yield found(piece, host ?? '', file, now)
      }
    splitter.end()
  } catch (error) {
    if (reading.depth === 0 && (error as NodeJS.ErrnoException).code !== undefined) throw error
    yield unreadable(file, error)
  }
}

async function* included(href: string, reading: Reading): AsyncGenerator<Found> {
  const { file, folder, depth } = reading
  const target = resolve(dirname(file), decodeURI(href))
  const way = relative(folder, target)
  if (way.startsWith('..') || depth === INCLUDES_MAX)
    yield unreadable(file, new Error(`the file "${href}" is not included: it is outside the folder, or nested too deep`))
  else yield* readFile({ ...reading, file: target, depth: depth + 1 })
}

function* foundRooms(text: Wire, host: string, file: string): Generator<Found> {
  try {
    const element = elementOf(text, PIE)
    if (element.is('room', ROOM)) yield* roomsIn(element, host)
    else yield { kind: 'left-out', what: `${host}: room` }
  } catch (error) {
    yield unreadable(`a room of ${host} in ${file}`, error)
  }
}

function found(piece: Exclude<Piece, { kind: 'host' | 'include' | 'room' }>, host: string, file: string, now: Millis): Found {
  switch (piece.kind) {
    case 'other':
      return { kind: 'left-out', what: `${host}: ${piece.name}` }
    case 'too-large':
      return unreadable(`${piece.name}@${host} in ${file}`, new Error('it is too large'))
    case 'user':
      try {
        return { kind: 'user', user: userOf(elementOf(piece.text, PIE), host, now) }
      } catch (error) {
        return unreadable(`a user of ${host} in ${file}`, error)
      }
  }
}

function userOf(element: Element, host: string, now: Millis): ImportedUser {
  const user = new ImportedUser(element.attr('name') ?? '', host, now)
  user.password = element.attr('password') ?? null
  const other = new Map<string, number>()
  // What waits for an answer depends on the contacts, so it comes last.
  const order = (child: Element): number => (child.is('presence', CLIENT) ? 1 : 0)
  for (const child of element.elements.toSorted((a, b) => order(a) - order(b))) {
    const take = PARTS[`${child.ns} ${child.name}`]
    if (take === undefined) other.set(`${child.name} (${child.ns})`, (other.get(`${child.name} (${child.ns})`) ?? 0) + 1)
    else take(user, child)
  }
  for (const [name, times] of other) user.leftOut.push(times === 1 ? name : `${times} times ${name}`)
  return user
}

const truth = (text: string | undefined): boolean => text === 'true' || text === '1'

const PARTS: Readonly<Record<string, (user: ImportedUser, element: Element) => void>> = {
  [`${SCRAM} scram-credentials`]: (user, keys) => {
    const text = (name: string): string | undefined => keys.child(name)?.text.trim()
    user.addKeys(keys.attr('mechanism') ?? '', {
      iterations: Number(text('iter-count')),
      salt: text('salt'),
      storedKey: text('stored-key'),
      serverKey: text('server-key'),
    })
  },
  [`${ROSTER} query`]: (user, query) => {
    for (const item of query.elements) {
      user.addContact(item.attr('jid') ?? '', {
        name: item.attr('name') ?? '',
        groups: item.elements.filter((one) => one.name === 'group').map((one) => one.text),
        subscription: item.attr('subscription') ?? 'none',
        ask: item.attr('ask') === 'subscribe',
        approved: truth(item.attr('approved')),
      })
    }
  },
  [`${BLOCKING} blocklist`]: (user, list) => {
    for (const item of list.elements) user.block(item.attr('jid') ?? '')
  },
  [`${PRIVACY} query`]: (user, query) => {
    const { blocked, leftOut } = blockedBy(query)
    for (const address of blocked) user.block(address)
    user.leftOut.push(...leftOut)
  },
  [`${VCARD} vCard`]: (user, card) => void (user.card = card),
  [`${PRIVATE} query`]: (user, query) => {
    for (const element of query.elements) user.addPrivate(element)
  },
  [`${PUBSUB} pubsub`]: (user, pubsub) => user.addItems(pubsub),
  [`${PUBSUB_OWNER} pubsub`]: (user, pubsub) => user.nodes.addSettings(pubsub),
  [`${PIE} offline-messages`]: (user, messages) => {
    for (const message of messages.elements) user.addMessage(message)
  },
  [`${PIE_ARCHIVE} archive`]: (user, archive) => {
    for (const result of archive.elements) {
      const forwarded = result.child('forwarded', FORWARD)
      const message = forwarded?.child('message', CLIENT)
      const at = parseDateTime(forwarded?.child('delay', DELAY)?.attr('stamp') ?? '')
      if (message === undefined) user.leftOut.push('a message of the archive, which is damaged')
      else user.addArchived(message, at, result.attr('id') ?? null)
    }
  },
  [`${CLIENT} presence`]: (user, presence) => {
    if (presence.attr('type') === 'subscribe') user.addRequest(presence.attr('from') ?? '', presence)
  },
}
