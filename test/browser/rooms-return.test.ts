/** The board stays in its rooms: over a reload, a lost connection, a server that dies, and a room that has lost it. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import type { ServerProcess } from '../support/server-process.ts'
import { chromiumMissing, kill, openBrowser } from './chromium.ts'
import { join, lastingPort, mine, newBoard, note, occupant, openBoards, say, signIn, theirs } from './room-boards.ts'
import { startServer } from '../support/server-process.ts'

const skip = chromiumMissing()
const ROOM = 'tea@conference.localhost'

/** What the board and the server say to each other, and a hand in it. */
class Line {
  readonly sent: string[] = []
  /** What the server says instead of a stanza that contains the text; the number of stanzas stays the same. */
  replaced: { readonly text: string; readonly by: string } | null = null
  #inject: (text: string) => void = () => {}
  #drop: () => Promise<void> = async () => {}

  static async of(page: Page): Promise<Line> {
    const line = new Line()
    await page.routeWebSocket('**/xmpp-websocket', (socket) => {
      const server = socket.connectToServer()
      line.#inject = (text) => server.send(text)
      line.#drop = async () => {
        await server.close()
        await socket.close()
      }
      socket.onMessage((text) => {
        line.sent.push(String(text))
        server.send(text)
      })
      server.onMessage((text) => {
        const { replaced } = line
        if (replaced === null || !String(text).includes(replaced.text)) return socket.send(text)
        line.replaced = null
        socket.send(replaced.by)
      })
    })
    return line
  }
  /** As if the board had said it. */
  say(stanza: string): void {
    this.#inject(stanza)
  }
  /** The connection breaks without a word. */
  drop(): Promise<void> {
    return this.#drop()
  }
}
/** How a client bounces a message, which makes a room believe that it is gone (18.1.2). */
const BOUNCE = `<message xmlns='jabber:client' type='error' to='${ROOM}'><error type='cancel'><recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`

interface Overheard {
  readonly server: ServerProcess
  readonly romeo: Page
  readonly juliet: Page
  /** Romeo's. */
  readonly line: Line
}
async function openOverheard(t: TestContext): Promise<Overheard> {
  const server = await startServer(t)
  const browser = await openBrowser(t)
  let line: Line | null = null
  const romeo = await newBoard(t, server, browser, 'romeo', async (page) => void (line = await Line.of(page)))
  const juliet = await newBoard(t, server, browser, 'juliet')
  for (const page of [juliet, romeo]) {
    await join(page, 'tea')
    await page.waitForSelector(occupant('juliet'))
  }
  return { server, romeo, juliet, line: line! }
}

test('loaded anew: in the same room under the same nickname, and what was said meanwhile is new', { skip }, async (t) => {
  const { romeo, juliet } = await openBoards(t)
  await join(juliet, 'tea')
  await join(romeo, 'tea', { nick: 'montague' })
  await say(juliet, 'before')
  await romeo.waitForSelector(theirs('before'))
  await romeo.goto('about:blank')
  await juliet.waitForSelector(occupant('montague'), { state: 'detached' })
  await say(juliet, 'while he was away')
  await juliet.waitForSelector(mine('while he was away'))
  await romeo.goBack()
  await romeo.waitForSelector('.card.room[data-stay=in] .unread:text-is("1 new")')
  await juliet.waitForSelector(occupant('montague'))
  await romeo.click('.card.room')
  await romeo.waitForSelector(theirs('while he was away'))
  assert.equal(await romeo.locator(theirs('before')).count(), 1)
  await romeo.click('text=Leave the room')
  await romeo.reload()
  await romeo.waitForSelector('.own')
  assert.equal(await romeo.locator('.card.room').count(), 0, 'a room that was left is forgotten')
})

test('333: a room that has lost the board is joined again at once, and it is said', { skip }, async (t) => {
  const { romeo, juliet, line } = await openOverheard(t)
  line.say(BOUNCE)
  await romeo.waitForSelector(note('The room lost the connection to you.'))
  await romeo.waitForSelector(note('You are in the room again.'))
  await romeo.waitForSelector(occupant('juliet'))
  await juliet.waitForSelector(occupant('romeo'))
})

test('XEP-0410: a resumed session asks its rooms; the board joins one again that has put it out unheard', { skip }, async (t) => {
  const { romeo, juliet, line } = await openOverheard(t)
  // The presence by which the room says it gets lost
  line.replaced = { text: "<status code='333'/>", by: `<message xmlns='jabber:client' from='localhost'/>` }
  line.say(BOUNCE)
  await juliet.waitForSelector(occupant('romeo'), { state: 'detached' })
  assert.equal(await romeo.locator('.card.room[data-stay=in]').count(), 1, 'it knows nothing of it')
  const before = line.sent.length
  await line.drop()
  await romeo.waitForSelector('text=The connection is lost.')
  await romeo.waitForSelector(note('You are in the room again.'))
  await juliet.waitForSelector(occupant('romeo'))
  assert.ok(
    line.sent.slice(before).some((text) => text.startsWith('<resume')),
    'it is the same session',
  )
})

test('a session that is resumed is in its rooms, and what was said meanwhile arrives once', { skip }, async (t) => {
  const { romeo, juliet, line } = await openOverheard(t)
  await line.drop()
  await romeo.waitForSelector('text=The connection is lost.')
  await say(juliet, 'in between')
  await romeo.waitForSelector('text=The connection is lost.', { state: 'detached' })
  await romeo.waitForSelector(theirs('in between'))
  assert.equal(await romeo.locator(theirs('in between')).count(), 1)
  await say(romeo, 'I am here')
  await juliet.waitForSelector(theirs('I am here'))
  assert.equal(await romeo.locator(note('You are in the room again.')).count(), 0)
})

test(
  'XEP-0310 4.3: an occupant whose browser is killed is paused, not gone; and gone when nobody comes back',
  { skip },
  async (t) => {
    const { romeo, juliet } = await openBoards(t, { 'stream-management': { 'resume-time': '6 s' } })
    await join(romeo, 'tea')
    await join(juliet, 'tea')
    await romeo.waitForSelector(occupant('juliet'))
    await kill(juliet)
    await romeo.waitForSelector(occupant('juliet', 'paused'))
    assert.match((await romeo.textContent(occupant('juliet', 'paused')))!, /Connection paused.*connection interrupted/)
    await romeo.waitForSelector(occupant('juliet', 'paused'), { state: 'detached' })
    assert.equal(await romeo.locator('.occupants li').count(), 1)
  },
)

test(
  'a server that is killed and started again: the boards are in their room again, with all that was said',
  { skip },
  async (t) => {
    const { server, romeo, juliet } = await openBoards(t, await lastingPort())
    for (const page of [romeo, juliet]) await join(page, 'tea', { isListed: true })
    await romeo.waitForSelector(occupant('juliet'))
    await say(juliet, 'before the end')
    await romeo.waitForSelector(theirs('before the end'))
    await server.kill()
    for (const page of [romeo, juliet]) await page.waitForSelector('text=The connection is lost.')
    await server.start()
    for (const page of [romeo, juliet]) await page.waitForSelector('text=The connection is lost.', { state: 'detached' })
    await romeo.waitForSelector(occupant('juliet'))
    await juliet.waitForSelector(occupant('romeo'))
    await say(romeo, 'after it')
    await juliet.waitForSelector(theirs('after it'))
    assert.equal(await romeo.locator(theirs('before the end')).count(), 1)
  },
)

test('XEP-0402: all boards of a person are in the same rooms, also one that signs in later', { skip }, async (t) => {
  const { server, browser, romeo, juliet } = await openBoards(t)
  const second = await signIn(t, server, browser, 'romeo')
  await join(juliet, 'tea')
  await join(romeo, 'tea', { nick: 'montague' })
  await second.waitForSelector('.card.room[data-stay=in]')
  await second.click('.card.room')
  await second.waitForSelector(occupant('montague'))
  await say(juliet, 'both of you?')
  for (const page of [romeo, second]) await page.waitForSelector(theirs('both of you?'))
  assert.equal(await juliet.locator('.occupants li').count(), 2, 'one occupant with two sessions')

  const third = await signIn(t, server, browser, 'romeo')
  await third.waitForSelector('.card.room[data-stay=in]')
  await second.click('text=Leave the room')
  for (const page of [romeo, third]) await page.waitForSelector('.card.room', { state: 'detached' })
  await juliet.waitForSelector(occupant('montague'), { state: 'detached' })
})
