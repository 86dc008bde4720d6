/** One account in the operator's view, in Debian's Chromium: what it is and has, and what an operator does with it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { link, visit } from './operator-link.ts'

const skip = chromiumMissing()
const POLICY = join(import.meta.dirname, '../../config/labels.toml')
const ROMEO = 'romeo@localhost'

test(
  'an account: its sessions, devices and what it has stored; clearance, password, disable, sign out, delete',
  { skip },
  async (t) => {
    const server = await startServer(t, { 'security-labels': { policy: POLICY } })
    await server.addUser(ROMEO, 'romeo-secret')
    const browser = await openBrowser(t)
    const { page: romeo } = await openTab(t, browser, `http://localhost:${server.httpPort}/#${ROMEO}`)
    await romeo.fill('[name=password]', 'romeo-secret')
    await romeo.click('text=Sign in')
    await romeo.waitForSelector('.own')

    const { page } = await openTab(t, browser, await link(server))
    await visit(page, 'Accounts')
    await page.click(`a:text-is("${ROMEO}")`)
    const fact = (name: string, value: string): Promise<unknown> =>
      page.waitForSelector(`.facts div:has(dt:text-is("${name}")):has(dd:has-text("${value}"))`)
    await fact('Now', '1 connected')
    await fact('Contacts', '0')
    await fact('Blocked addresses', '0')
    await fact('Archive', 'None.')
    await fact('Files', '0 files')
    await fact('Push services', '0')
    await page.waitForSelector('section[aria-label="Sessions of this account"] li:has-text("active")')
    await page.waitForSelector('section[aria-label=Devices] li')
    await assertAccessible(page)
    assert.equal(await page.locator('section[aria-label=Groups]').count(), 0, 'the page is about one account')

    const clearance = 'section[aria-label=Clearance]'
    await page.waitForSelector(`${clearance} li:has-text("public, from: default")`)
    await page.selectOption('[name=clearance]', 'secret')
    await page.click(`${clearance} button:text-is("Give")`)
    await page.waitForSelector(`${clearance} li:has-text("secret, from: account ${ROMEO}")`)
    await page.click(`${clearance} button:text-is("Take it away")`)
    await page.waitForSelector(`${clearance} li:has-text("public, from: default")`)

    await page.click('button[aria-label^="End "]')
    await romeo.waitForSelector('text=The server has ended your session')
    await fact('Now', 'not connected')
    await page.click(`summary[aria-label="Change ${ROMEO}"]`)
    await page.fill('details [name=password]', 'another-secret')
    await page.click('button:text-is("Set")')
    await page.waitForSelector(`text=${ROMEO} has a new password.`)
    await page.fill('details [name=reason]', 'banished')
    await page.click('button:text-is("Disable")')
    await fact('Now', 'banished')
    await page.click('button:text-is("Enable")')
    await fact('Now', 'not connected')
    await page.click('button:text-is("Delete")')
    await page.click(`button:has-text("Yes, delete ${ROMEO}")`)
    await page.waitForSelector(`text=${ROMEO} is deleted.`)
    await page.click('text=All accounts')
    await page.waitForSelector('form[aria-label^="A new account"]')
    assert.equal(await page.locator(`text=${ROMEO}`).count(), 0)
  },
)
