/** The parts of an ad-hoc command of the server. */
import type { Element } from '../../xml/element.ts'

/** One command: a form to fill in, and the function that handles it. */
export interface AdHocCommand {
  readonly node: string
  readonly name: string
  /** @param bare JID of the user who asks */
  readonly form: (bare: string) => Promise<Element>
  /** Returns the text for the user. @throws StanzaError */
  readonly submit: (bare: string, values: ReadonlyMap<string, readonly string[]>) => Promise<string>
}
