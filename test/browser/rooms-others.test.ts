/** Rooms on the board together with another client, slixmpp, which is their owner. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import type { DrivenPerson } from '../interop/driven.ts'
import { slixmppInRooms } from '../interop/makes.ts'
import { startServer } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, openBrowser } from './chromium.ts'
import { join, mine, newBoard, note, occupant, PASSWORD, say, theirs } from './room-boards.ts'

const skip = chromiumMissing() || slixmppInRooms.missing
const ROOM = 'tea@conference.localhost'
const ROMEO = 'romeo@localhost'

interface Scene {
  readonly romeo: Page
  /** Her room is open, and she is in it. */
  readonly juliet: DrivenPerson
}
async function open(t: TestContext): Promise<Scene> {
  const server = await startServer(t, { 'multi-user-chat': { messages: 1000 } })
  const romeo = await newBoard(t, server, await openBrowser(t), 'romeo')
  await server.addUser('juliet@localhost', PASSWORD)
  const juliet = await slixmppInRooms.come(server, { jid: 'juliet@localhost', password: PASSWORD })
  t.after(() => juliet.close())
  await juliet.logIn()
  await juliet.order({ do: 'enter', room: ROOM, nick: 'juliet' })
  await juliet.order({ do: 'open', room: ROOM })
  return { romeo, juliet }
}

test('invited by slixmpp, both ways: one card for a room; talk in both directions', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await juliet.order({ do: 'invite', room: ROOM, jid: ROMEO, reason: 'by the room' })
  await romeo.waitForSelector('.invitations li:has-text("by the room")')
  await juliet.order({ do: 'invite_directly', room: ROOM, jid: ROMEO, reason: 'by herself' })
  await romeo.waitForSelector('.invitations li:has-text("from juliet@localhost"):has-text("by herself")')
  assert.equal(await romeo.locator('.invitations li').count(), 1)
  await romeo.click('.invitations button.main')
  await romeo.waitForSelector(occupant('juliet'))
  await juliet.order({ do: 'tell', room: ROOM, body: 'O romeo, romeo' })
  await romeo.waitForSelector(theirs('O romeo, romeo'))
  await say(romeo, 'Call me but love')
  await romeo.waitForSelector(mine('Call me but love'))
  for (const body of ['O romeo, romeo', 'Call me but love']) await juliet.reads(ROOM, body)
})

test('who enters later reads what was said last, and older pages of the archive up to the first line', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  for (let i = 1; i <= 120; i++) await juliet.order({ do: 'tell', room: ROOM, body: `line ${i}.` })
  await juliet.settle()
  await join(romeo, 'tea')
  await romeo.waitForSelector(theirs('line 120.'))
  const lines = romeo.locator('.chat li.theirs')
  assert.equal(await lines.count(), 50)
  for (const first of [21, 1]) {
    await romeo.click('text=Show older messages')
    await romeo.waitForSelector(theirs(`line ${first}.`))
  }
  await romeo.waitForSelector('text=Show older messages', { state: 'detached' })
  const shown = (await lines.allTextContents()).map((text) => /line (\d+)\./.exec(text)?.[1])
  assert.deepEqual(
    shown,
    Array.from({ length: 120 }, (_, i) => String(i + 1)),
  )
  assert.equal(await romeo.locator('.unread').count(), 0)
})

test('XEP-0317: slixmpp gives somebody a hat, and the board says so', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await join(romeo, 'tea')
  await romeo.waitForSelector(occupant('juliet'))
  const command = (name: string, fields: Readonly<Record<string, string>>): Promise<unknown> =>
    juliet.order({
      do: 'command',
      room: ROOM,
      node: `urn:xmpp:hats:commands:${name}`,
      fields: { 'hats#uri': 'urn:example:host', ...fields },
    })
  await command('create', { 'hats#title': 'Host of the day' })
  await command('assign', { 'hats#jid': 'juliet@localhost' })
  await romeo.waitForSelector(`${occupant('juliet')}:has-text("Host of the day")`)
  await assertAccessible(romeo)
  await command('unassign', { 'hats#jid': 'juliet@localhost' })
  await romeo.waitForSelector(`${occupant('juliet')}:not(:has-text("Host of the day"))`)
})

test('8.2, 9.1, 10.9: kicked, banned, the room destroyed: each is told, and what can be done', { skip }, async (t) => {
  const { romeo, juliet } = await open(t)
  await join(romeo, 'tea')
  await romeo.waitForSelector(occupant('romeo'))
  await juliet.order({ do: 'kick', room: ROOM, nick: 'romeo' })
  await romeo.waitForSelector('.outside [role=alert]:has-text("You were put out of the room by juliet.")')
  assert.equal(await romeo.locator('.occupants li').count(), 0)
  await assertAccessible(romeo)
  await romeo.click('text=Join again')
  await romeo.waitForSelector(occupant('juliet'))
  await romeo.waitForSelector(note('You are in the room again.'))

  await juliet.order({ do: 'ban', room: ROOM, jid: ROMEO, reason: 'a plague' })
  await romeo.waitForSelector('.outside [role=alert]:has-text("You were banned from the room by juliet: a plague.")')
  await romeo.click('text=Join again')
  await romeo.waitForSelector('.outside [role=alert]:has-text("You are banned from this room.")')
  await romeo.click('text=Leave the room')

  const other = 'coffee@conference.localhost'
  await juliet.order({ do: 'enter', room: other, nick: 'juliet' })
  await juliet.order({ do: 'open', room: other })
  await juliet.order({ do: 'enter', room: `x${ROOM}`, nick: 'juliet' })
  await juliet.order({ do: 'open', room: `x${ROOM}` })
  await join(romeo, 'xtea')
  await romeo.waitForSelector(occupant('juliet'))
  await juliet.order({ do: 'destroy', room: `x${ROOM}`, to: other, reason: 'no tea' })
  await romeo.waitForSelector('.outside [role=alert]:has-text("The room was destroyed: no tea.")')
  await assertAccessible(romeo)
  await romeo.click(`text=Go to ${other}`)
  await romeo.waitForSelector(`.details:has-text("${other}") ${occupant('juliet')}`)
})
