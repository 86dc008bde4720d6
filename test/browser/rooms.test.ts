/** Rooms on the board (XEP-0045), in Debian's Chromium: two boards, one server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { present } from './own.ts'
import { join, mine, note, occupant, openBoards, say, theirs } from './room-boards.ts'

const skip = chromiumMissing()

test('two boards: a room is made, found in the list, talked in, and left', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await join(romeo, 'Tea House', { isListed: true })
  await romeo.waitForSelector(note('You have made this room, and it is listed'))
  await romeo.waitForSelector(occupant('romeo'))
  await juliet.click('text=Join a room')
  await juliet.click('[aria-label="Join tea-house"]')
  await juliet.waitForSelector(occupant('romeo'))
  await romeo.waitForSelector(occupant('juliet'))
  await say(romeo, 'Soft, <i>juliet</i>!')
  await romeo.waitForSelector(mine('Soft, <i>juliet</i>!'))
  await juliet.waitForSelector('.chat li.theirs.names-us:has-text("Soft, <i>juliet</i>!")')
  await assertAccessible(juliet)
  assert.deepEqual(await romeo.locator('.chat li.note').count(), 1, 'our own configuration of the room is no news')

  await juliet.click('text=Close')
  await say(romeo, 'Speak again, bright angel')
  await say(romeo, 'Juliet?')
  await juliet.waitForSelector('.card.room .unread:text-is("2 new, 1 for you")')
  await assertAccessible(juliet)
  await juliet.focus('.card.room')
  await juliet.keyboard.press('Enter')
  await juliet.waitForSelector(theirs('Speak again'))
  assert.equal(await juliet.locator('.unread').count(), 0)
  await juliet.keyboard.press('Escape')
  assert.equal(await juliet.evaluate('document.activeElement.dataset.jid'), 'tea-house@conference.localhost')

  await juliet.click('.card.room')
  await juliet.click('text=Leave the room')
  await romeo.waitForSelector(occupant('juliet'), { state: 'detached' })
  assert.equal(await juliet.locator('.card.room').count(), 0)
})

test('7.2.8, 7.6: a nickname that is taken: another one is chosen, and changed', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await join(romeo, 'tea')
  await romeo.waitForSelector(occupant('romeo'))
  await join(juliet, 'tea', { nick: 'romeo' })
  await juliet.waitForSelector('[role=alert]:has-text("Somebody else has this nickname")')
  await assertAccessible(juliet)
  await juliet.fill('.outside [name=nick]', 'capulet')
  await juliet.click('text=Join again')
  await romeo.waitForSelector(occupant('capulet'))
  await juliet.click('text=Invite, subject, nickname')
  const rename = async (nick: string): Promise<void> => {
    await juliet.fill('form:has-text("Your nickname here") [name=text]', nick)
    await juliet.click('text=Change it')
  }
  await rename('romeo')
  await juliet.waitForSelector(note('The room refuses: The nickname is in use or reserved.'))
  await rename('juliet')
  await romeo.waitForSelector(note('capulet is now called juliet.'))
  await romeo.waitForSelector(occupant('juliet'))
  await assertAccessible(juliet)
})

test('7.5, 7.8, 8.1: an invitation is accepted; a subject; a private message; what one shows', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await join(romeo, 'tea')
  await romeo.click('text=Invite, subject, nickname')
  await romeo.fill('form:has-text("Invite a person") [name=text]', 'juliet')
  await romeo.click('button:text-is("Invite")')
  await romeo.waitForSelector(note('You have invited juliet@localhost.'))
  await juliet.waitForSelector('.invitations li:has-text("tea@conference.localhost"):has-text("from romeo, who is in the room")')
  await assertAccessible(juliet)
  await juliet.click('.invitations button.main')
  await juliet.waitForSelector(occupant('romeo'))
  assert.equal(await juliet.locator('.invitations').count(), 0)
  await romeo.fill('form:has-text("Subject of the room") [name=text]', 'A balcony')
  await romeo.click('button:text-is("Set the subject")')
  await juliet.waitForSelector('.details .subject:has-text("A balcony")')
  await juliet.waitForSelector(note('romeo set the subject: A balcony'))
  await juliet.click('text=Invite, subject, nickname')
  assert.equal(await juliet.locator('button:text-is("Set the subject")').count(), 0, 'she may not in this room')

  await juliet.click('[aria-label="Write privately to romeo"]')
  await say(juliet, 'psst')
  await romeo.waitForSelector('.chat li.private:has-text("privately to you"):has-text("psst")')
  await juliet.click('text=To romeo only')
  await say(juliet, 'hello all')
  await romeo.waitForSelector(theirs('hello all') + ':not(.private)')

  await present(juliet, { show: 'dnd', status: 'in the orchard' })
  await romeo.waitForSelector(`${occupant('juliet', 'dnd')}:has-text("in the orchard")`)
})

test('8.2, 10.9: who has made a room puts others out of it, and destroys it', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  for (const page of [romeo, juliet]) await join(page, 'tea')
  await romeo.waitForSelector(occupant('juliet'))
  assert.equal(await juliet.locator('[aria-label="Put out romeo"]').count(), 0)
  await romeo.click('[aria-label="Put out juliet"]')
  await juliet.waitForSelector('.outside [role=alert]:has-text("You were put out of the room by romeo.")')
  await romeo.waitForSelector(note('juliet was put out by romeo.'))
  await juliet.click('text=Join again')
  await romeo.waitForSelector(occupant('juliet'))
  await romeo.click('summary:has-text("Destroy the room")')
  await assertAccessible(romeo)
  await romeo.fill('form:has-text("Why, for those") [name=text]', 'the feud')
  await romeo.click('text=Put everybody out and destroy it')
  for (const page of [romeo, juliet])
    await page.waitForSelector('.outside [role=alert]:has-text("The room was destroyed: the feud.")')
})

test('XEP-0424: what was taken back is shown to nobody, and what is new stands behind a mark', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  for (const page of [romeo, juliet]) await join(page, 'tea')
  await say(romeo, 'I hate you')
  await juliet.waitForSelector(theirs('I hate you'))
  await juliet.click('text=Close')
  await romeo.hover(mine('I hate you'))
  await romeo.click('text=Take back')
  await romeo.waitForSelector(mine('This message was taken back.'))
  await say(romeo, 'I love you')
  await juliet.waitForSelector('.card.room .unread:text-is("1 new")')
  assert.equal(await juliet.title(), '(1) Porchlight')
  await juliet.click('.card.room')
  await juliet.waitForSelector('.chat li.new + li:has-text("I love you")')
  assert.equal(await juliet.title(), 'Porchlight')
  await juliet.waitForSelector(theirs('This message was taken back.'))
  await assertAccessible(romeo)
  await juliet.click('text=Leave the room')
  await join(juliet, 'tea')
  await juliet.waitForSelector(theirs('I love you'))
  assert.equal(await juliet.locator(theirs('This message was taken back.')).count(), 1)
  assert.equal(await juliet.locator('text=I hate you').count(), 0)
})

test(
  'on a phone a room has the page to itself; nothing is scrolled sideways, in the light and in the dark',
  { skip },
  async (t) => {
    const { romeo, juliet } = await openBoards(t)
    await romeo.setViewportSize({ width: 360, height: 700 })
    await join(romeo, 'tea', { isListed: true })
    await join(juliet, 'tea')
    await say(juliet, `A long word: ${'Rumpelstilzchen'.repeat(12)}`)
    await romeo.waitForSelector(theirs('A long word'))
    for (const colorScheme of ['light', 'dark'] as const) {
      await romeo.emulateMedia({ colorScheme })
      assert.ok(await romeo.evaluate('document.documentElement.scrollWidth <= innerWidth'))
      await assertAccessible(romeo)
    }
    await romeo.keyboard.press('Escape')
    await romeo.click('text=Join a room')
    await romeo.waitForSelector('.directory li:has-text("tea@conference.localhost")')
    assert.ok(await romeo.evaluate('document.documentElement.scrollWidth <= innerWidth'))
    await assertAccessible(romeo)
  },
)
