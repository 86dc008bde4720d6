/** The wall (`/wall`), in Debian's Chromium: people of a group, large; it is back by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { crowdOf, openCrowd } from './crowd.ts'
import { join, lastingPort, newBoard } from './room-boards.ts'
import { present } from './own.ts'

const skip = chromiumMissing()
const tile = (dot: string, words: string): string => `.wall li[data-dot=${dot}]:has-text(${JSON.stringify(words)})`

test(
  'a group on the wall, with honest dots and ages; it returns after the server and the browser were gone',
  { skip },
  async (t) => {
    const people = [...crowdOf(12), { local: 'zoe', name: 'Zoë <b>', groups: ['Family'] }]
    const { page, says, server } = await openCrowd(t, { people, settings: await lastingPort() })
    await page.setViewportSize({ width: 1920, height: 1080 })
    await page.goto(`http://localhost:${server.httpPort}/wall?group=Family`)
    await page.fill('[name=address]', 'romeo')
    await page.fill('[name=password]', 'romeo-secret')
    await page.click('button.main')
    await page.waitForSelector('.wall h1:has-text("Family")')
    says('zoe', '<show>dnd</show><status>in theatre 3</status>')
    await page.waitForSelector(tile('dnd', 'Zoë <b>'))
    await page.waitForSelector(tile('dnd', 'for a moment · in theatre 3'))
    await page.waitForSelector('.wall header:has-text("1 of 3 people around")')
    assert.equal(await page.locator('.wall :is(a, button, input, select)').count(), 0, 'nothing to click')
    const letters = (await page.evaluate(
      "parseFloat(getComputedStyle(document.querySelector('.wall .name')).fontSize)",
    )) as number
    assert.ok(letters >= 1080 / 30, 'a thirtieth of the height of the screen')
    await assertAccessible(page)
    if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/wall.png` })
    await server.kill()
    await page.waitForSelector('.wall .lost:has-text("The connection is lost. What you see is as of")')
    await server.start()
    await page.waitForSelector('.wall .lost', { state: 'detached' })
    await page.context().newPage()
    await page.goto('about:blank')
    await page.goto(`http://localhost:${server.httpPort}/wall?group=Family`)
    await page.waitForSelector('.wall h1:has-text("Family")')
  },
)

test('a room on the wall: who is in it, without the wall', { skip }, async (t) => {
  const { page, server, browser } = await openCrowd(t, { people: [] })
  const juliet = await newBoard(t, server, browser, 'juliet')
  await join(juliet, 'tea', { isListed: true })
  await present(juliet, { show: 'away', status: 'at <i>lunch</i>' })
  await page.goto(`http://localhost:${server.httpPort}/wall?room=tea@conference.localhost`)
  await page.fill('[name=address]', 'romeo')
  await page.fill('[name=password]', 'romeo-secret')
  await page.click('button.main')
  await page.waitForSelector(tile('away', 'at <i>lunch</i>'))
  assert.equal(await page.locator('.wall li').count(), 1)
})
