/** `porchlight export`: writes accounts with their data, and rooms, to standard output, in the format of XEP-0227. */
import { CommandError } from '../admin/command.ts'
import type { Authority } from '../admin/control-client.ts'
import type { ExportedPart } from '../admin/export-command.ts'
import type { RoomPage } from '../admin/room-list.ts'
import type { UserPage } from '../admin/user-commands.ts'
import type { World } from '../process/world.ts'
import { decode, escape } from '../xml/wire.ts'
import { addressOrNull, prepareDomain } from '../xmpp/jid.ts'
import { ROOM } from '../import/namespaces.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

export interface ExportOptions {
  readonly keys?: true
}

/** @param jid of the account; null for all accounts @throws CommandError, before anything is written about the account */
export async function exportUsers(world: World, jid: string | null, options: ConfigOptions & ExportOptions): Promise<void> {
  const setup = setupOf(world, options)
  const write = (text: string): void => void world.stdout.write(text)
  const withKeys = options.keys === true
  await withAuthority(world, setup, async (authority) => {
    const address = jid === null ? null : addressOrNull(jid)
    if (address !== null && !setup.config.server.domains.map(prepareDomain).includes(address.domain)) {
      const first = await roomPartOf(authority, address.bare, null, withKeys)
      write(`${BEGIN}<host jid='${attribute(first.domain)}'>\n`)
      await writeRoom(authority, address.bare, first, withKeys, write)
      return write(`</host>\n${END}`)
    }
    if (jid !== null) {
      const first = await partOf(authority, jid, 0, withKeys)
      write(`${BEGIN}<host jid='${attribute(first.domain)}'>\n`)
      await writeUser(authority, jid, first, withKeys, write)
      return write(`</host>\n${END}`)
    }
    write(BEGIN)
    for (const domain of setup.config.server.domains.map(prepareDomain)) {
      write(`<host jid='${attribute(domain)}'>\n`)
      for await (const user of usersOf(authority, domain))
        await writeUser(authority, user, await partOf(authority, user, 0, withKeys), withKeys, write)
      write('</host>\n')
    }
    for await (const room of roomsThatStay(authority)) {
      const first = await roomPartOf(authority, room, null, withKeys)
      write(`<host jid='${attribute(first.domain)}'>\n`)
      await writeRoom(authority, room, first, withKeys, write)
      write('</host>\n')
    }
    write(END)
  })
}

const BEGIN = "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='urn:xmpp:pie:0'>\n"
const END = '</server-data>\n'
const attribute = (text: string): string => decode(escape(text))

const partOf = (authority: Authority, jid: string, part: number, keys: boolean): Promise<ExportedPart> =>
  authority.ask('user.export', { jid, part, keys }) as Promise<ExportedPart>

async function* usersOf(authority: Authority, domain: string): AsyncGenerator<string> {
  for (let after: string | null = ''; after !== null;) {
    const page = (await authority.ask('user.list', { domain, after })) as UserPage
    for (const { jid } of page.users) yield jid
    after = page.next
  }
}

const roomPartOf = (authority: Authority, room: string, after: number | null, keys: boolean): Promise<ExportedPart> =>
  authority.ask('room.export', { room, after, keys }) as Promise<ExportedPart>

async function* roomsThatStay(authority: Authority): AsyncGenerator<string> {
  const page = async (after: string): Promise<RoomPage | null> => {
    try {
      return (await authority.ask('room.list', { find: '', order: 'address', after })) as RoomPage
    } catch (error) {
      if (error instanceof CommandError && after === '') return null // this server has no rooms
      throw error
    }
  }
  for (let after: string | null = ''; after !== null;) {
    const rooms: RoomPage | null = await page(after)
    for (const { jid, persistent, locked } of rooms?.rooms ?? []) if (persistent && !locked) yield jid
    after = rooms?.next ?? null
  }
}
/** What was said comes in elements of its own, so that an import need not have all of it in memory. */
async function writeRoom(
  authority: Authority,
  room: string,
  first: ExportedPart,
  withKeys: boolean,
  write: (text: string) => void,
): Promise<void> {
  for (let part = first; ; part = await roomPartOf(authority, room, part.next, withKeys)) {
    if (part.xml !== '') write(`<room xmlns='${ROOM}' name='${attribute(part.local)}'>\n${part.xml}\n</room>\n`)
    if (part.next === null) return
  }
}

async function writeUser(
  authority: Authority,
  jid: string,
  first: ExportedPart,
  withKeys: boolean,
  write: (text: string) => void,
): Promise<void> {
  write(`<user name='${attribute(first.local)}'>\n`)
  for (let part = first; ; part = await partOf(authority, jid, part.next, withKeys)) {
    if (part.xml !== '') write(`${part.xml}\n`)
    if (part.next === null) break
  }
  write('</user>\n')
}
