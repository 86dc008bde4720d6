/** What changed since yesterday, the archives and the files in the operator's view; and all of it in German, in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing, openTab } from './chromium.ts'
import { befriend } from './friends.ts'
import { link, visit } from './operator-link.ts'
import { openBoards, say } from './room-boards.ts'

const skip = chromiumMissing()

test('what changed since yesterday, archives and files, each as a page; in German for a German browser', { skip }, async (t) => {
  const { romeo, juliet, server, browser } = await openBoards(t)
  await befriend(romeo, juliet)
  await romeo.click('.card')
  for (const text of ['one', 'two']) await say(romeo, text)
  await romeo.setInputFiles('[name=file]', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.alloc(2000, 'a') })
  await romeo.waitForSelector('.chat .file')
  const { page } = await openTab(t, browser, await link(server))
  const changes = 'section[aria-label="What changed since yesterday"]'
  await page.waitForSelector(`${changes} li:has-text("New account: juliet@localhost")`)
  await page.waitForSelector(`${changes} li:has-text("The server was started")`)
  await page.waitForSelector(`${changes} tr:has-text("more")`)
  await assertAccessible(page)
  if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/operator.png`, fullPage: true })
  await visit(page, 'Archive')
  // Three messages, and of each that it was delivered
  await page.waitForSelector('tr:has-text("romeo@localhost"):has(td:text-is("6"))')
  await assertAccessible(page)
  await page.fill('[name=from]', 'r')
  await page.waitForSelector('tr:has-text("juliet@localhost")', { state: 'detached' })
  await visit(page, 'Files')
  await page.waitForSelector('p:has-text("1 file, 2 kB in all.")')
  await page.waitForSelector('tr:has-text("romeo@localhost"):has(td:text-is("2 kB"))')
  await assertAccessible(page)

  const { page: german } = await openTab(t, browser, await link(server), {
    locale: 'de-DE',
    viewport: { width: 360, height: 700 },
  })
  await german.waitForSelector('text=Sie sind hier als Betreiber.')
  assert.equal(await german.getAttribute('html', 'lang'), 'de')
  for (const name of ['Sitzungen', 'Konten', 'Räume', 'Archiv', 'Dateien', 'Verbindungen', 'Präsenz', 'Störungen', 'Überblick']) {
    await visit(german, name)
    assert.ok(await german.evaluate('document.documentElement.scrollWidth <= innerWidth'), name)
    const left = await german.locator('main').innerText()
    assert.doesNotMatch(left, /\b(None|Nothing|Order|Address|Accounts|Sessions|Rooms|since|Logins)\b/, name)
  }
  await german.waitForSelector('section[aria-label="Was sich seit gestern geändert hat"]')
  if (process.env['SHOTS'] !== undefined)
    await german.screenshot({ path: `${process.env['SHOTS']}/operator-german.png`, fullPage: true })
})
