/** Lists that the server gives out page by page. */
import type { Authority } from '../admin/control-client.ts'

interface Page {
  readonly next: string | null
}
/** The rows of all pages of a list. */
export async function* pagesOf<P extends Page, R>(
  authority: Authority,
  command: string,
  args: object,
  rowsOf: (page: P) => readonly R[],
): AsyncGenerator<R> {
  for (let after: string | null = ''; after !== null;) {
    const page = (await authority.ask(command, { ...args, after })) as P
    yield* rowsOf(page)
    after = page.next
  }
}
