/** Forms stand beside the list, never over it or in front of it; and where the focus goes. In Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { crowdOf, openCrowd } from './crowd.ts'

const skip = chromiumMissing()
const OPENERS = ['Add a contact', 'Join a room', 'Invite somebody', 'Who was here when', 'More about you']
const opener = (title: string): string => `button.plain:text-is("${title}")`

/** Where the list is, and how much of it can be seen. */
const listBox = (page: Page): Promise<unknown> => page.locator('.board > main').boundingBox()

test('each form opens beside the list, closes by Escape, and gives the focus back', { skip }, async (t) => {
  const { page, says } = await openCrowd(t, { people: crowdOf(40) })
  await page.setViewportSize({ width: 1280, height: 800 })
  for (const i of [1, 2, 3, 4, 5, 6, 7, 8]) says(`c${i}`)
  await page.locator('.card[data-dot=available]').nth(7).waitFor()
  const before = await listBox(page)
  for (const title of OPENERS) {
    await page.focus(opener(title))
    await page.keyboard.press('Enter')
    await page.waitForSelector('.sheet h2:focus')
    assert.deepEqual(await listBox(page), before, title)
    await assertAccessible(page)
    if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/beside-${title}.png` })
    await page.keyboard.press('Escape')
    await page.waitForSelector(`${opener(title)}:focus`)
    assert.equal(await page.locator('.sheet').count(), 0)
  }
})

test('a form takes the place of a conversation, which is there again afterwards; on a phone too', { skip }, async (t) => {
  const { page, says } = await openCrowd(t, { people: crowdOf(3) })
  says('c1')
  await page.click('.card[data-dot=available]')
  await page.waitForSelector('.details h2:has-text("Person 1")')
  await page.click(opener('Add a contact'))
  await page.click(opener('Join a room'))
  await page.waitForSelector('.sheet[data-kind=join]')
  await page.click('.sheet .close')
  await page.waitForSelector('.details h2:has-text("Person 1"):focus')
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 390, height: 844 })
  for (const title of OPENERS) {
    await page.click(opener(title))
    await page.waitForSelector('.sheet h2:focus')
    assert.equal(await page.isVisible('.board > main'), false, 'one after the other')
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), title)
    if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/phone-${title}.png` })
    await page.keyboard.press('Escape')
    await page.waitForSelector(`${opener(title)}:focus`)
  }
})
