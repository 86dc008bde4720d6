/** The parts of an ad-hoc command of the server. */
import type { Element } from '../../xml/element.ts'

export const COMMANDS = 'http://jabber.org/protocol/commands'

/** One command: a form to fill in, and the function that handles it. */
export interface AdHocCommand {
  readonly node: string
  readonly name: string
  /** Null if nothing is asked: the command is carried out at once. @param bare JID of the user who asks */
  readonly form: ((bare: string) => Promise<Element>) | null
  /**
   * Returns the text for the user, or a form with the result.
   * @param domain of the entity that was asked
   * @throws StanzaError
   */
  readonly submit: (bare: string, values: ReadonlyMap<string, readonly string[]>, domain: string) => Promise<string | Element>
}
