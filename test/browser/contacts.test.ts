/**
 * One contact on the board, in every state that presence can have. The contact belongs to a component (XEP-0114), which the
 * test plays: it says what it likes when it likes, and its loss is that of a link.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { ComponentClient, SECRET } from '../support/component.ts'
import { tcpLink } from '../support/link.ts'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { present } from './own.ts'

const skip = chromiumMissing()
const BOT = 'house.localhost'
const NURSE = `nurse@${BOT}`
const ROMEO = 'romeo@localhost'
const PATIENCE_MS = 20_000

/** A lost link is announced soon. Federation is there only with a peer: nobody answers at that one. */
const SETTINGS: ServerSettings = {
  component: [{ domain: BOT, secret: SECRET }],
  listen: { components: ['127.0.0.1:0'] },
  federation: { grace: '1 s' },
  peer: [{ domain: 'elsewhere.example', route: '127.0.0.1:9' }],
}

interface Scene {
  readonly server: ServerProcess
  /** Romeo's board. */
  readonly page: Page
  readonly house: House
}
async function open(t: TestContext): Promise<Scene> {
  const server = await startServer(t, SETTINGS)
  await server.addUser(ROMEO, 'romeo-secret')
  const house = await House.connect(t, server.componentPort)
  const { page } = await openTab(t, await openBrowser(t), `http://localhost:${server.httpPort}/#${ROMEO}`)
  await page.fill('[name=password]', 'romeo-secret')
  await page.click('text=Sign in')
  await page.waitForSelector('.own')
  return { server, page, house }
}

/** The component: everybody at its domain. */
class House {
  readonly #component: ComponentClient

  constructor(component: ComponentClient) {
    this.#component = component
  }
  static async connect(t: TestContext, port: number): Promise<House> {
    const wire = new WireClient(await tcpLink(port), BOT, PATIENCE_MS)
    t.after(() => wire.link.drop())
    const component = new ComponentClient(wire)
    await component.handshake(SECRET)
    await component.expect('<handshake/>')
    return new House(component)
  }
  /** Waits for a presence of that type from Romeo; '' is an available one. */
  async hears(type: string): Promise<Xml> {
    for (;;) {
      const xml = await this.#component.wire.element(`presence of type ${type}`)
      if (xml.name === 'presence' && (xml.attr('type') ?? '') === type) return xml
    }
  }
  says(type: string, content = '', resource = ''): void {
    const from = resource === '' ? NURSE : `${NURSE}/${resource}`
    this.#component.send(`<presence${type === '' ? '' : ` type='${type}'`} from='${from}' to='${ROMEO}'>${content}</presence>`)
  }
  /** As programs write: without a type (RFC 6121 5.2.2). */
  writes(text: string): void {
    this.#component.send(`<message id='m' from='${NURSE}/phone' to='${ROMEO}'><body>${text}</body></message>`)
  }
  /** The connection breaks without a word. */
  drop(): void {
    this.#component.wire.isClosed = true
    this.#component.wire.link.drop()
  }
}

async function add(page: Page, name = '', groups = ''): Promise<void> {
  await page.click('text=Add a contact')
  await page.fill('.sheet [name=address]', NURSE)
  await page.fill('.sheet [name=name]', name)
  await page.fill('.sheet [name=groups]', groups)
  await page.click('text=Ask to see their presence')
}

const cardIs = (page: Page, dot: string, words: string): Promise<unknown> =>
  page.waitForSelector(`.card[data-dot=${dot}]:has-text(${JSON.stringify(words)})`)

test('the dot in every state, each with words and a shape of its own', { skip }, async (t) => {
  const { page, house } = await open(t)
  await add(page)
  await house.hears('subscribe')
  await cardIs(page, 'not-shared', 'Not shared with you')
  await cardIs(page, 'not-shared', 'has not answered your request yet')
  const shapes = new Set<string>()
  const look = async (dot: string, words: string): Promise<void> => {
    await cardIs(page, dot, words)
    shapes.add(
      await page
        .locator('.card .avatar .dot')
        .screenshot({ animations: 'disabled' })
        .then((png) => png.toString('hex')),
    )
  }
  house.says('subscribed')
  await look('unknown', 'Unknown')
  house.says('', '<show>chat</show>', 'phone')
  await look('chat', 'Free to chat')
  house.says('', '', 'phone')
  await look('available', 'Online')
  house.says('', '<show>away</show><status>at the market</status>', 'phone')
  await look('away', 'at the market')
  const since = new Date(Date.now() - 3 * 3_600_000 - 60_000).toISOString()
  house.says('', `<show>xa</show><idle xmlns='urn:xmpp:idle:1' since='${since}'/>`, 'phone')
  await look('xa', 'idle for 3 hours')
  house.says('', '<show>dnd</show>', 'phone')
  await look('dnd', 'Do not disturb')
  house.says('unavailable', '', 'phone')
  await look('offline', 'last seen just now')
  house.says('', '<status>in the house</status>', 'phone')
  await cardIs(page, 'available', 'in the house')
  house.drop()
  await look('link-lost', 'Link lost')
  await cardIs(page, 'link-lost', 'as of ')
  assert.equal(shapes.size, 8, 'no two states look the same')
  await page.click('.card')
  await page.waitForSelector('.details:has-text("Their server cannot be reached.")')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await assertAccessible(page)
  }
})

test('every device with its priority; the card says what the most important one says', { skip }, async (t) => {
  const { page, house } = await open(t)
  await add(page, 'Angelica')
  await house.hears('subscribe')
  house.says('subscribed')
  house.says('', '<show>away</show><priority>1</priority>', 'phone')
  house.says('', '<status>sewing</status><priority>7</priority>', 'desk')
  await cardIs(page, 'available', 'sewing · 2 devices')
  await page.click('.card')
  const devices = page.locator('.resources li')
  assert.match((await devices.nth(0).textContent())!, /desk.*Online.*sewing.*priority 7/)
  assert.match((await devices.nth(1).textContent())!, /phone.*Away.*priority 1/)
  house.says('unavailable', '', 'desk')
  await cardIs(page, 'away', 'Angelica')
})

test('a request is taken back, approved in advance, denied; a contact is removed', { skip }, async (t) => {
  const { page, house } = await open(t)
  await add(page, 'Nurse', 'House, Verona, House')
  await house.hears('subscribe')
  for (const group of ['House', 'Verona']) await page.waitForSelector(`section[aria-label=${group}] .card:has-text("Nurse")`)
  await page.click('section[aria-label=House] .card')
  await page.click('text=Take the request back')
  await house.hears('unsubscribe')
  await page.waitForSelector('text=You do not see their presence.')
  await page.click('text=Approve in advance')
  await page.waitForSelector('text=They may see yours when they ask.')
  house.says('subscribe')
  await house.hears('subscribed')
  await page.waitForSelector('text=They see your presence.')
  assert.equal(await page.locator('.requests').count(), 0, 'what was approved in advance is not asked again')
  await house.hears('')
  await present(page, { show: 'dnd', status: 'banished & <b>', priority: '-5' })
  await house.hears('')
  await house.hears('')
  const presence = await house.hears('')
  assert.deepEqual(
    ['show', 'status', 'priority'].map((name) => presence.child(name)?.text),
    ['dnd', 'banished & <b>', '-5'],
  )
  await page.click('text=Hide it from them')
  await house.hears('unsubscribed')
  await page.waitForSelector('text=They do not see your presence.')
  house.says('subscribe', '<status>let me &lt;b&gt;in&lt;/b&gt;</status>')
  await page.waitForSelector('.requests:has-text("let me <b>in</b>")')
  await assertAccessible(page)
  await page.focus('.requests >> text=Deny')
  await page.keyboard.press('Enter')
  await house.hears('unsubscribed')
  await page.waitForSelector('.requests', { state: 'detached' })
  await page.click('text=Remove this contact')
  await page.waitForSelector('text=You have no contacts yet.')
})

test(
  'by keyboard: Escape closes the details, and the focus is on the card again; a phone shows one or the other',
  {
    skip,
  },
  async (t) => {
    const { page, house } = await open(t)
    await add(page)
    await house.hears('subscribe')
    await page.focus('.card')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.details')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'nurse')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.details', { state: 'detached' })
    await page.waitForSelector('.card:focus', { timeout: 3000 })
    await page.setViewportSize({ width: 360, height: 700 })
    await page.keyboard.press('Enter')
    await page.waitForSelector('.details')
    assert.ok(!(await page.isVisible('.card')))
    await page.click('text=Close')
    await page.waitForSelector('.card:focus')
  },
)

test('somebody who is no contact writes: it is seen, and they become a contact', { skip }, async (t) => {
  const { page, house } = await open(t)
  await page.waitForSelector('text=You have no contacts yet.')
  house.writes('Hello &lt;b>sir')
  await page.click('section[aria-label="Not in your contacts"] .card:has-text("nurse"):has(.unread)')
  await page.waitForSelector('.chat li.theirs:has-text("Hello <b>sir")')
  await assertAccessible(page)
  assert.equal(await page.locator('text=Remove this contact').count(), 0)
  await page.click('text=Ask to see it')
  await house.hears('subscribe')
  await page.waitForSelector('section[aria-label="Contacts without a group"] .card')
  assert.equal(await page.locator('section[aria-label="Not in your contacts"]').count(), 0)
  await page.waitForSelector('.chat li.theirs:has-text("Hello <b>sir")')
})
test('what the operator announces is seen', { skip }, async (t) => {
  const { page, server } = await open(t)
  await page.waitForSelector('text=You have no contacts yet.')
  await server.ask('announce', { text: 'Tea at five', domain: null })
  await page.click('section[aria-label="Not in your contacts"] .card:has-text("localhost"):has(.unread)')
  await page.waitForSelector('.chat li.theirs:has-text("Tea at five")')
})
