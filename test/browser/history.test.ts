/** What was said before, and what was said meanwhile, on the board (XEP-0313, XEP-0490), in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { befriend } from './friends.ts'
import { openBoards, say, signIn } from './room-boards.ts'

const skip = chromiumMissing()
const LINES = '.chat li:is(.mine, .theirs)'

test(
  'a conversation comes back from the archive; what was said meanwhile is new until one client has shown it',
  { skip },
  async (t) => {
    const { romeo, juliet, server, browser } = await openBoards(t)
    await befriend(romeo, juliet)
    for (const page of [romeo, juliet]) await page.click('.card')
    for (let i = 1; i <= 3; i++) {
      await say(romeo, `question ${i}`)
      await juliet.waitForSelector(`${LINES}:has-text("question ${i}")`)
      await say(juliet, `answer <b>${i}</b>`)
      await romeo.waitForSelector(`${LINES}:has-text("answer <b>${i}</b>")`)
    }
    await juliet.goto('about:blank')
    await say(romeo, 'Are you there?')
    const [tower, phone] = [await signIn(t, server, browser, 'juliet'), await signIn(t, server, browser, 'juliet')]
    for (const page of [tower, phone]) await page.waitForSelector('.card .unread')
    await tower.click('.card')
    await tower.waitForSelector(`${LINES}:has-text("question 1")`)
    const texts = await tower.locator(LINES).allInnerTexts()
    assert.equal(texts.length, 7)
    for (const [i, text] of ['question 1', 'answer <b>1</b>', 'question 2'].entries()) assert.ok(texts[i]!.includes(text))
    assert.ok(texts.at(-1)!.includes('Are you there?'))
    await phone.waitForSelector('.card .unread', { state: 'detached' })
    await assertAccessible(tower)
    const later = await signIn(t, server, browser, 'juliet')
    await later.waitForSelector('.card[data-dot=available]')
    await later.click('.card')
    await later.waitForSelector(`${LINES}:has-text("Are you there?")`)
    assert.equal(await later.locator(LINES).count(), 7)
    assert.equal(await later.title(), 'Porchlight', 'it was read on the other client')
  },
)
