/** The way into the operator's view, and through it. */
import type { Page } from 'playwright-core'
import type { ServerProcess } from '../support/server-process.ts'

/** What `porchlight admin` prints. */
export async function link(server: ServerProcess, ...options: readonly string[]): Promise<string> {
  const { stdout } = await server.command(['admin', ...options])
  return stdout.split('\n')[0]!
}

/** To one of its pages. */
export async function visit(page: Page, name: string): Promise<void> {
  await page.click(`nav a:text-is("${name}")`)
  await page.waitForSelector(`main[aria-label=${name}]`)
}
