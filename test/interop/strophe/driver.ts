/**
 * Drives an unmodified strophe.js in Debian's Chromium by JSON lines, as `driver-protocol.ts` describes them: a page of
 * another site than the server's, which this program serves, carries them out.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { launchChromium } from '../../browser/chromium.ts'
import type { Order, Outcome, Shown } from '../driver-protocol.ts'

const write = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

async function script(): Promise<string> {
  const entryPoints = [fileURLToPath(new URL('page.ts', import.meta.url))]
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', platform: 'browser', write: false })
  return outputFiles[0]!.text
}

/** Its address. */
async function serve(page: string): Promise<string> {
  const site = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page))
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
}

const browser = await launchChromium()
// What is trusted is the browser's own; it has no option for one certificate more.
const page = await browser.newPage({ ignoreHTTPSErrors: true })
page.on('console', (message) => console.error(message.text()))
page.on('pageerror', (error) => console.error(error.message))
await page.exposeFunction('show', (shown: Shown) => write(shown))
const source = await script()
await page.goto(
  await serve(
    `<!doctype html><title>strophe.js</title><script type="module">${source.replaceAll('</script', '<\\/script')}</script>`,
  ),
)

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...order } = JSON.parse(line) as Order & { readonly id: number }
  // One order may take long: others need not wait for it.
  void page
    .evaluate((one) => (globalThis as unknown as { carryOut(one: unknown): Promise<Outcome> }).carryOut(one), order)
    .then((outcome) => write({ answer: id, ...outcome }))
}
await browser.close()
process.exit(0)
