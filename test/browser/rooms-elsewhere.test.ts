/** A room on another server, on the board: the link is lost, and is there again. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { Line } from '../interop/line.ts'
import { Authority } from '../support/authority.ts'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { join, note, occupant, PASSWORD, say, theirs } from './room-boards.ts'

const skip = chromiumMissing()
const [MONTAGUE, CAPULET] = ['montague.example', 'capulet.example'] as const
const ROOM = `tea@conference.${CAPULET}`
/**
 * A lost link is noticed at once, since its connections break; a slow machine is not taken for one. The grace is longer than the
 * second in which the server remembers who watches what.
 */
const TIMES = {
  'grace': '1500 ms',
  'retry': '200 ms',
  'longest-retry': '400 ms',
  'dead-after': '20 seconds',
  'connect-timeout': '20 seconds',
  'negotiation-timeout': '20 seconds',
}

interface Scene {
  /** Romeo's, at Montague; the room and Juliet are at Capulet. */
  readonly romeo: Page
  readonly juliet: Page
  /** All that the two servers say to each other goes over them. */
  readonly lines: readonly Line[]
}
async function open(t: TestContext): Promise<Scene> {
  const directory = await mkdtemp(path(tmpdir(), 'rooms-elsewhere-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await Authority.found(directory)
  const servers = new Map<string, ServerProcess>()
  const start = async (domain: string, other: string): Promise<Line> => {
    const line = await Line.open(t, () => servers.get(other)!.serversPort)
    const names = [domain, `conference.${domain}`]
    const certified = await authority.certify(domain, { dns: [...names, 'localhost'] })
    const route = `127.0.0.1:${line.port}`
    const settings: ServerSettings = {
      'federation': { trust: 'require-certificate', authorities: authority.file, ...TIMES },
      'server': { 'domains': [domain], 'data-directory': 'data' },
      'tls': { certificate: certified.certificateFile, key: certified.keyFile },
      'multi-user-chat': { 'link-keep': '10 s' },
      'peer': [
        { domain: other, route },
        { domain: `conference.${other}`, route },
      ],
    }
    servers.set(domain, await startServer(t, settings))
    return line
  }
  const lines = [await start(CAPULET, MONTAGUE), await start(MONTAGUE, CAPULET)]
  const browser = await openBrowser(t)
  const board = async (name: string, domain: string): Promise<Page> => {
    const server = servers.get(domain)!
    await server.addUser(`${name}@${domain}`, PASSWORD)
    const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
    await page.fill('[name=address]', `${name}@${domain}`)
    await page.fill('[name=password]', PASSWORD)
    await page.click('text=Sign in')
    await page.waitForSelector('.own')
    return page
  }
  const [juliet, romeo] = [await board('juliet', CAPULET), await board('romeo', MONTAGUE)]
  await join(juliet, 'tea')
  await juliet.waitForSelector(note('You have made this room.'))
  await join(romeo, ROOM)
  for (const page of [romeo, juliet]) await page.waitForSelector(occupant('romeo'))
  await romeo.waitForSelector(occupant('juliet'))
  return { romeo, juliet, lines }
}

test(
  'XEP-0310 4.3, 5: link lost on both sides; whoever was put out meanwhile is in again when it is back',
  { skip },
  async (t) => {
    const { romeo, juliet, lines } = await open(t)
    for (const line of lines) line.refuse()
    await juliet.waitForSelector(occupant('romeo', 'link-lost'))
    await romeo.waitForSelector(occupant('juliet', 'link-lost'))
    assert.match((await romeo.textContent(occupant('juliet', 'link-lost')))!, /Link lost.*server out of reach/)
    await juliet.waitForSelector(occupant('romeo', 'link-lost'), { state: 'detached' })
    await say(juliet, 'Is he gone?')
    assert.equal(await romeo.locator('.card.room[data-stay=in]').count(), 1, 'he cannot know it')
    for (const line of lines) line.revive()
    await romeo.waitForSelector(occupant('juliet'))
    await juliet.waitForSelector(occupant('romeo'))
    await romeo.waitForSelector(theirs('Is he gone?'))
    await say(romeo, 'I am here again')
    await juliet.waitForSelector(theirs('I am here again'))
  },
)
