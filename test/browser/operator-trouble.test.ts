/** What the operator's view shows when somebody's name is hostile, an answer cannot be read, or an order fails. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { tcpLink } from '../support/link.ts'
import { DOMAIN, startServer, type ServerProcess } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import { chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { link, visit } from './operator-link.ts'

const skip = chromiumMissing()
const PATIENCE_MS = 20_000

/** Latin1 made a quotation mark of it. */
const MARK = 'Ģ'
/** With quotation marks in place of `Ģ` it would end its row and begin one of its own. */
const FORGERY = `${MARK},${MARK}state${MARK}:${MARK}connected${MARK}},{${MARK}jid${MARK}:${MARK}forged@localhost/x`

async function connect(t: TestContext, server: ServerProcess, user: string, resource: string): Promise<void> {
  const wire = new WireClient(await tcpLink(server.port), DOMAIN, PATIENCE_MS)
  t.after(() => wire.link.drop())
  assert.equal(await wire.login(user, 'a secret', resource, { startTls: true }), `${user}@${DOMAIN}/${resource}`)
}

test(
  'no name that a user chooses blanks or forges a list: U+0122, a crafted resource, an Arabic account',
  { skip },
  async (t) => {
    const server = await startServer(t)
    for (const user of ['romeo', 'juliet', 'آدم']) await server.addUser(`${user}@localhost`, 'a secret')
    await connect(t, server, 'juliet', MARK)
    await connect(t, server, 'romeo', FORGERY)
    await connect(t, server, 'آدم', 'هاتف')
    const { page } = await openTab(t, await openBrowser(t), await link(server))
    await visit(page, 'Sessions')
    const rows = page.locator('tbody th')
    await rows.nth(2).waitFor()
    assert.deepEqual((await rows.allTextContents()).sort(), [
      `juliet@localhost/${MARK}`,
      `romeo@localhost/${FORGERY}`,
      'آدم@localhost/هاتف',
    ])
    await visit(page, 'Accounts')
    await page.waitForSelector('.users li:has-text("آدم@localhost")')
    await page.click('[aria-label="Change آدم@localhost"]')
    await page.fill('.users details[open] [name=reason]', 'ضيف ☃')
    await page.click('.users details[open] >> text=Disable')
    await page.waitForSelector('.users li:has-text("disabled just now: ضيف ☃")')
  },
)

/** The pages, with the sections that show what the server answers. */
const SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  ['Overview', ['What needs you', 'How the server is']],
  ['Accounts', ['Accounts']],
  ['Links', ['Links to other servers']],
  ['Presence', ['Presence in doubt', 'Who costs most']],
  ['Troubles', ['What went wrong lately', 'Logins that failed lately']],
  ['Sessions', ['Sessions']],
]
async function everySectionSays(page: Page, words: string): Promise<void> {
  for (const [name, titles] of SECTIONS) {
    await visit(page, name)
    for (const title of titles) await page.waitForSelector(`section[aria-label="${title}"] .trouble:has-text("${words}")`)
  }
}

test('every section says when an answer cannot be read, and when the server is not there', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'a secret')
  await connect(t, server, 'romeo', 'orchard')
  const browser = await openBrowser(t)
  const context = await browser.newContext()
  const page = await context.newPage()
  const answer = (body: string) => context.route('**/admin/order', (route) => route.fulfill({ status: 200, body }))
  await answer('{"ok":true,"result":[{"jid":"x"y"}]}')
  await page.goto(await link(server))
  await everySectionSays(page, 'The answer of the server cannot be read.')
  await context.unroute('**/admin/order')
  await page.waitForSelector('tbody th')
  await page.waitForSelector('section[aria-label=Sessions] .trouble:empty', { state: 'attached' })
  await answer('null')
  await page.waitForSelector('section[aria-label=Sessions] .trouble:has-text("The data below is older.")')
  assert.equal(await page.locator('tbody th').count(), 1, 'what was known stays')
  await context.unroute('**/admin/order')
  await context.route('**/admin/order', (route) => route.abort())
  await page.click('[aria-label^="End the session"]')
  await page.click('text="End the session"')
  await page.waitForSelector('section[aria-label=Sessions] .trouble:has-text("The server cannot be reached.")')
  await everySectionSays(page, 'The server cannot be reached.')
  await context.unroute('**/admin/order')
  await visit(page, 'Accounts')
  await page.waitForSelector('.users li')
  await context.route('**/admin/order', (route) => route.abort())
  await page.fill('[aria-label^="A new account"] [name=name]', 'tybalt')
  await page.fill('[aria-label^="A new account"] [name=password]', 'a secret')
  await page.click('[aria-label^="A new account"] button')
  await page.waitForSelector('[aria-label=Accounts] p:text-is("The server cannot be reached.")')
  assert.equal(await page.inputValue('[aria-label^="A new account"] [name=name]'), 'tybalt', 'what was typed is not lost')
  await visit(page, 'Presence')
  await page.fill('[name=watcher]', 'romeo@localhost')
  await page.fill('[name=contact]', 'juliet@localhost')
  await page.click('text=Explain')
  await page.waitForSelector('[aria-label="Why does somebody see this?"] .trouble:has-text("The server cannot be reached.")')
  await context.route('**/admin/logout', (route) => route.abort())
  await page.click('text=Sign out')
  await page.waitForSelector('header .trouble:has-text("The server cannot be reached.")')
})
