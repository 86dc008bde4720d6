/** `porchlight export`: writes accounts with their data to standard output, in the format of XEP-0227. */
import type { Authority } from '../admin/control-client.ts'
import type { ExportedPart } from '../admin/export-command.ts'
import type { UserPage } from '../admin/user-commands.ts'
import type { World } from '../process/world.ts'
import { decode, escape } from '../xml/wire.ts'
import { prepareDomain } from '../xmpp/jid.ts'
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
