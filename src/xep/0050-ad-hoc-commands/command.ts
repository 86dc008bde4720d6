/** What an ad-hoc command of the server is made of. */
import type { Element } from '../../xml/element.ts'

/** One command: a form to fill in, and what becomes of it. */
export interface AdHocCommand {
  readonly node: string
  readonly name: string
  /** @param bare of the user who asks */
  readonly form: (bare: string) => Promise<Element>
  /** Returns what the user is told. @throws StanzaError */
  readonly submit: (bare: string, values: ReadonlyMap<string, readonly string[]>) => Promise<string>
}
