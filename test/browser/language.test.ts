/** The board in the language of the browser, in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { crowdOf, openCrowd } from './crowd.ts'

const skip = chromiumMissing()

test(
  'a German browser: the board is in German, as wide as a phone, and right-to-left names stand where they belong',
  { skip },
  async (t) => {
    const people = [...crowdOf(3), { local: 'amal', name: 'أمل العربي (2)', groups: ['العائلة'] }]
    const { page, says } = await openCrowd(t, { people, language: 'de-AT', rooms: ['tee'] })
    assert.equal(await page.getAttribute('html', 'lang'), 'de')
    says('c1', '<show>dnd</show>')
    says('amal', '<show>away</show><status>في الاجتماع (3)</status>')
    await page.waitForSelector('.card[data-dot=dnd]:has-text("Bitte nicht stören")')
    await page.waitForSelector('.own [data-show=xa]:has-text("Länger abwesend")')
    await page.click('.card[data-dot=away]')
    await page.waitForSelector('.details:has-text("Sie sehen die Präsenz dieser Person.")')
    for (const direction of ['ltr', 'rtl']) {
      await page.evaluate(`document.documentElement.dir = '${direction}'`)
      for (const width of [1100, 360]) {
        await page.setViewportSize({ width, height: 800 })
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${direction} ${width}`)
        await assertAccessible(page)
        if (process.env['SHOTS'] !== undefined)
          await page.screenshot({ path: `${process.env['SHOTS']}/de-${direction}-${width}.png` })
      }
    }
  },
)
