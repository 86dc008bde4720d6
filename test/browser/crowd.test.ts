/** A board with 300 contacts and 30 rooms, in Debian's Chromium: who is around is seen at a glance, and the others are found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { crowdOf, openCrowd } from './crowd.ts'
import { present } from './own.ts'

const skip = chromiumMissing()
const HOSTILE = '<img src=x onerror=alert(1)> شخص'

test(
  '300 contacts and 30 rooms: who is around first, a search, groups that fold, and all of it by keyboard',
  { skip },
  async (t) => {
    const rooms = Array.from({ length: 30 }, (_, i) => `room-${i}`)
    const people = [...crowdOf(299), { local: 'hostile', name: HOSTILE, groups: ['Friars'] }]
    const { page, says } = await openCrowd(t, { people, rooms })
    for (let i = 0; i < 300; i += 15) says(`c${i}`, i % 2 === 0 ? '' : '<show>away</show><status>at lunch</status>')
    says('hostile', '<show>dnd</show>')
    await page.waitForSelector('section[aria-label=Family] .card[data-dot=available]:has-text("Person 0")')
    await page.waitForSelector('.card[data-dot=dnd]')
    await page.locator('.card:not(.room)').nth(20).waitFor()
    assert.equal(await page.locator('.card:not(.room)').count(), 21)
    assert.equal(await page.locator('.card.room').count(), 0, 'nothing is new in them')
    await page.waitForSelector('.others:text-is("30 rooms without news")')
    assert.ok(await page.isVisible(`bdi:text-is(${JSON.stringify(HOSTILE)})`), 'it is text')
    const groups = await page.locator('.list h2 .group').allTextContents()
    assert.deepEqual(groups.slice(-4), ['School 2', 'School 10', 'Verona', 'Work'])
    await assertAccessible(page)
    if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/crowd.png` })

    await page.focus('.own [data-show=xa]')
    await page.keyboard.press('Space')
    await page.waitForSelector('.own [data-show=xa][aria-pressed=true]')
    await page.focus('[name=search]')
    await page.keyboard.type('person 29 family')
    await page.waitForSelector('[role=status]:text-is("1 found.")', { state: 'attached' })
    await page.keyboard.press('Enter')
    await page.waitForSelector('.details h2:has-text("Person 290")')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.card:focus:has-text("Person 290")')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Escape')
    await page.waitForSelector('section[aria-label=Family]')

    const family = 'section[aria-label=Family]'
    await page.click(`${family} .others`)
    assert.equal(await page.locator(`${family} .card`).count(), 30)
    await page.click(`${family} h2 button`)
    assert.equal(await page.locator(`${family} .card`).count(), 0)
    await page.reload()
    await page.waitForSelector('section[aria-label=Choir] .card')
    assert.equal(await page.locator(`${family} .card`).count(), 0, 'the browser remembers what is folded')
    await page.click(`${family} h2 button`)

    says('c10', '', 'unavailable')
    await page.click('section[aria-label=Family] .card >> nth=0')
    await page.waitForSelector('.details')
    await assertAccessible(page)
    if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/crowd-open.png` })
    await page.setViewportSize({ width: 360, height: 700 })
    for (const part of ['person', 'list']) {
      if (part === 'list') await page.keyboard.press('Escape')
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
        await assertAccessible(page)
        if (process.env['SHOTS'] !== undefined)
          await page.screenshot({ path: `${process.env['SHOTS']}/crowd-${part}-${colorScheme}.png` })
      }
    }
    await present(page, { priority: '5', invisible: true })
    await page.waitForSelector('.own:has-text("Nobody sees you.")')
  },
)
