/**
 * XEP-0133: administrators use the ad-hoc commands of their clients to give the orders that the command line and the operator's
 * view have. Nobody else sees the commands (section 6).
 */
import { mayOrder } from '../../admin/operator/permissions.ts'
import { list, section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { dataForm, type FormField } from '../../xmpp/data-form.ts'
import type { Element } from '../../xml/element.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { commandsOf, type AdHocCommand } from '../0050-ad-hoc-commands/index.ts'
import { newAccountsOf } from '../0077-registration/index.ts'
import { accountCommands } from './accounts.ts'
import { figureAliases, figureCommands } from './figures.ts'
import { ADMIN, given, resultForm, type AdminCommand, type Give, type Orders } from './order.ts'
import { ABSENT, serviceCommands } from './service.ts'

export type { Orders } from './order.ts'

const settings = section({
  admins: list(
    [],
    'Accounts of this server, such as "admin@example.org", whose clients may administer it (XEP-0133): everything that the operator\'s view can do to accounts, sessions and domains, announcements, restart and stop. Nobody can register one of these names.',
  ),
  viewers: list([], 'Accounts that may see the same and change nothing.'),
})

/** Who may administer the server, and where their orders go. */
export class Administration {
  readonly #roles: ReadonlyMap<string, 'operator' | 'viewer'>
  #orders: Orders | null = null

  /** @param admins, viewers bare JIDs */
  constructor(admins: readonly string[], viewers: readonly string[]) {
    const role = <R>(all: readonly string[], is: R): [string, R][] => all.map((bare) => [bare, is])
    this.#roles = new Map([...role(viewers, 'viewer' as const), ...role(admins, 'operator' as const)])
  }
  /** The part that carries out orders takes them from now on. */
  claim(orders: Orders): void {
    if (this.#orders !== null) throw new Error('Two parts of the server want to carry out orders')
    this.#orders = orders
  }
  isKnown(bare: string): boolean {
    return this.#roles.has(bare)
  }
  mayUse(bare: string, { orders }: AdminCommand): boolean {
    const role = this.#roles.get(bare)
    return role !== undefined && orders.every((order) => mayOrder(role, order))
  }
  /** Gives orders for this administrator. */
  givesFor(by: string): Give {
    return (name, args) => {
      if (this.#orders === null) throw new StanzaError('service-unavailable')
      return given(this.#orders, by, name, args)
    }
  }
}

const books = new WeakMap<Host, Administration>()
export const administrationOf = (host: Host): Administration => books.get(host)!

export const serviceAdministration = defineFeature({
  name: 'service-administration',
  specs: [
    xep(
      133,
      'Service Administration',
      '1.3.1',
      'partial',
      'no message of the day, no welcome message, no list of administrators',
    ),
  ],
  needs: ['ad-hoc-commands', 'registration'],
  settings,
  install(host, { admins, viewers }) {
    const bare = (texts: readonly string[]): readonly string[] => texts.map((text) => addressOrNull(text)?.bare ?? text)
    const administration = new Administration(bare(admins), bare(viewers))
    books.set(host, administration)
    const commands = commandsOf(host)
    for (const command of [...accountCommands, ...serviceCommands, ...figureCommands])
      commands.add(adHoc(command, administration), (by) => administration.mayUse(by, command))
    for (const command of figureAliases)
      commands.addUnlisted(adHoc(command, administration), (by) => administration.mayUse(by, command))
    for (const node of ABSENT) commands.addUnlisted(absent(node), (by) => administration.isKnown(by))
    newAccountsOf(host).reserved.push(({ bare }) => administration.isKnown(bare))
    host.on('session-bound', ({ session: { account, boundAt } }) => {
      host.stores.lastPresence.loggedIn(account.bare.bare, boundAt)
    })
  },
})

function adHoc({ node, title, fields, run }: AdminCommand, administration: Administration): AdHocCommand {
  const form = async (by: string): Promise<Element> => {
    const asked = await fields!(administration.givesFor(by))
    return dataForm({ type: 'form', formType: ADMIN, title, fields: asked })
  }
  return {
    node: `${ADMIN}#${node}`,
    name: title,
    form: fields === null ? null : form,
    async submit(by, values, asker) {
      const told = await run({ asker, values }, administration.givesFor(by))
      return isFields(told) ? resultForm(title, told) : told
    },
  }
}
const isFields = (told: readonly FormField[] | Element | string): told is readonly FormField[] => Array.isArray(told)

const absent = (node: string): AdHocCommand => ({
  node: `${ADMIN}#${node}`,
  name: node,
  form: null,
  submit: () => Promise.reject(new StanzaError('feature-not-implemented')),
})
