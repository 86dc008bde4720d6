/** The link by which a browser comes to the operator's view. */
import type { ServerProcess } from '../support/server-process.ts'

/** What `porchlight admin` prints. */
export async function link(server: ServerProcess, ...options: readonly string[]): Promise<string> {
  const { stdout } = await server.command(['admin', ...options])
  return stdout.split('\n')[0]!
}
