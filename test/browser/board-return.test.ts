/** The board comes and goes: a lost session, a page loaded anew, a page left for good; and what a request meets with. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { present, signOut } from './own.ts'

const skip = chromiumMissing()

interface Scene {
  readonly server: ServerProcess
  readonly browser: Browser
  /** Romeo's board, before a login. */
  readonly page: Page
}
async function open(
  t: TestContext,
  settings: ServerSettings = {},
  users: readonly string[] = ['romeo', 'juliet'],
): Promise<Scene> {
  const server = await startServer(t, settings)
  for (const user of users) await server.addUser(`${user}@localhost`, 'a secret')
  const browser = await openBrowser(t)
  const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
  return { server, browser, page }
}
async function signIn(page: Page, address: string): Promise<void> {
  await page.fill('[name=address]', address)
  await page.fill('[name=password]', 'a secret')
  await page.click('text=Sign in')
  await page.waitForSelector('.own')
}
async function add(page: Page, address: string): Promise<void> {
  if (!(await page.isVisible('.sheet[data-kind=add]'))) await page.click('text=Add a contact')
  await page.fill('.sheet [name=address]', address)
  await page.click('text=Ask to see their presence')
}

interface Row {
  readonly jid: string
  readonly state: string
}
async function sessionsOf(server: ServerProcess): Promise<readonly Row[]> {
  const { sessions } = (await server.ask('session.list', { find: '', after: '' })) as { sessions: readonly Row[] }
  return sessions.map(({ jid, state }) => ({ jid, state }))
}

test('RFC 6121 2.6.3: contacts stay when the board comes back with a new session', { skip }, async (t) => {
  const { server, page } = await open(t, { 'stream-management': { 'resume-time': '1 s' } })
  await page.addInitScript(() => {
    const sockets: WebSocket[] = []
    Object.assign(globalThis, {
      WebSocket: class extends WebSocket {
        constructor(...args: ConstructorParameters<typeof WebSocket>) {
          super(...args)
          sockets.push(this)
        }
      },
      drop: () => sockets.at(-1)!.close(),
    })
  })
  await page.reload()
  await signIn(page, 'romeo@localhost')
  await add(page, 'juliet@localhost')
  await page.waitForSelector('.card:has-text("has not answered your request yet")')
  for (let times = 0; times < 2; times++) {
    await page.evaluate('drop()')
    await page.waitForSelector('text=The connection is lost.')
    await page.waitForSelector('text=The connection is lost.', { state: 'detached' })
    await present(page, { show: times === 0 ? 'dnd' : 'available' })
    assert.equal(await page.locator('.card').count(), 1)
    assert.equal(await page.locator('text=You have no contacts yet').count(), 0)
  }
  assert.equal((await sessionsOf(server)).length, 1)
})

test('loaded anew: no password, the same device, the same presence, and no other session', { skip }, async (t) => {
  const { server, page } = await open(t)
  await signIn(page, 'romeo@localhost')
  await present(page, { show: 'away', status: 'at the friar’s' })
  const before = await sessionsOf(server)
  for (let times = 0; times < 3; times++) {
    await page.reload()
    await page.waitForSelector('.own')
    assert.equal(await page.getAttribute('[aria-pressed=true]', 'data-show'), 'away')
    assert.equal(await page.inputValue('[name=status]'), 'at the friar’s')
    assert.deepEqual(await sessionsOf(server), before)
  }
  assert.equal(await page.evaluate('sessionStorage.length'), 0, 'a tab that is duplicated takes nothing along')
  await signOut(page)
  await page.reload()
  await page.waitForSelector('[name=password]')
})

test('left for good: the session ends at once, and contacts see no paused ghost', { skip }, async (t) => {
  const { server, browser, page } = await open(t)
  await signIn(page, 'romeo@localhost')
  await add(page, 'juliet@localhost')
  const juliet = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
  await signIn(juliet.page, 'juliet@localhost')
  await juliet.page.click('.requests button.main')
  await page.click('.requests button.main')
  await juliet.page.waitForSelector('.card[data-dot=available]')
  await page.goto('about:blank')
  await juliet.page.waitForSelector('.card[data-dot=offline]:has-text("last seen just now")')
  assert.equal((await sessionsOf(server)).length, 1)
})

test('a token that is void: the board asks for the password again', { skip }, async (t) => {
  const { server, page } = await open(t)
  await signIn(page, 'romeo@localhost')
  await page.route('**/xmpp-websocket', (route) => route.abort())
  await page.goto('about:blank')
  await server.ask('user.passwd', { jid: 'romeo@localhost', password: 'a secret' })
  await page.goBack()
  await page.waitForSelector('text=Please sign in again.')
  await signIn(page, 'romeo@localhost')
})

test('what cannot be asked is said, with the reason, and nothing that was typed is lost', { skip }, async (t) => {
  const { page } = await open(t)
  await signIn(page, 'romeo@localhost')
  await add(page, 'paris@elsewhere.invalid')
  await page.waitForSelector('.notice:has-text("What you asked of paris@elsewhere.invalid did not reach them")')
  await page.waitForSelector('.card:has-text("your request did not reach them")')
  await page.click('.card')
  await page.waitForSelector('[aria-label="Who sees whom"] .trouble')
  await page.click('text=Close')
  await add(page, '@@')
  await page.waitForSelector('.notice:has-text("@@ could not be saved")')
  assert.equal(await page.inputValue('.sheet [name=address]'), '@@')
})

test(
  'addresses need not be ASCII, nor have an @: a name is one of this server, a contact may be a domain',
  { skip },
  async (t) => {
    const { page, browser, server } = await open(t, {}, ['آدم', 'juliet'])
    await signIn(page, 'آدم')
    await page.waitForSelector('.own strong:text-is("آدم@localhost")')
    await add(page, 'localhost')
    await page.waitForSelector('.card strong bdi:text-is("localhost")')
    const juliet = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
    await signIn(juliet.page, 'juliet@localhost')
    await add(juliet.page, 'آدم@localhost')
    await page.click('.requests button.main')
    await juliet.page.waitForSelector('.card[data-dot=available]:has-text("آدم")')
    await page.reload()
    await page.waitForSelector('.own strong:text-is("آدم@localhost")')
  },
)

/** What is said on the board's WebSockets. */
class Wire {
  readonly sent: string[] = []
  readonly received: string[] = []
  readonly #held: (() => void)[] = []
  #holds = false
  #wanted: { readonly text: string; readonly come: () => void } | null = null

  static async overheard(page: Page): Promise<Wire> {
    const wire = new Wire()
    await page.routeWebSocket('**/xmpp-websocket', (socket) => {
      const server = socket.connectToServer()
      socket.onMessage((text) => {
        wire.sent.push(String(text))
        server.send(text)
      })
      server.onMessage((text) => wire.#hear(String(text), () => socket.send(text)))
    })
    return wire
  }
  /** Presence for the board waits from now on. */
  hold(): void {
    this.#holds = true
  }
  release(): void {
    this.#holds = false
    for (const pass of this.#held.splice(0)) pass()
  }
  /** Resolves when the server next says it. */
  next(text: string): Promise<void> {
    return new Promise((come) => (this.#wanted = { text, come }))
  }
  #hear(text: string, pass: () => void): void {
    this.received.push(text)
    if (this.#holds && text.startsWith('<presence')) this.#held.push(pass)
    else pass()
    if (this.#wanted !== null && text.includes(this.#wanted.text)) this.#wanted.come()
  }
}

test(
  'unknown is not offline: a board that is loaded anew shows what was last known, until the server tells',
  { skip },
  async (t) => {
    const { server, browser, page } = await open(t)
    const wire = await Wire.overheard(page)
    await page.reload()
    await signIn(page, 'romeo@localhost')
    await add(page, 'juliet@localhost')
    const juliet = await openTab(t, browser, `http://localhost:${server.httpPort}/`)
    await signIn(juliet.page, 'juliet@localhost')
    await juliet.page.click('.requests button.main')
    await page.waitForSelector('.card[data-dot=available]')
    await page.addInitScript({
      content: `
        const shown = (window.shown = new Set())
        const look = () => {
          for (const card of document.querySelectorAll('.card')) shown.add(card.dataset.dot)
          for (const { textContent } of document.querySelectorAll('.empty')) shown.add(textContent)
        }
        new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true })`,
    })
    wire.hold()
    await page.reload()
    await page.waitForSelector('.card[data-dot=unknown]:has-text("last known: online")')
    wire.release()
    await page.waitForSelector('.card[data-dot=available]')
    assert.deepEqual(await page.evaluate('[...window.shown]'), ['unknown', 'available'])
  },
)

test('XEP-0484 3.6: whoever signs out leaves no token that is good for anything', { skip }, async (t) => {
  const { page } = await open(t)
  const wire = await Wire.overheard(page)
  await page.reload()
  await signIn(page, 'romeo@localhost')
  const one = (pattern: RegExp, texts: readonly string[]): string => texts.map((text) => pattern.exec(text)?.[1]).find(Boolean)!
  const token = one(/<token [^>]*token=['"]([^'"]+)/, wire.received)
  const device = one(/<user-agent [^>]*id=['"]([^'"]+)/, wire.sent)
  const own = { show: 'available', status: '', priority: 0, invisible: false }
  const kept = JSON.stringify({ jid: 'romeo@localhost', device, token, own, roster: [], presences: [] })
  const comeBack = async (): Promise<void> => {
    const keep = `sessionStorage.setItem('porchlight-board', ${JSON.stringify(kept)})`
    await page.evaluate(`addEventListener('pagehide', () => ${keep})`)
    await page.reload()
  }
  await comeBack()
  await page.waitForSelector('.own') // as long as nobody has signed out
  const said = wire.next('<success')
  await signOut(page)
  await said
  await comeBack()
  await page.waitForSelector('text=Please sign in again.')
})
