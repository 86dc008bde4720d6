/**
 * Prosody's data folder (`/var/lib/prosody`, storage "internal"): a folder for each domain, in it a folder for each kind of
 * data, in it a file for each user, or for each room. Names are encoded: `chat%2eexample/accounts/romeo.dat`.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'
import { escape, escapeText, wire } from '../xml/wire.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Payload } from '../xmpp/packet.ts'
import { VCARD } from '../xep/0054-vcard-temp/index.ts'
import { unreadable, type Found } from './found.ts'
import { isTable, readItems, readReturned, type LuaTable, type LuaValue } from './lua.ts'
import type { PastSaying } from '../rooms/past.ts'
import { prosodyRoom } from './prosody-rooms.ts'
import { pastSaying } from './room-history.ts'
import { ImportedUser } from './user.ts'
import { elementOf, PIECE_MAX } from '../xml/whole.ts'

const STORES = ['accounts', 'roster', 'blocklist', 'offline', 'vcard', 'private', 'pep', 'archive']
/** The archive of rooms (mod_muc_mam). */
const ROOM_LOG = 'muc_log'
/** `muc_log_cleanup` says only when old entries were last removed. */
const TAKEN: ReadonlySet<string> = new Set([...STORES, 'config', 'persistent.dat', ROOM_LOG, 'muc_log_cleanup'])

/** In front of the name of a node: the folder with its items. */
const ITEMS_OF = 'pep_'

/** Whether this is such a folder: it contains folders of domains, or it is the folder of one domain. */
export const isProsodyFolder = async (folder: string): Promise<boolean> => (await domainFolders(folder)).length > 0

export async function* readProsody(folder: string, now: Millis): AsyncGenerator<Found> {
  for (const path of await domainFolders(folder)) {
    const domain = decoded(basename(path))
    for (const store of (await namesIn(path)).sort()) {
      if (TAKEN.has(store) || store.startsWith(ITEMS_OF)) continue
      const files = await namesIn(join(path, store))
      if (files.length > 0)
        yield { kind: 'left-out', what: `${domain}: ${store} (${files.length} file${files.length === 1 ? '' : 's'})` }
    }
    for (const file of (await namesIn(join(path, 'accounts'))).sort()) {
      if (!file.endsWith('.dat')) continue
      const where = join(path, 'accounts', file)
      try {
        yield { kind: 'user', user: await userOf(path, domain, file.slice(0, -'.dat'.length), now) }
      } catch (error) {
        yield unreadable(where, error)
      }
    }
    yield* rooms(path, domain)
  }
}

async function* rooms(path: string, domain: string): AsyncGenerator<Found> {
  for (const file of (await namesIn(join(path, 'config'))).sort()) {
    if (!file.endsWith('.dat')) continue
    const where = join(path, 'config', file)
    const address = `${decoded(file.slice(0, -'.dat'.length))}@${domain}`
    try {
      const room = prosodyRoom((await contentOf(where))!, address)
      if (room === null) yield { kind: 'left-out', what: `${address}, a room that was not to stay` }
      else yield { kind: 'room', room }
      if (room !== null) yield* history(join(path, ROOM_LOG, file.replace(/dat$/, 'list')), room.jid.bare)
    } catch (error) {
      yield unreadable(where, error)
    }
  }
}

async function* history(where: string, room: string): AsyncGenerator<Found> {
  try {
    const octets = await contentOf(where)
    if (octets === null) return
    const said: PastSaying[] = []
    for (const item of readItems(octets)) {
      const when = item.get('when')
      const message = stanzaOf(item)
      if (message === null || typeof when !== 'number') continue
      const saying = pastSaying({ message, at: Math.round(when * 1000), room, by: null, nick: null, id: null })
      if (saying !== null) said.push(saying)
    }
    if (said.length > 0) yield { kind: 'history', room, said }
  } catch (error) {
    yield unreadable(where, error)
  }
}

async function domainFolders(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder)
  if (isOfDomain(names)) return [folder]
  const found: string[] = []
  for (const name of names.sort()) if (isOfDomain(await namesIn(join(folder, name)))) found.push(join(folder, name))
  return found
}

/** It has accounts, or rooms. */
const isOfDomain = (names: readonly string[]): boolean => names.includes('accounts') || names.includes('config')

/** Empty if there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

/** As Prosody names the folders of its stores. */
const encoded = (name: string): string =>
  Buffer.from(name)
    .toString('latin1')
    .replaceAll(/[^_A-Za-z\d]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
const decoded = (name: string): string => decodeURIComponent(name)

/** @throws Error that names the file, if it is not the account's own file */
async function userOf(path: string, domain: string, name: string, now: Millis): Promise<ImportedUser> {
  const user = new ImportedUser(decoded(name), domain, now)
  takeAccount(user, readReturned((await contentOf(join(path, 'accounts', `${name}.dat`)))!))
  const part = async (file: string, take: (octets: Buffer) => void): Promise<void> => {
    try {
      const octets = await contentOf(join(path, file))
      if (octets !== null) take(octets)
    } catch (error) {
      user.leftOut.push(`the rest of ${file}, which cannot be read: ${(error as Error).message}`)
    }
  }
  await part(`roster/${name}.dat`, (octets) => takeRoster(user, readReturned(octets)))
  await part(`blocklist/${name}.dat`, (octets) => takeBlocked(user, readReturned(octets)))
  await part(`offline/${name}.list`, (octets) => {
    for (const item of readItems(octets)) {
      const message = stanzaOf(item)
      if (message === null) user.leftOut.push('a stored message, which is damaged')
      else user.addMessage(message)
    }
  })
  await part(`archive/${name}.list`, (octets) => {
    for (const item of readItems(octets)) {
      const [message, when, key] = [stanzaOf(item), item.get('when'), text(item.get('key'))]
      if (message === null) user.leftOut.push('a message of the archive, which is damaged')
      else user.addArchived(message, typeof when === 'number' ? Math.round(when * 1000) : null, key ?? null)
    }
  })
  await part(`vcard/${name}.dat`, (octets) => {
    const card = stanzaOf(readReturned(octets))
    if (card?.is('vCard', VCARD) === true) user.card = card
    else user.leftOut.push('the vCard, which is damaged')
  })
  await part(`private/${name}.dat`, (octets) => {
    for (const [key, value] of readReturned(octets)) {
      const element = isTable(value) ? stanzaOf(value) : null
      if (element === null) user.leftOut.push(`the private data "${String(key)}", which is damaged`)
      else user.addPrivate(element)
    }
  })
  await part(`pep/${name}.dat`, (octets) => takeNodes(user, readReturned(octets)))
  for (const node of user.nodes.keys())
    await part(`${encoded(ITEMS_OF + node)}/${name}.list`, (octets) => {
      for (const item of readItems(octets)) takeItem(user, node, item, now)
    })
  return user
}

/** Null if there is no such file. @throws Error */
async function contentOf(file: string): Promise<Buffer | null> {
  try {
    if ((await stat(file)).size > PIECE_MAX) throw new Error(`it is larger than ${PIECE_MAX} octets`)
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

const text = (value: LuaValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const truth = (value: LuaValue | undefined): boolean => value === true || value === 'true'

/** In these files keys are hexadecimal, and the salt is a text. */
function takeAccount(user: ImportedUser, account: LuaTable): void {
  user.password = text(account.get('password')) ?? null
  user.isDisabled = truth(account.get('disabled'))
  const [stored, server, salt] = ['stored_key', 'server_key', 'salt'].map((key) => text(account.get(key)))
  if (stored === undefined || server === undefined || salt === undefined) return
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
  const iterations = account.get('iteration_count')
  user.addKeys(stored.length === 64 ? 'SCRAM-SHA-256' : 'SCRAM-SHA-1', {
    iterations: typeof iterations === 'number' ? iterations : undefined,
    salt: Buffer.from(salt).toString('base64'),
    storedKey: base64(stored),
    serverKey: base64(server),
  })
}

function takeRoster(user: ImportedUser, roster: LuaTable): void {
  for (const [address, item] of roster) {
    if (typeof address !== 'string' || !isTable(item) || address === 'pending') continue
    const groups = item.get('groups')
    const names = isTable(groups) ? [...groups].filter(([, isIn]) => isIn === true).map(([name]) => String(name)) : []
    user.addContact(address, {
      name: text(item.get('name')) ?? '',
      groups: names,
      subscription: text(item.get('subscription')) ?? 'none',
      ask: item.get('ask') === 'subscribe',
      approved: truth(item.get('approved')),
    })
  }
  const own = roster.get(false)
  // 'pending' among the contacts: versions before 0.10 wrote it there.
  for (const pending of [isTable(own) ? own.get('pending') : undefined, roster.get('pending')]) {
    if (!isTable(pending)) continue
    for (const [address, stanza] of pending)
      if (typeof address === 'string' && stanza !== false) user.addRequest(address, isTable(stanza) ? stanzaOf(stanza) : null)
  }
}

function takeBlocked(user: ImportedUser, list: LuaTable): void {
  for (const [address, isBlocked] of list) if (typeof address === 'string' && isBlocked !== false) user.block(address)
}

/** The nodes, without their items. */
function takeNodes(user: ImportedUser, nodes: LuaTable): void {
  for (const [name, given] of nodes) {
    if (typeof name !== 'string') continue
    const node = user.nodes.named(name)
    const config = isTable(given) ? given.get('config') : undefined
    const affiliations = isTable(given) ? given.get('affiliations') : undefined
    if (isTable(config)) node.config = new Map([...config].map(([field, value]) => [`pubsub#${String(field)}`, [String(value)]]))
    if (isTable(affiliations))
      for (const [address, affiliation] of affiliations) node.affiliations.set(String(address), String(affiliation))
  }
}
/** The payload of an item, with its id and its time beside it. */
function takeItem(user: ImportedUser, node: string, item: LuaTable, now: Millis): void {
  const [payload, id, when] = [stanzaOf(item), text(item.get('key')), item.get('when')]
  if (payload === null || id === undefined) return void user.leftOut.push(`an item of the node "${node}", which is damaged`)
  const at = typeof when === 'number' ? Math.round(when * 1000) : now
  const { stamp: _, ...attributes } = payload.attrs // the time once more, which is no part of it
  user.nodes
    .named(node)
    .items.push({ id, at, payload: Payload.of(el(payload.name, payload.ns, attributes, ...payload.children)) })
}

const NAME = /^[A-Za-z_][\w.-]*$/

/** Null if the table is not a stanza. */
function stanzaOf(table: LuaTable): Element | null {
  try {
    return elementOf(wire(xmlOf(table)), CLIENT)
  } catch {
    return null
  }
}

/** @throws Error */
function xmlOf(stanza: LuaTable): string {
  const name = text(stanza.get('name'))
  if (name === undefined || !NAME.test(name)) throw new Error('an element without a name')
  let xml = `<${name}`
  const attributes = stanza.get('attr')
  if (isTable(attributes))
    for (const [key, value] of attributes)
      if (typeof key === 'string' && typeof value === 'string' && (NAME.test(key) || key === 'xml:lang'))
        xml += ` ${key}='${escape(value)}'`
  xml += '>'
  for (let i = 1; stanza.has(i); i++) {
    const child = stanza.get(i)!
    xml += isTable(child) ? xmlOf(child) : escapeText(String(child))
  }
  return `${xml}</${name}>`
}
