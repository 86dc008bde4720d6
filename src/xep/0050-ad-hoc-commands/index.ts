/**
 * XEP-0050: commands that a client can offer to its user without knowing them. The server has two for every user: what
 * others may know of the user's presence (`presence-policy.ts`), and who may write to the user (`strangers.ts`). Other features add
 * theirs. Each takes one step (section 3.1), so nothing is kept between a form and its answer (`forms.ts`).
 */
import { section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { DiscoBook, DiscoNode } from '../../server/routing/disco-book.ts'
import type { Answer, ServerRequest } from '../../server/routing/registry.ts'
import { DATA_FORM } from '../../xmpp/data-form.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { COMMANDS, type AdHocCommand } from './command.ts'
import { CommandForms } from './forms.ts'
import { presencePolicy } from './presence-policy.ts'
import { strangersPolicy } from './strangers.ts'

export { COMMANDS, type AdHocCommand, type Asker } from './command.ts'
export { CommandForms } from './forms.ts'

const books = new WeakMap<Host, CommandBook>()

/** The commands of the server. For features that need 'ad-hoc-commands'. */
export const commandsOf = (host: Host): CommandBook => books.get(host)!

type ListedCommand = DiscoNode['items'][number]

/** Section 2.2, 2.3: the list of commands, and information about each. */
class CommandBook {
  readonly forms: CommandForms
  readonly #commands = new Map<string, AdHocCommand>()
  readonly #users = new Map<AdHocCommand, (bare: string) => boolean>()
  readonly #items: ListedCommand[] = []
  readonly #nodes: DiscoBook['nodes']

  constructor({ nodes }: DiscoBook, forms: CommandForms) {
    this.forms = forms
    this.#nodes = nodes
    const identities = [{ category: 'automation', type: 'command-list', name: 'Commands' }]
    nodes.set(COMMANDS, { identities, features: [COMMANDS], items: this.#items })
  }
  /** @param mayUse the users for whom the command is there; without it, all */
  add(command: AdHocCommand, mayUse: (bare: string) => boolean = () => true): void {
    this.addUnlisted(command, mayUse)
    const { node, name } = command
    const isFor = (asker: Jid): boolean => mayUse(asker.bare)
    this.#items.push({ node, name, isFor })
    const identities = [{ category: 'automation', type: 'command-node', name }]
    this.#nodes.set(node, { identities, features: [COMMANDS, DATA_FORM], items: [], isFor })
  }
  /** A command that can be given and is not offered. */
  addUnlisted(command: AdHocCommand, mayUse: (bare: string) => boolean): void {
    this.#commands.set(command.node, command)
    this.#users.set(command, mayUse)
  }
  mayUse(bare: string, command: AdHocCommand): boolean {
    return this.#users.get(command)!(bare)
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
    const commands = new CommandBook(server, new CommandForms(host.entropy))
    books.set(host, commands)
    commands.add(presencePolicy(host))
    commands.add(strangersPolicy(host))
    host.iqToServer({ type: 'set', ns: COMMANDS, name: 'command', handle: (request) => run(commands, request) })
    server.features.push(COMMANDS)
  },
})

async function run(commands: CommandBook, { payload, session, domain, afterwards }: ServerRequest): Promise<Answer> {
  const command = commands.get(payload.attr('node'))
  if (command === undefined) throw new StanzaError('item-not-found')
  const bare = session?.account.bare.bare // only for local users
  if (bare === undefined || !commands.mayUse(bare, command)) throw new StanzaError('forbidden')
  return commands.forms.run(command, { bare, domain, session, afterwards }, payload)
}
