/**
 * XEP-0050 3.4, 4.4: a form is shown in a session, and its answer names it. Nothing is kept of a form that waits for its answer: the id of the
 * session proves for whom and for which command it was made. Only those that are over are remembered.
 */
import { createHmac } from 'node:crypto'
import { BoundedMap } from '../../base/bounded-map.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { el, type Element } from '../../xml/element.ts'
import { answeredForm, valuesOf } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { COMMANDS, type AdHocCommand, type Asker } from './command.ts'

/** The most sessions of which it is remembered that they are over. */
const ENDED_MAX = 10_000

export class CommandForms {
  readonly #entropy: Entropy
  /** Not that of an earlier run of the server: what was over then is not known any more. */
  readonly #key: Buffer
  readonly #ended = new BoundedMap<string, true>(ENDED_MAX)

  constructor(entropy: Entropy) {
    this.#entropy = entropy
    this.#key = entropy.bytes(32)
  }
  /**
   * Section 3.4: 'execute' shows the form. 'execute' with the submitted form, or 'complete', carries the command out. A form that is
   * sent without a session was filled in beforehand.
   * @throws StanzaError
   */
  async run(command: AdHocCommand, asker: Asker, payload: Element): Promise<Element> {
    const id = this.#session(command, asker, payload.attr('sessionid'))
    const action = payload.attr('action') ?? 'execute'
    const form = answeredForm(payload)
    if (action === 'cancel' || form?.attr('type') === 'cancel') return this.#over(command, id, 'canceled')
    if (action !== 'execute' && action !== 'complete' && action !== 'next')
      throw new StanzaError('bad-request', { specific: el('bad-action', COMMANDS) })
    if (form !== undefined || command.form === null) {
      const told = await command.submit(asker.bare, form === undefined ? NO_VALUES : valuesOf(form), asker)
      return this.#over(command, id, 'completed', typeof told === 'string' ? el('note', COMMANDS, { type: 'info' }, told) : told)
    }
    if (action !== 'execute') throw new StanzaError('bad-request', { specific: el('bad-payload', COMMANDS) })
    const actions = el('actions', COMMANDS, { execute: 'complete' }, el('complete', COMMANDS))
    return status(command, id, 'executing', actions, await command.form(asker.bare))
  }

  /** @throws StanzaError bad-request: the session is over, or it is another one's or of another command */
  #session({ node }: AdHocCommand, { bare, domain }: Asker, given: string | undefined): string {
    const start = given?.split('.')[0] ?? token(this.#entropy)
    const proof = createHmac('sha256', this.#key).update(`${start} ${bare} ${domain} ${node}`).digest('base64url')
    const id = `${start}.${proof}`
    if (given === undefined || (given === id && !this.#ended.has(id))) return id
    const text = 'This form is not open any more'
    throw new StanzaError('bad-request', { specific: el('bad-sessionid', COMMANDS), text })
  }
  #over(command: AdHocCommand, id: string, is: 'canceled' | 'completed', ...content: readonly Element[]): Element {
    this.#ended.set(id, true)
    return status(command, id, is, ...content)
  }
}
const NO_VALUES: ReadonlyMap<string, readonly string[]> = new Map()

const status = ({ node }: AdHocCommand, sessionid: string, is: string, ...content: readonly Element[]): Element =>
  el('command', COMMANDS, { node, sessionid, status: is }, ...content)
