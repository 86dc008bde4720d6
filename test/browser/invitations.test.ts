/** Invitations and groups in the operator's view, and the page of an invitation, in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { link, visit } from './operator-link.ts'

const skip = chromiumMissing()

test('INV-5: the operator invites, and a newcomer makes the account in the browser; a group has both', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const browser = await openBrowser(t)
  const { page } = await openTab(t, browser, await link(server))
  await visit(page, 'Accounts')
  await page.fill('[name=inviter]', 'romeo@localhost')
  await page.fill('[name=note]', 'for <b>Juliet</b>')
  await page.click('form[aria-label="A new invitation"] button.main')
  const uri = await page.textContent('[aria-label=Invitations] .invite-links p:last-of-type')
  assert.match(uri!, /^xmpp:romeo@localhost\?roster;preauth=[0-9a-f]{24};ibr=y$/)
  await page.waitForSelector('.invitations li:has-text("for <b>Juliet</b>"):has-text("used 0 of 1")')
  await assertAccessible(page)

  const token = /preauth=(\w+)/.exec(uri!)![1]!
  const invited = await openTab(t, browser, `${new URL(page.url()).origin}/invite#${token}`)
  await invited.page.waitForSelector('text=romeo@localhost invites you to chat at')
  await assertAccessible(invited.page)
  await invited.page.fill('[name=name]', 'romeo')
  await invited.page.fill('[name=password]', 'juliet-secret')
  await invited.page.click('text=Make my account')
  await invited.page.waitForSelector('text=This name is taken')
  await invited.page.fill('[name=name]', 'juliet')
  await invited.page.click('text=Make my account')
  await invited.page.waitForSelector('text=Your address is juliet@localhost')
  await page.waitForSelector('.invitations li:has-text("used 1 of 1")')
  await page.click('.invitations button')
  await page.waitForSelector('[aria-label=Invitations] .empty')
  const again = await openTab(t, browser, `${new URL(page.url()).origin}/invite#${token}`)
  await again.page.waitForSelector('text=This invitation is used up, too old, or was taken back.')

  await page.fill('[name=group]', 'Team')
  await page.click('form[aria-label="A new group"] button.main')
  await page.click('[aria-label="Members of Team"]')
  for (const name of ['romeo', 'juliet']) {
    await page.fill('[name=member]', `${name}@localhost`)
    await page.click('text=Put in')
    await page.waitForSelector(`[aria-label="Take out ${name}@localhost"]`)
  }
  await page.waitForSelector('.groups li:has-text("2 members")')
  await assertAccessible(page)
})
