/** Debian's Chromium as a person's browser: pages that complain, load from elsewhere or break their policy fail the test. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'

/** Why it cannot be used here; false: it can. */
export const chromiumMissing = (): string | false =>
  existsSync(PROGRAM) ? false : 'the Debian package chromium is not installed; test/interop/install.ts says why'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** It ends with this process, however that ends. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: PROGRAM, args: FLAGS })

export async function openBrowser(t: TestContext): Promise<Browser> {
  const browser = await launchChromium()
  t.after(() => browser.close())
  return browser
}

export interface Tab {
  readonly context: BrowserContext
  readonly page: Page
}

/**
 * What a browser says on its console without anything being wrong: an answer that the page has expected, or that the server is
 * gone, as it is at the end of a test (the client library then says "Event" alone), or that something was on its way into a
 * connection that has just broken.
 */
const EXPECTED =
  /status of (401|403|404) |net::ERR_CONNECTION_REFUSED|^Event$|WebSocket is already in CLOSING|^Error: (Socket closed|write after end)\n/

/** A tab of a browser of its own: nothing is shared with the others. */
export async function openTab(t: TestContext, browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asked ${request.url()}`)
  })
  t.after(() => assert.deepEqual(complaints, []))
  await page.goto(url)
  return { context, page }
}

/** No fault that axe calls serious or critical. */
export async function assertAccessible(page: Page): Promise<void> {
  // Into the page without a script element: its policy forbids those
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations.map((v) => ({ id: v.id, impact: v.impact, where: v.nodes.map((n) => n.html) }))
  })
  assert.deepEqual(
    found.filter((v) => v.impact === 'serious' || v.impact === 'critical'),
    [],
  )
}

/** The page is gone without a word, as when its process is killed: a page that is closed says goodbye. */
export async function kill(page: Page): Promise<void> {
  const gone = page.waitForEvent('crash')
  const session = await page.context().newCDPSession(page)
  session.send('Page.crash').catch(() => {}) // nobody is left to answer
  await gone
}
