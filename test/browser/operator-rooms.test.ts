/** Rooms in the operator's view, in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { tcpLink } from '../support/link.ts'
import { startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { link, visit } from './operator-link.ts'

const skip = chromiumMissing()
const DEN = 'den@conference.localhost'
const OPEN: ServerSettings = { 'streams': { 'require-tls': false }, 'multi-user-chat': { 'pause-grace': '100 ms' } }

async function enter(t: TestContext, server: ServerProcess, name: string, more = ''): Promise<WireClient> {
  await server.addUser(`${name}@localhost`, 'secret')
  const wire = new WireClient(await tcpLink(server.port), 'localhost', 20_000)
  t.after(() => wire.link.drop())
  await wire.login(name, 'secret', 'phone')
  wire.write(`${more}<presence to='${DEN}/${name}'><show>away</show><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  return wire
}
/** Waits for a stanza whose text is like that. */
async function until(wire: WireClient, like: RegExp): Promise<void> {
  for (let xml = await wire.element(like.source); !like.test(xml.show()); xml = await wire.element(like.source));
}
const room = (server: ServerProcess, ...words: readonly string[]) => server.command(['room', ...words])
const toDen = (page: Page): Promise<void> => page.click(`th a:text-is("${DEN}")`)

test('the operator looks into a room: who is in it, who of them is in doubt, and why', { skip }, async (t) => {
  const server = await startServer(t, OPEN)
  await room(server, 'create', DEN, 'name=The <b>den</b>', 'public=yes', '--owner', 'romeo@localhost')
  await enter(t, server, 'romeo')
  const juliet = await enter(t, server, 'juliet', "<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
  const { page } = await openTab(t, await openBrowser(t), await link(server))
  await visit(page, 'Rooms')
  await page.waitForSelector(`tr:has-text("${DEN}"):has-text("The <b>den</b>"):has-text("2 occupants"):has-text("public")`)
  await assertAccessible(page)
  juliet.link.drop()
  await page.waitForSelector(`tr:has-text("2 occupants, 1 in doubt")`)
  await visit(page, 'Overview')
  await page.waitForSelector('dd:has-text("1 room, 2 occupants, 1 in doubt")')
  await page.click('[aria-label="What needs you"] a:text-is("1 occupant of a room may be gone")')
  await toDen(page)
  await page.waitForSelector('.users li:has-text("romeo"):has-text("moderator, owner"):has-text("Away") .dot.away')
  const doubted = page.locator('.users li:has-text("juliet"):has-text("Connection paused")')
  await doubted.locator('.dot.paused').waitFor()
  await doubted.locator('text=juliet@localhost/phone').waitFor()
  await doubted.locator('text=Why?').click()
  await doubted.locator('text=Whether juliet (juliet@localhost) is still in').waitFor()
  await doubted.locator('text=What would change it: The client juliet@localhost/phone comes back').waitFor()
  await page.click('text=Settings')
  await page.waitForSelector('dt:text-is("public") + dd:text-is("yes")')
  await page.setViewportSize({ width: 360, height: 700 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing to be scrolled sideways')
    await assertAccessible(page)
  }
})

test('an occupant is put out, and banned when they come again, with a reason', { skip }, async (t) => {
  const server = await startServer(t, OPEN)
  await room(server, 'create', DEN)
  const romeo = await enter(t, server, 'romeo')
  const { page } = await openTab(t, await openBrowser(t), await link(server))
  await visit(page, 'Rooms')
  await toDen(page)
  await page.click('[aria-label="Kick romeo…"]')
  await page.waitForSelector('[name=reason]:focus')
  await assertAccessible(page)
  await page.fill('.asking [name=reason]', 'enough')
  await page.click('text=Yes, put romeo out')
  await until(romeo, /code=["']307["']/)
  await page.waitForSelector('text=Nobody is in the room.')
  romeo.write(`<presence to='${DEN}/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  await until(romeo, /code=["']110["']/)
  await page.reload()
  await page.click('[aria-label="Ban romeo…"]')
  await page.click('text=Yes, ban romeo@localhost')
  await until(romeo, /code=["']301["']/)
})

test('an affiliation is changed, and a room is destroyed after a question, with a reason', { skip }, async (t) => {
  const server = await startServer(t, OPEN)
  await room(server, 'create', DEN)
  const romeo = await enter(t, server, 'romeo')
  const { page } = await openTab(t, await openBrowser(t), await link(server))
  await visit(page, 'Rooms')
  await toDen(page)
  await page.click('a:text-is("Affiliations")')
  await page.waitForSelector('text=Nobody has one.')
  await page.fill('[name=jid]', 'juliet@localhost')
  await page.selectOption('[name=affiliation]', 'outcast')
  await page.fill('[name=reason]', 'rude')
  await page.click('form[aria-label="Change an affiliation"] button')
  await page.waitForSelector('.users li:has-text("juliet@localhost"):has-text("rude"):has-text("outcast")')
  await page.fill('[name=jid]', 'localhost')
  await page.selectOption('[name=affiliation]', 'owner')
  await page.click('form[aria-label="Change an affiliation"] button')
  await page.waitForSelector('text=A domain can be banned (outcast) or not (none), and nothing else.')
  await page.click('text=Destroy…')
  await page.waitForSelector('[name=reason]:focus')
  await assertAccessible(page)
  await page.click('text=Leave it')
  await page.click('text=Destroy…')
  await page.fill('.asking [name=alternate]', 'not a room')
  await page.click(`text=Yes, destroy ${DEN}`)
  await page.waitForSelector('text=is not the address of a room to go to instead')
  await page.fill('.asking [name=alternate]', 'attic@conference.localhost')
  await page.fill('.asking [name=reason]', 'over')
  await page.click(`text=Yes, destroy ${DEN}`)
  await page.waitForSelector(`text=${DEN} is destroyed.`)
  await until(romeo, /<destroy[^]*attic@conference\.localhost[^]*over/)
  await page.click('text=All rooms')
  await page.waitForSelector('text=None.')
})

test('71 rooms: pages, a search, the most crowded first; a viewer changes nothing', { skip }, async (t) => {
  const server = await startServer(t, OPEN)
  for (let i = 100; i < 170; i++)
    await server.ask('room.create', {
      room: `r${i}@conference.localhost`,
      settings: { name: `Room ${i}` },
      password: null,
      owners: [],
    })
  await room(server, 'create', DEN)
  await enter(t, server, 'romeo')
  const { page } = await openTab(t, await openBrowser(t), await link(server, '--viewer'))
  await visit(page, 'Rooms')
  await page.waitForSelector('tbody tr:nth-child(2):has-text("r100@")')
  assert.equal(await page.locator('tbody tr').count(), 50)
  await page.click('text=Next page')
  await page.waitForSelector('tbody tr:nth-child(1):has-text("r149@")')
  await page.fill('[name=find]', 'ROOM 16')
  await page.waitForSelector('tbody:not(:has(tr:nth-child(11))) tr:nth-child(10)')
  await page.fill('[name=find]', '')
  await page.selectOption('[name=order]', 'occupants')
  await page.waitForSelector(`tbody tr:nth-child(1):has-text("${DEN}")`)
  await toDen(page)
  await page.waitForSelector('.users li:has-text("romeo")')
  assert.equal(await page.locator('text=Destroy').count(), 0)
  await page.goBack()
  await page.waitForSelector('tbody tr')
})
