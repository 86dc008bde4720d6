/** The presence board as people use it, in Debian's Chromium: two browsers, one server. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, kill, openBrowser, openTab, type Tab } from './chromium.ts'
import { visit } from './operator-link.ts'
import { present, signOut } from './own.ts'

const skip = chromiumMissing()
const boardOf = (server: ServerProcess): string => `http://localhost:${server.httpPort}/`
const card = (dot: string): string => `.card[data-dot=${dot}]`

async function signIn({ page }: Tab, jid: string, password: string): Promise<void> {
  await page.fill('[name=address]', jid)
  await page.fill('[name=password]', password)
  await page.click('text=Sign in')
  await page.waitForSelector('.own')
}

interface Scene {
  readonly server: ServerProcess
  readonly browser: Browser
  readonly romeo: Tab
  readonly juliet: Tab
}

/** The first minute: two accounts, two browsers, contacts of each other. */
async function open(t: TestContext, settings: ServerSettings = {}): Promise<Scene> {
  const server = await startServer(t, settings)
  const browser = await openBrowser(t)
  const romeo = await openTab(t, browser, boardOf(server))
  await romeo.page.waitForSelector('fieldset')
  await assertAccessible(romeo.page)
  await romeo.page.fill('[name=first-password]', 'romeo-secret')
  await romeo.page.fill('[name=second-password]', 'juliet-secret')
  await romeo.page.click('text=Make both and sign in')
  await romeo.page.waitForSelector(card('unknown') + ',' + card('not-shared'))
  const link = await romeo.page.getAttribute('a:text-is("a second tab as juliet@localhost")', 'href')
  const juliet = await openTab(t, browser, boardOf(server) + link!)
  assert.equal(await juliet.page.inputValue('[name=address]'), 'juliet@localhost')
  await signIn(juliet, 'juliet@localhost', 'juliet-secret')
  assert.equal(await juliet.page.textContent('.requests button.main'), 'Approve and ask back', 'it is what the hint names')
  await juliet.page.click('.requests button.main')
  await Promise.all([romeo, juliet].map(({ page }) => page.waitForSelector(card('available'))))
  assert.equal(await romeo.page.locator('text=a second tab').count(), 0)
  return { server, browser, romeo, juliet }
}

const show = (page: Page, show: string, status: string): Promise<void> => present(page, { show, status })

test('two browsers: the first accounts, contacts, what each shows, a message, a name and a group', { skip }, async (t) => {
  const { romeo, juliet, server } = await open(t)
  const hostile = 'on the <b>balcony</b> & <script>alert(1)</script>'
  await show(juliet.page, 'away', hostile)
  await romeo.page.waitForSelector(card('away'))
  assert.equal(await romeo.page.textContent(`${card('away')} .more`), hostile)
  await show(juliet.page, 'dnd', '')
  await romeo.page.waitForSelector(card('dnd'))

  await romeo.page.focus('.card')
  await romeo.page.keyboard.press('Enter')
  await romeo.page.waitForSelector('.details')
  assert.equal(await romeo.page.evaluate('document.activeElement.textContent'), 'juliet')
  await romeo.page.fill('[name=text]', 'But <i>soft</i>')
  await romeo.page.keyboard.press('Enter')
  await juliet.page.waitForSelector('.unread')
  await juliet.page.click('.card')
  await juliet.page.waitForSelector('.chat li:has-text("But <i>soft</i>")')
  await assertAccessible(juliet.page)

  await romeo.page.fill('.naming [name=name]', 'Juliet Capulet')
  await romeo.page.fill('.naming [name=groups]', 'Verona, Family')
  await romeo.page.click('text=Save')
  await romeo.page.waitForSelector('h2 .group:text-is("Verona")')
  assert.equal(await romeo.page.locator('.card:has-text("Juliet Capulet")').count(), 2)
  await assertAccessible(romeo.page)

  await signOut(juliet.page)
  await romeo.page.waitForSelector(card('offline'))
  assert.match((await romeo.page.textContent(card('offline')))!, /last seen/)
  const again = await fetch(`${boardOf(server)}first-run`)
  assert.equal(again.status, 404, 'accounts are made once')
})

test('a request is denied; a subscription is taken back', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await romeo.page.click('.card')
  await romeo.page.click('text=Hide it from them')
  await juliet.page.waitForSelector(card('not-shared'))
  await juliet.page.click('.card')
  await juliet.page.click('text=Ask to see it')
  await romeo.page.click('text=Deny')
  await juliet.page.waitForSelector('text=You do not see their presence.')
})

test('the operator is told why romeo sees juliet so, and how well that is known', { skip }, async (t) => {
  const { server, browser } = await open(t)
  const { stdout } = await server.command(['admin'])
  const { page } = await openTab(t, browser, stdout.split('\n')[0]!)
  await visit(page, 'Presence')
  await page.fill('[name=watcher]', 'romeo@localhost')
  await page.fill('[name=contact]', 'juliet@localhost')
  await page.click('text=Explain')
  await page.waitForSelector('text=juliet@localhost is available to romeo@localhost with 1 resource.')
  await page.waitForSelector('[aria-label="How well it is known"] li:has-text(": live last confirmed by")')
  await page.waitForSelector('li:has-text(": available presence of juliet@localhost/")')
})

test('who is invisible is seen by nobody, and sees and hears the others (XEP-0186)', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await present(juliet.page, { invisible: true })
  await romeo.page.waitForSelector(card('offline'))
  await show(romeo.page, 'dnd', 'in the orchard')
  await juliet.page.waitForSelector(card('dnd'))
  await romeo.page.click('.card')
  await romeo.page.fill('[name=text]', 'Are you there?')
  await romeo.page.keyboard.press('Enter')
  await juliet.page.waitForSelector('.unread')
  await show(juliet.page, 'away', 'seen by nobody')
  await assertAccessible(juliet.page)
  assert.equal(await romeo.page.locator(card('offline')).count(), 1)
  await present(juliet.page, { invisible: false })
  await romeo.page.waitForSelector(card('away'))
})

test('a tab that is killed shows as paused, and when nobody comes back as offline', { skip }, async (t) => {
  const settings = { 'stream-management': { 'resume-time': '4 s' } }
  const { romeo, juliet } = await open(t, settings)
  await kill(juliet.page)
  await romeo.page.waitForSelector(card('paused'))
  assert.match((await romeo.page.textContent('.card'))!, /Connection paused/)
  await romeo.page.waitForSelector(card('offline'))
})

test('a server that dies: the board says that it may be out of date', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const browser = await openBrowser(t)
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(boardOf(server))
  await signIn({ context, page }, 'romeo@localhost', 'romeo-secret')
  await server.kill()
  await page.waitForSelector('text=The connection is lost.')
  await server.start()
})

test('over https, where browsers cannot bind the channel: a login', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const context = await (await openBrowser(t)).newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  await page.goto(`https://localhost:${server.httpsPort}/`)
  await signIn({ context, page }, 'romeo@localhost', 'romeo-secret')
})

test('a wrong password is told', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const tab = await openTab(t, await openBrowser(t), boardOf(server))
  await tab.page.fill('[name=address]', 'romeo@localhost')
  await tab.page.fill('[name=password]', 'wrong')
  await tab.page.click('text=Sign in')
  await tab.page.waitForSelector('text=The address or the password is wrong.')
})

test('on a phone nothing has to be scrolled sideways, in the light and in the dark', { skip }, async (t) => {
  const { romeo } = await open(t)
  await romeo.page.setViewportSize({ width: 360, height: 700 })
  await romeo.page.click('.card')
  for (const colorScheme of ['light', 'dark'] as const) {
    await romeo.page.emulateMedia({ colorScheme })
    assert.ok(await romeo.page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    await assertAccessible(romeo.page)
  }
})

test('the page brings its policy: no script but its own, in no frame, and nothing from elsewhere', { skip }, async (t) => {
  const server = await startServer(t)
  for (const path of ['', 'admin']) {
    const { headers } = await fetch(boardOf(server) + path)
    const policy = headers.get('content-security-policy')!
    assert.match(policy, /default-src 'none'; script-src 'self';/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
  }
})
