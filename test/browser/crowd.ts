/** A board with very many contacts and rooms. The contacts belong to a component (XEP-0114), which the test plays. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { ComponentClient, SECRET } from '../support/component.ts'
import { tcpLink } from '../support/link.ts'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import { openBrowser, openTab } from './chromium.ts'

const BOT = 'house.localhost'
const ROMEO = 'romeo@localhost'
const PATIENCE_MS = 20_000
const SETTINGS: ServerSettings = {
  component: [{ domain: BOT, secret: SECRET }],
  listen: { components: ['127.0.0.1:0'] },
}

export interface Person {
  readonly local: string
  readonly name: string
  readonly groups: readonly string[]
}
export interface Crowd {
  readonly server: ServerProcess
  readonly browser: Browser
  readonly page: Page
  /** Somebody of the component tells Romeo their presence. */
  readonly says: (local: string, content?: string, type?: string) => void
}
export interface Many {
  readonly people: readonly Person[]
  /** The rooms that the account keeps; the board joins them all. */
  readonly rooms?: readonly string[]
  readonly language?: string
  readonly settings?: ServerSettings
}

export async function openCrowd(t: TestContext, { people, rooms = [], language = 'en-GB', settings = {} }: Many): Promise<Crowd> {
  const listen = { ...SETTINGS['listen'], ...settings['listen'] }
  const server = await startServer(t, { ...SETTINGS, ...settings, listen })
  await server.stop()
  const file = join(server.directory, 'romeo.xml')
  await writeFile(file, account(people, rooms))
  await server.command(['import', file])
  await server.start()
  const house = await houseOf(t, server)
  const browser = await openBrowser(t)
  const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/#${ROMEO}`, { locale: language })
  await page.fill('[name=password]', 'romeo-secret')
  await page.click('button.main')
  await page.waitForSelector('.own')
  if (people.length > 0) await page.waitForSelector('.list h2')
  const says: Crowd['says'] = (local, content = '', type = '') => {
    const kind = type === '' ? '' : ` type='${type}'`
    house.send(`<presence${kind} from='${local}@${BOT}/phone' to='${ROMEO}'>${content}</presence>`)
  }
  return { server, browser, page, says }
}

async function houseOf(t: TestContext, server: ServerProcess): Promise<ComponentClient> {
  const wire = new WireClient(await tcpLink(server.componentPort), BOT, PATIENCE_MS)
  t.after(() => wire.link.drop())
  const component = new ComponentClient(wire)
  await component.handshake(SECRET)
  await component.expect('<handshake/>')
  return component
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;')

/** The account with its contacts, and the rooms that it keeps (XEP-0227). */
function account(people: readonly Person[], rooms: readonly string[]): string {
  const contacts = people.map(({ local, name, groups }) => {
    const words = groups.map((group) => `<group>${escaped(group)}</group>`).join('')
    return `<item jid='${local}@${BOT}' name='${escaped(name)}' subscription='both'>${words}</item>`
  })
  const bookmarks = rooms.map(
    (room) =>
      `<item id='${room}@conference.localhost'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'>` +
      `<nick>romeo</nick></conference></item>`,
  )
  return (
    `<server-data xmlns='urn:xmpp:pie:0'><host jid='localhost'><user name='romeo' password='romeo-secret'>` +
    `<query xmlns='jabber:iq:roster'>${contacts.join('')}</query>` +
    `<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>${bookmarks.join('')}</items></pubsub>` +
    `</user></host></server-data>`
  )
}

export const GROUPS = ['Family', 'Work', 'Verona', 'School 2', 'School 10', 'Choir', 'Neighbours', 'Football', 'Friars', 'Market']
/** So many people, in ten groups. */
export const crowdOf = (n: number): readonly Person[] =>
  Array.from({ length: n }, (_, i) => ({ local: `c${i}`, name: `Person ${i}`, groups: [GROUPS[i % GROUPS.length]!] }))
