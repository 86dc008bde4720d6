/** Boards in rooms: what people do on them, for the tests of rooms in Chromium. */
import { createServer, type AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { openBrowser, openTab } from './chromium.ts'

export const PASSWORD = 'a secret'

export interface Boards {
  readonly server: ServerProcess
  readonly browser: Browser
  readonly romeo: Page
  readonly juliet: Page
}
/** Two boards that are signed in. */
export async function openBoards(t: TestContext, settings: ServerSettings = {}): Promise<Boards> {
  const server = await startServer(t, settings)
  const browser = await openBrowser(t)
  const [romeo, juliet] = [await newBoard(t, server, browser, 'romeo'), await newBoard(t, server, browser, 'juliet')]
  return { server, browser, romeo, juliet }
}
/** @param prepare what is done with the page before it is loaded anew for the login */
export async function newBoard(
  t: TestContext,
  server: ServerProcess,
  browser: Browser,
  name: string,
  prepare: ((page: Page) => Promise<void>) | null = null,
): Promise<Page> {
  await server.addUser(`${name}@localhost`, PASSWORD)
  return signIn(t, server, browser, name, prepare)
}
/** A board of an account that is there already. @param prepare as above */
export async function signIn(
  t: TestContext,
  server: ServerProcess,
  browser: Browser,
  name: string,
  prepare: ((page: Page) => Promise<void>) | null = null,
): Promise<Page> {
  const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
  if (prepare !== null) {
    await prepare(page)
    await page.reload()
  }
  await page.fill('[name=address]', name)
  await page.fill('[name=password]', PASSWORD)
  await page.click('text=Sign in')
  await page.waitForSelector('.own')
  return page
}

export interface HowToJoin {
  readonly isListed?: boolean
  readonly nick?: string
}
export async function join(page: Page, room: string, { isListed = false, nick = '' }: HowToJoin = {}): Promise<void> {
  if (!(await page.isVisible('.sheet[data-kind=join]'))) await page.click('text=Join a room')
  await page.waitForSelector('label:has-text("Name of the room")')
  await page.fill('[data-kind=join] [name=room]', room)
  if (nick !== '') await page.fill('[data-kind=join] [name=nick]', nick)
  if (isListed) await page.check('[data-kind=join] [name=listed]')
  await page.click('[data-kind=join] button.main')
}
export async function say(page: Page, text: string): Promise<void> {
  await page.fill('.chat [name=text]', text)
  await page.keyboard.press('Enter')
}
export const occupant = (nick: string, dot = 'available'): string => `.occupants li[data-nick="${nick}"][data-dot=${dot}]`
export const note = (text: string): string => `.chat li.note:has-text("${text}")`
/** A message of another person. */
export const theirs = (text: string): string => `.chat li.theirs:has-text("${text}")`
/** A message of ours that the room has repeated. */
export const mine = (text: string): string => `.chat li.mine:has-text("${text}"):not(:has-text("on its way"))`

/** A port of the web server that stays the same when the server is started again. */
export async function lastingPort(): Promise<ServerSettings> {
  const port = await new Promise<number>((found) => {
    const holder = createServer().listen(0, '127.0.0.1', () => {
      const { port } = holder.address() as AddressInfo
      holder.close(() => found(port))
    })
  })
  return { listen: { http: [`127.0.0.1:${port}`] } }
}
