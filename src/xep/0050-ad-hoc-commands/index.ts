/**
 * XEP-0050: commands that a client can offer to its user without knowing them. The server has one for every user: what others
 * may know of the user's presence (`presence-policy.ts`). Other features add theirs. Each takes one step (section 3.1), so nothing is kept between a form
 * and its answer.
 */
import { section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { DiscoBook } from '../../server/routing/disco-book.ts'
import type { Answer, ServerRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { answeredForm, DATA_FORM, valuesOf } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { AdHocCommand } from './command.ts'
import { presencePolicy } from './presence-policy.ts'

export type { AdHocCommand } from './command.ts'

const COMMANDS = 'http://jabber.org/protocol/commands'

const books = new WeakMap<Host, CommandBook>()

/** The commands of the server. For features that need 'ad-hoc-commands'. */
export const commandsOf = (host: Host): CommandBook => books.get(host)!

/** Section 2.2, 2.3: the list of commands, and information about each. */
class CommandBook {
  readonly #commands = new Map<string, AdHocCommand>()
  readonly #items: { node: string; name: string }[] = []
  readonly #nodes: DiscoBook['nodes']

  constructor({ nodes }: DiscoBook) {
    this.#nodes = nodes
    const identities = [{ category: 'automation', type: 'command-list', name: 'Commands' }]
    nodes.set(COMMANDS, { identities, features: [COMMANDS], items: this.#items })
  }
  add(command: AdHocCommand): void {
    const { node, name } = command
    this.#commands.set(node, command)
    this.#items.push({ node, name })
    const identities = [{ category: 'automation', type: 'command-node', name }]
    this.#nodes.set(node, { identities, features: [COMMANDS, DATA_FORM], items: [] })
  }
  get(node: string | undefined): AdHocCommand | undefined {
    return node === undefined ? undefined : this.#commands.get(node)
  }
}

export const adHocCommands = defineFeature({
  name: 'ad-hoc-commands',
  specs: [xep(50, 'Ad-Hoc Commands', '1.3.0', 'complete', 'commands of one step')],
  settings: section({}),
  install(host) {
    const { server } = host.disco
    const commands = new CommandBook(server)
    books.set(host, commands)
    commands.add(presencePolicy(host))
    host.iqToServer({ type: 'set', ns: COMMANDS, name: 'command', handle: (request) => run(host, commands, request) })
    server.features.push(COMMANDS)
  },
})

/** Section 3.4: 'execute' shows the form. 'execute' with the submitted form, or 'complete', carries the command out. */
async function run(host: Host, commands: CommandBook, { payload, session }: ServerRequest): Promise<Answer> {
  const command = commands.get(payload.attr('node'))
  if (command === undefined) throw new StanzaError('item-not-found')
  if (session === null) throw new StanzaError('forbidden') // only for local users
  const { bare } = session.account.bare
  const action = payload.attr('action') ?? 'execute'
  const id = payload.attr('sessionid') ?? `${command.node}-${host.clock.now()}`
  if (action === 'cancel') return status(command, id, 'canceled')
  if (action !== 'execute' && action !== 'complete' && action !== 'next')
    throw new StanzaError('bad-request', { specific: el('bad-action', COMMANDS) })
  const form = answeredForm(payload)
  if (form?.attr('type') === 'cancel') return status(command, id, 'canceled')
  if (form !== undefined) {
    const told = await command.submit(bare, valuesOf(form))
    return status(command, id, 'completed', el('note', COMMANDS, { type: 'info' }, told))
  }
  if (action !== 'execute') throw new StanzaError('bad-request', { specific: el('bad-payload', COMMANDS) })
  const actions = el('actions', COMMANDS, { execute: 'complete' }, el('complete', COMMANDS))
  return status(command, id, 'executing', actions, await command.form(bare))
}

const status = ({ node }: AdHocCommand, sessionid: string, is: string, ...content: readonly Element[]): Element =>
  el('command', COMMANDS, { node, sessionid, status: is }, ...content)
