/** Rooms on the board (XEP-0045), in Debian's Chromium: two boards, one server. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'

const skip = chromiumMissing()
const PASSWORD = 'a secret'

interface Scene {
  readonly server: ServerProcess
  readonly browser: Browser
  readonly romeo: Page
  readonly juliet: Page
}
async function open(t: TestContext, settings: ServerSettings = {}): Promise<Scene> {
  const server = await startServer(t, settings)
  const browser = await openBrowser(t)
  const board = async (name: string): Promise<Page> => {
    await server.addUser(`${name}@localhost`, PASSWORD)
    const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
    await page.fill('[name=address]', name)
    await page.fill('[name=password]', PASSWORD)
    await page.click('text=Sign in')
    await page.waitForSelector('.own')
    return page
  }
  return { server, browser, romeo: await board('romeo'), juliet: await board('juliet') }
}
async function join(page: Page, room: string, { listed = false, nick = '' } = {}): Promise<void> {
  if (!(await page.isVisible('.join form'))) await page.click('text=Join a room')
  await page.waitForSelector('label:has-text("Name of the room")')
  await page.fill('.join [name=room]', room)
  if (nick !== '') await page.fill('.join [name=nick]', nick)
  if (listed) await page.check('.join [name=listed]')
  await page.click('.join button.main')
}
const say = async (page: Page, text: string): Promise<void> => {
  await page.fill('.chat [name=text]', text)
  await page.keyboard.press('Enter')
}
const occupant = (nick: string, dot = 'available'): string => `.occupants li[data-nick=${nick}][data-dot=${dot}]`

test('two boards: a room is made, found in the list, talked in, and left', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await join(romeo, 'Tea House', { listed: true })
  await romeo.waitForSelector('.chat li.note:has-text("You have made this room, and it is listed")')
  await romeo.waitForSelector(occupant('romeo'))
  await juliet.click('text=Join a room')
  await juliet.click('[aria-label="Join tea-house"]')
  await juliet.waitForSelector(occupant('romeo'))
  await romeo.waitForSelector(occupant('juliet'))
  await say(romeo, 'Soft, <i>juliet</i>!')
  await romeo.waitForSelector('.chat li.mine:has-text("Soft, <i>juliet</i>!"):not(:has-text("on its way"))')
  await juliet.waitForSelector('.chat li.theirs.names-us:has-text("Soft, <i>juliet</i>!")')
  await assertAccessible(juliet)

  await juliet.click('text=Close')
  await say(romeo, 'Speak again, bright angel')
  await say(romeo, 'Juliet?')
  await juliet.waitForSelector('.card.room .unread:text-is("2 new, 1 for you")')
  await assertAccessible(juliet)
  await juliet.focus('.card.room')
  await juliet.keyboard.press('Enter')
  await juliet.waitForSelector('.chat li:has-text("Speak again")')
  assert.equal(await juliet.locator('.unread').count(), 0)
  await juliet.keyboard.press('Escape')
  assert.equal(await juliet.evaluate('document.activeElement.dataset.jid'), 'tea-house@conference.localhost')

  await juliet.click('.card.room')
  await juliet.click('text=Leave the room')
  await romeo.waitForSelector(occupant('juliet'), { state: 'detached' })
  assert.equal(await juliet.locator('.card.room').count(), 0)
})

test('who enters later reads what was said; older pages come from the archive', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await join(romeo, 'tea')
  for (let i = 1; i <= 12; i++) await say(romeo, `line ${i}.`)
  await romeo.waitForSelector('.chat li.mine:has-text("line 12."):not(:has-text("on its way"))')
  await join(juliet, 'tea')
  await juliet.waitForSelector('.chat li:has-text("line 12.")')
  const texts = await juliet.locator('.chat li.theirs').allTextContents()
  assert.equal(texts.length, 12)
})
