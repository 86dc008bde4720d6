/** Lists of domains, reports of users and announcements in the operator's view, in Debian's Chromium. */
import { test } from 'node:test'
import { startServer } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { link, visit } from './operator-link.ts'

const skip = chromiumMissing()

test('ADM-1, EXT-5: the operator blocks a domain and takes it back, announces, and sees no report', { skip }, async (t) => {
  const server = await startServer(t)
  const browser = await openBrowser(t)
  const { page } = await openTab(t, browser, await link(server))
  await visit(page, 'Links')
  await page.fill('[name=listed]', '*.Bad.example')
  await page.click('form[aria-label="A domain for the lists"] button[value=blocked]')
  await page.waitForSelector('[aria-label="Unblock: *.bad.example"]')
  await page.fill('[name=listed]', 'localhost')
  await page.click('form[aria-label="A domain for the lists"] button[value=allowed]')
  await page.waitForSelector('text=localhost is served here')
  await assertAccessible(page)
  await page.click('[aria-label="Unblock: *.bad.example"]')
  await page.waitForSelector('[aria-label="Blocked and allowed domains"] .empty')
  await visit(page, 'Sessions')
  await page.fill('[name=announcement]', 'Tea is ready')
  await page.click('form[aria-label="An announcement"] button')
  await page.waitForSelector('text=Sent to 0 sessions')
  await assertAccessible(page)
  await visit(page, 'Troubles')
  await page.waitForSelector('[aria-label="Reports of users"] .empty')
  await assertAccessible(page)
})
