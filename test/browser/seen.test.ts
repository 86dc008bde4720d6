/** Who was here when, as the board has seen it, in Debian's Chromium: for oneself and for those who share it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { befriend } from './friends.ts'
import { openBoards, PASSWORD } from './room-boards.ts'
import { signOut } from './own.ts'

const skip = chromiumMissing()
const PLACE = 'porchlight-seen romeo@localhost'
const bar = (who: string, words: string): string => `svg.day[aria-label^="${who}, "][aria-label*="${words}"]`

test(
  'a timeline of today and the week: kept in the browser, shown of those who share it, gone with the sign-out',
  { skip },
  async (t) => {
    const { romeo, juliet, server } = await openBoards(t)
    await befriend(romeo, juliet)
    await romeo.click('text=Who was here when')
    await romeo.waitForSelector(bar('You', 'here'))
    assert.equal(await romeo.locator('.seen tbody tr').count(), 1, 'whether Juliet shares it is not known')
    await romeo.keyboard.press('Escape')
    await signOut(juliet)
    await romeo.waitForSelector('.card[data-dot=offline]')
    await romeo.click('.card')
    await romeo.waitForSelector(bar('juliet', 'here'))
    await romeo.waitForSelector(bar('juliet', 'not here'))
    assert.equal(await romeo.locator('.days svg.day').count(), 7)
    await assertAccessible(romeo)

    // Three days ago from eight to ten, as another page of this browser has seen it
    await romeo.evaluate(`{
      const eight = new Date(); eight.setDate(eight.getDate() - 3); eight.setHours(8, 0, 0, 0)
      const from = eight.getTime() / 1000
      localStorage.setItem('${PLACE}', JSON.stringify([['juliet@localhost', true, [[from, from + 7200, 0], [from + 7200, from + 9000, 2]]]]))
    }`)
    await romeo.reload()
    await romeo.waitForSelector('.card[data-dot=offline]')
    await romeo.focus('text=Who was here when')
    await romeo.keyboard.press('Enter')
    await romeo.waitForSelector('.sheet h2:focus')
    await romeo.click('text=The last seven days')
    await romeo.waitForSelector(`${bar('juliet', 'here 08:00')}[aria-label*="in doubt 10:00"]`)
    await romeo.waitForSelector(bar('juliet', 'not here'))
    if (process.env['SHOTS'] !== undefined) await romeo.screenshot({ path: `${process.env['SHOTS']}/seen.png` })
    for (const colorScheme of ['light', 'dark'] as const) {
      await romeo.emulateMedia({ colorScheme })
      await assertAccessible(romeo)
    }
    await romeo.setViewportSize({ width: 360, height: 700 })
    assert.ok(await romeo.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    if (process.env['SHOTS'] !== undefined) await romeo.screenshot({ path: `${process.env['SHOTS']}/seen-phone.png` })
    await romeo.setViewportSize({ width: 1100, height: 800 })

    await server.command(['user', 'set', 'juliet@localhost', 'last-seen=none'])
    await romeo.reload()
    await romeo.click('.card')
    await romeo.waitForSelector('text=They do not share when they were here.')
    await romeo.click('text=Who was here when')
    await romeo.waitForSelector(bar('You', 'here'))
    assert.equal(await romeo.locator('.seen tbody tr').count(), 1)
    await signOut(romeo)
    await romeo.waitForSelector('.sign-in')
    assert.equal(await romeo.evaluate(`localStorage.getItem('${PLACE}')`), null)
    await romeo.fill('[name=address]', 'romeo')
    await romeo.fill('[name=password]', PASSWORD)
    await romeo.click('text=Sign in')
    await romeo.waitForSelector('.card[data-dot=offline]')
  },
)
