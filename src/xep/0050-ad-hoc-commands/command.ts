/** The parts of an ad-hoc command of the server. */
import type { IqRequest } from '../../server/routing/registry.ts'
import type { Element } from '../../xml/element.ts'

export const COMMANDS = 'http://jabber.org/protocol/commands'

/** The user who gives a command. */
export interface Asker extends Pick<IqRequest, 'session' | 'afterwards'> {
  /** Bare JID. */
  readonly bare: string
  /** Of the entity that is asked. */
  readonly domain: string
}

/** One command: a form to fill in, and the function that handles it. */
export interface AdHocCommand {
  readonly node: string
  readonly name: string
  /** Null if nothing is asked: the command is carried out at once. @param bare JID of the user who asks */
  readonly form: ((bare: string) => Promise<Element>) | null
  /**
   * Returns the text for the user, or a form with the result.
   * @param bare JID of the user who asks
   * @throws StanzaError
   */
  readonly submit: (bare: string, values: ReadonlyMap<string, readonly string[]>, asker: Asker) => Promise<string | Element>
}
