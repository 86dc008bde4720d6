/** A conversation on the board: the place to write, who is writing, how far a message has come, corrections, and reactions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { tcpLink } from '../support/link.ts'
import { WireClient } from '../support/wire-client.ts'
import { assertAccessible, chromiumMissing, openTab } from './chromium.ts'
import { befriend } from './friends.ts'
import { openMore, OWN, present, signOut } from './own.ts'
import { mine, openBoards, PASSWORD, say, theirs } from './room-boards.ts'

const skip = chromiumMissing()
const FIELD = '.chat [name=text]'
const marked = (text: string, mark: string): string => `.chat li.mine:has-text("${text}") .mark:has-text("${mark}")`
const heightOf = (page: Page): Promise<number> => page.evaluate(`document.querySelector('${FIELD}').offsetHeight`)
const talkTo = (page: Page, name: string): Promise<void> => page.click(`.card:has-text("${name}")`)

test('XEP-0184, 0333: a message is sent, delivered and read, and never more is said than is known', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await befriend(romeo, juliet)
  await talkTo(romeo, 'juliet')
  const low = await heightOf(romeo)
  await romeo.fill(FIELD, '')
  await romeo.type(FIELD, 'But soft,')
  await romeo.keyboard.press('Shift+Enter')
  await romeo.keyboard.type('what light')
  assert.ok((await heightOf(romeo)) > low, 'it grows')
  await romeo.keyboard.press('Enter')
  await romeo.waitForSelector(marked('But soft', 'delivered'))
  assert.equal(await heightOf(romeo), low)
  assert.equal(await romeo.inputValue(FIELD), '')
  await juliet.waitForSelector('.unread')
  await talkTo(juliet, 'romeo')
  await romeo.waitForSelector(marked('But soft', 'read'))
  assert.equal(await juliet.locator(theirs('But soft')).locator('bdi').last().innerText(), 'But soft,\nwhat light')
  await assertAccessible(romeo)
  if (process.env['SHOTS'] !== undefined) await romeo.screenshot({ path: `${process.env['SHOTS']}/marks.png` })

  await romeo.reload()
  await talkTo(romeo, 'juliet')
  await romeo.waitForSelector(marked('But soft', 'read'))
  await juliet.close()
  await romeo.waitForSelector('.card[data-dot=offline]')
  await say(romeo, 'Are you there?')
  await romeo.waitForSelector(marked('Are you there', 'sent'))
  await romeo.reload()
  await talkTo(romeo, 'juliet')
  await romeo.waitForSelector(marked('Are you there', 'stored'))
})

test('XEP-0184, 0333, 0085: who does not want it tells nothing, nor does an invisible person', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await befriend(romeo, juliet)
  await openMore(juliet)
  await juliet.uncheck('[name=tell-reading]')
  await juliet.uncheck('[name=tell-writing]')
  await assertAccessible(juliet)
  await juliet.click(`${OWN} .close`)
  await juliet.reload()
  for (const [page, name] of [
    [romeo, 'juliet'],
    [juliet, 'romeo'],
  ] as const)
    await talkTo(page, name)
  await say(romeo, 'Silently?')
  await juliet.waitForSelector(theirs('Silently?'))
  await juliet.type(FIELD, 'I')
  await say(juliet, 'I have it')
  await romeo.waitForSelector(theirs('I have it'))
  // What was told before the answer would have come before it
  await romeo.waitForSelector(marked('Silently?', 'sent'))
  assert.equal(await romeo.textContent('.writing'), '')

  await present(juliet, { invisible: true })
  await openMore(juliet)
  await juliet.check('[name=tell-reading]')
  await juliet.click(`${OWN} .close`)
  await say(romeo, 'Nobody there?')
  await juliet.waitForSelector(theirs('Nobody there?'))
  await say(juliet, 'Nobody')
  await romeo.waitForSelector(theirs('Nobody') + ' >> nth=0')
  await romeo.waitForSelector(marked('Nobody there?', 'sent'))
})

test('XEP-0085, 0308, 0424: writing is seen; the last message is corrected by arrow up, and taken back', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await befriend(romeo, juliet)
  await talkTo(romeo, 'juliet')
  await talkTo(juliet, 'romeo')
  await say(romeo, 'My name is hatefull')
  await juliet.waitForSelector(theirs('hatefull'))
  await juliet.type(FIELD, 'Wh')
  await romeo.waitForSelector('.writing:has-text("juliet is writing…")')
  await juliet.fill(FIELD, '')
  await romeo.waitForSelector('.writing:has-text("juliet is writing…")', { state: 'detached' })
  await juliet.type(FIELD, 'What man art thou?')

  await romeo.press(FIELD, 'ArrowUp')
  assert.equal(await romeo.inputValue(FIELD), 'My name is hatefull')
  await romeo.waitForSelector('text=You correct your last message.')
  await romeo.keyboard.press('Escape')
  assert.equal(await romeo.inputValue(FIELD), '')
  assert.equal(await romeo.locator('.details').count(), 1, 'the conversation is still open')
  await romeo.press(FIELD, 'ArrowUp')
  await romeo.fill(FIELD, 'My name is <i>hateful</i>')
  await assertAccessible(romeo)
  if (process.env['SHOTS'] !== undefined) await romeo.screenshot({ path: `${process.env['SHOTS']}/correcting.png` })
  await romeo.press(FIELD, 'Enter')
  await juliet.waitForSelector(`${theirs('<i>hateful</i>')} .mark:has-text("corrected")`)
  assert.equal(await juliet.locator('.chat li.theirs').count(), 1)
  await romeo.waitForSelector(marked('<i>hateful</i>', 'delivered'))

  await juliet.click('.details .close')
  await talkTo(juliet, 'romeo')
  assert.equal(await juliet.inputValue(FIELD), 'What man art thou?', 'what was typed is not lost')
  await romeo.hover('.chat li.mine')
  await romeo.click('text=Take back')
  await juliet.waitForSelector(theirs('This message was taken back.'))
  await romeo.waitForSelector(mine('This message was taken back.'))
  await juliet.reload()
  await talkTo(juliet, 'romeo')
  await juliet.waitForSelector(theirs('This message was taken back.'))
  assert.equal(await juliet.locator('.chat li.theirs').count(), 1)
  await juliet.type(FIELD, 'nobody else reads it')
  await signOut(juliet)
  await juliet.fill('[name=address]', 'juliet')
  await juliet.fill('[name=password]', PASSWORD)
  await juliet.click('text=Sign in')
  await talkTo(juliet, 'romeo')
  assert.equal(await juliet.inputValue(FIELD), '')
})

test('XEP-0444, 0308: reactions and corrections of another client are shown, each as what it is', { skip }, async (t) => {
  const { romeo, juliet, server } = await openBoards(t, { streams: { 'require-tls': false } })
  await befriend(romeo, juliet)
  await talkTo(romeo, 'juliet')
  const phone = new WireClient(await tcpLink(server.port), 'localhost', 20_000)
  t.after(() => phone.link.drop())
  await phone.login('juliet', PASSWORD, 'phone')
  const send = (id: string, content: string): void =>
    phone.write(`<message to='romeo@localhost' type='chat' id='${id}'>${content}</message>`)
  send('a', '<body>helo</body>')
  send('b', `<body>hello</body><replace xmlns='urn:xmpp:message-correct:0' id='a'/>`)
  send('c', `<body>alone</body><replace xmlns='urn:xmpp:message-correct:0' id='gone'/>`)
  const signs = ['👍', '<b>', 'a whole sentence'].map((sign) => `<reaction>${sign.replace('<', '&lt;')}</reaction>`).join('')
  send('d', `<reactions xmlns='urn:xmpp:reactions:0' id='a'>${signs}</reactions>`)
  await romeo.waitForSelector(`${theirs('hello')} .reactions li:has-text("👍")`)
  await romeo.waitForSelector(`${theirs('alone')} .mark:has-text("corrected")`)
  assert.equal(await romeo.locator('.chat .reactions li').count(), 1)
  assert.equal(await romeo.locator('.chat ol > li.theirs').count(), 2)
  await assertAccessible(romeo)
  await romeo.reload()
  await talkTo(romeo, 'juliet')
  await romeo.waitForSelector(`${theirs('hello')} .reactions li:has-text("👍")`)
})

test('where fingers type, Enter begins a new line and the button sends', { skip }, async (t) => {
  const { romeo, juliet, browser, server } = await openBoards(t)
  await befriend(romeo, juliet)
  const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/#romeo@localhost`, {
    ...{ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } },
  })
  await page.fill('[name=password]', PASSWORD)
  await page.click('button.main')
  await talkTo(page, 'juliet')
  await page.type(FIELD, 'one')
  await page.keyboard.press('Enter')
  await page.keyboard.type('two')
  assert.equal(await page.inputValue(FIELD), 'one\ntwo')
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  await page.click('.composer button.main')
  await page.waitForSelector(mine('two'))
  if (process.env['SHOTS'] !== undefined) await page.screenshot({ path: `${process.env['SHOTS']}/phone-chat.png` })
})
