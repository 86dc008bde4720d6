/** The board over a slow line: something is on the screen before the program has come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/server-process.ts'
import { chromiumMissing, openBrowser } from './chromium.ts'

const skip = chromiumMissing()
const OCTETS_MAX = 150_000
const FORM_OCTETS_MAX = 25_000

/** So many octets come over the line for these files. */
async function octetsOf(address: string, paths: readonly string[], encoding: string): Promise<number> {
  let octets = 0
  for (const path of paths) {
    const { headers } = await fetch(address + path, { method: 'HEAD', headers: { 'accept-encoding': encoding } })
    assert.equal(headers.get('content-encoding'), encoding, path)
    octets += Number(headers.get('content-length'))
  }
  return octets
}

test(
  'before the program is there, the page says what it is, and the form can be filled in; what it needs for that is little',
  { skip },
  async (t) => {
    const server = await startServer(t)
    const address = `http://localhost:${server.httpPort}`
    const page = await (await openBrowser(t)).newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const letGo = new Map<string, () => void>()
    for (const script of ['board', 'online'])
      await page.route(`**/${script}.js`, async (route) => {
        await new Promise<void>((resolve) => letGo.set(script, resolve))
        await route.continue()
      })
    await page.goto(`${address}/`, { waitUntil: 'commit' })
    await page.waitForSelector('h1:text-is("Porchlight")')
    assert.deepEqual(
      asked.filter((path) => path.endsWith('.css')),
      ['/board.css'],
    )
    letGo.get('board')!()
    await page.fill('[name=first-password]', 'a secret')
    const first = ['/', '/board.css', '/chunk.js', '/board.js']
    for (const path of first) assert.ok(asked.includes(path), path)
    assert.ok(asked.indexOf('/online.js') > 0, 'the program is on its way')
    for (const encoding of ['gzip', 'br']) {
      const octets = await octetsOf(address, first, encoding)
      assert.ok(octets > 0 && octets <= FORM_OCTETS_MAX, `${octets} octets for the form`)
      const all = octets + (await octetsOf(address, ['/online.js'], encoding))
      assert.ok(all <= OCTETS_MAX, `${all} octets`)
      t.diagnostic(`${encoding}: ${octets} octets for the form, ${all} for all`)
    }
    await page.fill('[name=second-password]', 'a secret')
    await page.click('text=Make both and sign in')
    await page.waitForSelector('button:text-is("Signing in…")')
    letGo.get('online')!()
    await page.waitForSelector('.own')
  },
)

test('a program that does not come is said, and what was typed stays', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const page = await (await openBrowser(t)).newPage()
  let fail = (): void => {}
  await page.route('**/online.js', async (route) => {
    await new Promise<void>((resolve) => (fail = resolve))
    await route.abort()
  })
  await page.goto(`http://localhost:${server.httpPort}/`)
  await page.fill('[name=address]', 'romeo')
  await page.fill('[name=password]', 'romeo-secret')
  await page.click('button.main')
  await page.waitForSelector('button:text-is("Signing in…")')
  fail()
  await page.waitForSelector('[role=alert]:has-text("could not be loaded")')
  assert.equal(await page.inputValue('[name=password]'), 'romeo-secret')
})

test('at 600 ms and 40 kB/s the board can be used', { skip }, async (t) => {
  const server = await startServer(t)
  await server.addUser('romeo@localhost', 'romeo-secret')
  const page = await (await openBrowser(t)).newPage()
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const speed = { downloadThroughput: 40_000, uploadThroughput: 40_000 }
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 600, ...speed })
  const began = performance.now()
  await page.goto(`http://localhost:${server.httpPort}/`, { waitUntil: 'commit' })
  await page.fill('[name=address]', 'romeo')
  t.diagnostic(`the form after ${Math.round(performance.now() - began)} ms`)
  const painted = (await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")) as number
  t.diagnostic(`the first words after ${Math.round(painted)} ms`)
  await page.fill('[name=password]', 'romeo-secret')
  await page.click('button.main')
  await page.waitForSelector('.own')
  t.diagnostic(`the board after ${Math.round(performance.now() - began)} ms`)
  await page.click('.own [data-show=away]')
  await page.waitForSelector('.own [data-show=away][aria-pressed=true]')
})
