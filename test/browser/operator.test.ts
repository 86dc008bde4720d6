/** The operator's view in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { ComponentClient, SECRET } from '../support/component.ts'
import { tcpLink } from '../support/link.ts'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import { assertAccessible, chromiumMissing, kill, openBrowser, openTab } from './chromium.ts'
import { link, visit } from './operator-link.ts'

const skip = chromiumMissing()

/** A table with so many rows. */
const tableOf = (count: number): string => `tbody:not(:has(tr:nth-child(${count + 1}))) tr:nth-child(${count})`

/** Holds back what the page asks of the server, until the returned function is called. */
async function holdOrders(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route('**/admin/order', (route) => promise.then(() => route.continue()))
  return resolve
}

/** Romeo's board, signed in. */
async function board(t: TestContext, browser: Browser, server: ServerProcess): Promise<Page> {
  const { page } = await openTab(t, browser, `http://localhost:${server.httpPort}/#romeo@localhost`)
  await signIn(page)
  await page.waitForSelector('.own')
  return page
}
async function signIn(page: Page, password = 'romeo-secret'): Promise<void> {
  await page.fill('[name=password]', password)
  await page.click('text=Sign in')
}

test('the operator sees sessions and accounts, adds one, ends a session; the link works once', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const browser = await openBrowser(t)
  const romeo = await board(t, browser, server)
  await romeo.clock.install()

  const address = await link(server)
  const { page } = await openTab(t, browser, address)
  await page.waitForSelector('text=You are here as operator.')
  assert.equal(new URL(page.url()).hash, '', 'the ticket does not stay in the address')
  await visit(page, 'Accounts')
  await page.fill('.row [name=name]', 'juliet')
  await page.fill('.row [name=password]', 'juliet-secret')
  await page.click('form[aria-label^="A new account"] button.main')
  await page.waitForSelector('text=juliet@localhost is there.')
  await visit(page, 'Sessions')
  await page.waitForSelector('th:has-text("romeo@localhost/")')
  await assertAccessible(page)
  let connections = 0
  romeo.on('websocket', () => (connections += 1))
  await page.click('tr:has-text("romeo@localhost/") button')
  await page.fill('.asking [name=reason]', 'the <b>nurse</b> calls')
  await assertAccessible(page)
  await page.keyboard.press('Enter')
  await page.waitForSelector('tr:has-text("romeo@localhost/")', { state: 'detached' })
  await romeo.waitForSelector('text=The server has ended your session: Closed by an operator: the <b>nurse</b> calls.')
  await romeo.clock.fastForward('05:00')
  assert.ok(await romeo.isVisible('[name=password]'))
  assert.equal(connections, 0, 'the board does not come back by itself')

  const again = await openTab(t, browser, address)
  await again.page.waitForSelector('text=This link was used already')
})

test('an account is disabled with a reason, and enabled; its board says so', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const browser = await openBrowser(t)
  const romeo = await board(t, browser, server)
  const { page } = await openTab(t, browser, await link(server))
  await visit(page, 'Accounts')
  await page.click('[aria-label="Change romeo@localhost"]')
  await page.fill('.users [name=reason]', 'banished')
  await assertAccessible(page)
  await page.click('text=Disable')
  await page.waitForSelector('.users li:has-text("disabled just now: banished")')
  await romeo.waitForSelector('text=The server has ended your session: The account is disabled: banished.')
  await signIn(romeo)
  await romeo.waitForSelector('text=You cannot sign in: The account is disabled: banished.')
  await page.click('text=Enable')
  await page.waitForSelector('text=romeo@localhost can log in again.')
  await signIn(romeo)
  await romeo.waitForSelector('.own')
})

test('counts, charts, doubts, links, costs, why, another password: each in its place, on a phone too', { skip }, async (t) => {
  const peer = [{ domain: 'elsewhere.example', route: '127.0.0.1:9' }]
  const server = await startServer(t, { peer })
  await server.addUser('romeo@localhost', 'romeo-secret')
  await server.addUser('juliet@localhost', 'juliet-secret')
  const browser = await openBrowser(t)
  const romeo = await board(t, browser, server)
  const { page } = await openTab(t, browser, await link(server))
  await page.waitForSelector('dd:has-text("1 account, 1 session")')
  await page.waitForSelector('dd:has-text("2 at localhost")')
  assert.equal(await page.locator('figure svg[role=img]').count(), 6)
  await page.waitForSelector('figure:has-text("a second") svg text:text-is("now")', { state: 'attached' })
  await visit(page, 'Presence')
  await page.waitForSelector('.ranking li:has-text("romeo@localhost")')
  await page.fill('[name=watcher]', 'romeo@localhost')
  await page.fill('[name=contact]', 'juliet@localhost')
  await page.click('text=Explain')
  await page.waitForSelector('text=romeo@localhost has no subscription to the presence of juliet@localhost')
  await visit(page, 'Links')
  await page.fill('[name=domain]', 'not a domain')
  await page.click('form[aria-label^="Take the link"] button')
  await page.waitForSelector('text="not a domain" is not a domain')
  await page.fill('[name=domain]', 'elsewhere.example')
  await page.click('form[aria-label^="Take the link"] button')
  await page.waitForSelector('li:has-text("localhost and elsewhere.example: down, by an operator")')
  await page.waitForSelector(
    'figure.links:has-text("1 down, 0 suspect, 0 up, 0 idle") .link.down text:has-text("elsewhere.example – down")',
  )
  await assertAccessible(page)
  await visit(page, 'Presence')
  await page.waitForSelector('[aria-label="Presence in doubt"] li:has-text("elsewhere.example: link lost")')
  await visit(page, 'Links')
  await page.click('text=Let up again')
  await page.waitForSelector('li:has-text("localhost and elsewhere.example") >> text=Take down')
  await visit(page, 'Accounts')
  await page.click('[aria-label="Change romeo@localhost"]')
  await page.fill('.users details[open] [name=password]', 'another-secret')
  await page.click('.users details[open] >> text=Set')
  await page.waitForSelector('text=romeo@localhost has a new password.')
  await romeo.waitForSelector('text=The address or the password is wrong.')
  await signIn(romeo, 'another-secret')
  await romeo.waitForSelector('.own')
  await kill(romeo)
  await visit(page, 'Presence')
  await page.waitForSelector('[aria-label="Presence in doubt"] li:has-text("romeo@localhost/board-")')
  await visit(page, 'Sessions')
  await page.waitForSelector('tr:has-text("romeo@localhost/board-") >> text=paused')
  await visit(page, 'Overview')
  await page.waitForSelector('[aria-label="What needs you"] a:text-is("1 session is paused")')
  await page.setViewportSize({ width: 360, height: 700 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const name of ['Overview', 'Sessions', 'Accounts', 'Rooms', 'Links', 'Presence', 'Troubles']) {
      await visit(page, name)
      await page.waitForSelector(`main section h2`)
      assert.ok(
        await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `${name}: nothing to be scrolled sideways`,
      )
      await assertAccessible(page)
    }
  }
})

test('what went wrong lately stands there in words', { skip }, async (t) => {
  const component = [{ domain: 'house.localhost', secret: SECRET }]
  const server = await startServer(t, { component, listen: { components: ['127.0.0.1:0'] } })
  const wire = new WireClient(await tcpLink(server.componentPort), 'house.localhost', 20_000)
  await new ComponentClient(wire).handshake('a guess')
  await wire.expectStreamError('not-authorized')
  const { page } = await openTab(t, await openBrowser(t), await link(server))
  await page.waitForSelector('[aria-label="What needs you"] a:has-text("Warning: Component refused: wrong secret")')
  await visit(page, 'Troubles')
  await page.waitForSelector('.troubles li:has-text("Warning: Component refused: wrong secret")')
  await page.waitForSelector('.troubles li:has-text("component: house.localhost")')
})

test('who could not log in lately stands there, and the log says that an order came from a browser', { skip }, async (t) => {
  const server = await startServer(t, { streams: { 'require-tls': false } })
  await server.addUser('romeo@localhost', 'romeo-secret')
  for (const name of ['romeo', 'romeo', 'nobody']) {
    const wire = new WireClient(await tcpLink(server.port, '127.0.0.7'), 'localhost', 20_000)
    await wire.open()
    await wire.features()
    assert.equal((await wire.authenticate(name, '<i>a guess</i>')).name, 'failure')
    wire.link.drop()
  }
  const { page } = await openTab(t, await openBrowser(t), await link(server))
  await visit(page, 'Troubles')
  const section = page.locator('section[aria-label="Logins that failed lately"]')
  await section.locator('li:has-text("romeo@localhost from 127.0.0.7"):has-text("2 times")').waitFor()
  await section.locator('li:has-text("nobody@localhost from 127.0.0.7")').waitFor()
  await section.scrollIntoViewIfNeeded()
  await assertAccessible(page)
  await visit(page, 'Accounts')
  await page.fill('.row [name=name]', 'juliet')
  await page.fill('.row [name=password]', 'juliet-secret')
  await page.click('form[aria-label^="A new account"] button.main')
  await page.waitForSelector('text=juliet@localhost is there.')
  const orders = server.log.split('\n').filter((line) => line.includes('"order":"user.add"'))
  assert.deepEqual(
    orders.map((line) => (JSON.parse(line) as { jid: string; way: string }).way),
    ['socket', 'browser'],
  )
})

test('a viewer sees and may not change; an order without the page’s secret is refused', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const { page } = await openTab(t, await openBrowser(t), await link(server, '--viewer'))
  await page.waitForSelector('text=You are here as viewer.')
  await visit(page, 'Sessions')
  await page.waitForSelector('[aria-label=Sessions] h2')
  assert.equal(await page.locator('[aria-label=Sessions] >> text=Orders').count(), 0)
  await visit(page, 'Accounts')
  await page.waitForSelector('.users li')
  assert.equal(await page.locator('.users details').count(), 0)
  const statuses = await page.evaluate(async () => {
    const order = (csrf: string, command: string): Promise<number> =>
      fetch('/admin/order', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
        body: JSON.stringify({ command, args: { jid: 'romeo@localhost' } }),
      }).then((response) => response.status)
    const { csrf } = (await (await fetch('/admin/login')).json()) as { csrf: string }
    return [await order('', 'status'), await order(csrf, 'user.delete')]
  })
  assert.deepEqual(statuses, [403, 403])
})

/** Hundreds of sessions of one account from one address, quickly. */
const MANY: ServerSettings = {
  limits: { resources: 500 },
  streams: { 'require-tls': false, 'connections-per-address': 0, 'connections-per-minute': 0 },
}

test(
  '400 sessions: a page of them, searched, sorted, filtered by state; the browser’s back button goes back',
  { skip },
  async (t) => {
    const server = await startServer(t, MANY)
    await server.addUser('romeo@localhost', 'romeo-secret')
    const wires: WireClient[] = []
    t.after(() => wires.forEach((wire) => wire.link.drop()))
    for (let i = 0; i < 400; i++) {
      const wire = new WireClient(await tcpLink(server.port), 'localhost', 20_000)
      wires.push(wire)
      await wire.login('romeo', 'romeo-secret', `device-${String(i).padStart(3, '0')}`)
      if (i < 3) wire.write('<presence/>')
    }
    const { page } = await openTab(t, await openBrowser(t), await link(server))
    await visit(page, 'Sessions')
    await page.waitForSelector('text=400 sessions: 3 available, 397 connected, 0 paused')
    const rows = page.locator('tbody tr')
    assert.equal(await rows.count(), 50)
    assert.ok(((await page.evaluate('document.documentElement.scrollHeight')) as number) < 4000)
    const answer = await holdOrders(page)
    await page.selectOption('[name=order]', 'address')
    await page.waitForSelector('text=Next page', { state: 'detached' }) // the list on the screen is of another order
    answer()
    await page.waitForSelector('tbody tr:nth-child(1):has-text("device-000")')
    await page.focus('text=Next page')
    await page.keyboard.press('Enter')
    await page.waitForSelector('tbody tr:nth-child(1):has-text("device-050")')
    await page.reload()
    await page.waitForSelector('tbody tr:nth-child(1):has-text("device-050")')
    await page.goBack()
    await page.waitForSelector('tbody tr:nth-child(1):has-text("device-000")')
    await page.fill('[name=find]', 'Device-39')
    await page.waitForSelector('text=10 sessions:')
    await page.fill('[name=find]', '')
    await page.selectOption('[name=state]', 'available')
    await page.waitForSelector(tableOf(3))
    await page.goBack()
    await page.waitForSelector(tableOf(50))
    await assertAccessible(page)
    await visit(page, 'Links')
    assert.equal(
      await page.evaluate('document.activeElement.getAttribute("aria-label")'),
      'Links',
      'the focus is at the beginning of the page',
    )
    await page.goBack()
    await page.waitForSelector('main[aria-label=Sessions]')
    assert.equal(await page.title(), 'Sessions – Porchlight')
  },
)

test('without a login there is nothing to see', { skip }, async (t) => {
  const server = await startServer(t)
  const page = await fetch(`http://localhost:${server.httpPort}/admin/order`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"command":"status","args":{}}',
  })
  assert.equal(page.status, 401)
})
