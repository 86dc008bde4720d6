/** XEP-0060 8.6: the owner is asked to approve subscriptions, at once or when a client of theirs comes online. */
import { isRefused } from '../../pubsub/machine/decide.ts'
import type { Node, Subscription } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import { approvalForm, approvalIn, type Approval } from '../../pubsub/xmpp/approving.ts'
import { chosenNode, GET_PENDING, GET_PENDING_TITLE, pendingForm, waitingAt } from '../../pubsub/xmpp/pending.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { AdHocCommand, CommandForms } from '../0050-ad-hoc-commands/index.ts'
import type { AccountsOf } from './accounts-of.ts'
import { actorFor } from './asker.ts'
import type { Texts } from './texts.ts'

/** Of those that wait, a client that comes online is shown the oldest ones. */
const SHOWN_MAX = 20

export class Approvals {
  readonly #nodes: Nodes
  readonly #texts: Texts
  readonly #accounts: AccountsOf
  readonly #forms: CommandForms

  constructor(nodes: Nodes, texts: Texts, accounts: AccountsOf, forms: CommandForms) {
    this.#nodes = nodes
    this.#texts = texts
    this.#accounts = accounts
    this.#forms = forms
  }
  ask(account: LocalAccount, node: Node, subscription: Subscription, clients: readonly Session[]): void {
    const packet = this.#texts.of(account, node, approvalForm(node, subscription)).with({ type: 'normal' })
    for (const session of clients) if (session.takesPart) session.take(packet.addressedTo(session.jid))
  }
  /** A client of the owner comes online. */
  async remind(session: Session): Promise<void> {
    const { account } = session
    const owner = account.bare.bare
    if (!this.#nodes.index.has(owner)) return
    const nodes = await this.#nodes.some(owner, await this.#nodes.store.namesWaiting(owner, owner))
    const asking = nodes.filter(({ config }) => config.access_model === 'authorize')
    const waiting = asking.flatMap((node) => waitingAt(node).map((one) => ({ node, one })))
    for (const { node, one } of waiting.slice(0, SHOWN_MAX)) this.ask(account, node, one, [session])
  }
  /** 8.7: the owner asks for those that wait. */
  async answer({ account, session, payload, afterwards }: AccountRequest): Promise<Answer> {
    const owner = account.bare.bare
    if (payload.attr('node') !== GET_PENDING) throw new StanzaError('item-not-found')
    const command: AdHocCommand = {
      node: GET_PENDING,
      name: GET_PENDING_TITLE,
      form: async (bare) => pendingForm(await this.#nodes.store.namesWaiting(owner, bare)),
      submit: async (bare, values) => {
        const node = await chosenNode(this.#nodes, owner, bare, values)
        if (session !== null)
          afterwards.push(() => {
            for (const one of waitingAt(node)) this.ask(account, node, one, [session])
          })
        return 'You are sent a form for each'
      },
    }
    return this.#forms.run(command, { bare: owner, domain: account.bare.domain, session, afterwards }, payload)
  }
  /** Is this message of the owner an answer? Then it is carried out, and goes nowhere. */
  takes(account: LocalAccount, packet: Packet): boolean {
    const approval = approvalIn(packet)
    if (approval !== null) this.#accounts.later(this.#carryOut(account, approval, packet))
    return approval !== null
  }

  async #carryOut(account: LocalAccount, { node: name, jid, isAllowed }: Approval, { from }: Packet): Promise<void> {
    const owner = account.bare.bare
    const before = (await this.#nodes.one(owner, name))?.subscriptionsAt(jid)
    if (before?.some(({ state }) => state === 'pending') !== true) return // another client has answered
    const command = {
      do: 'arrange',
      entries: [{ jid, state: isAllowed ? 'subscribed' : 'none', isAnswer: true }],
    } as const
    const outcome = await this.#nodes.perform({ owner, name, actor: actorFor(account, from), command, make: null })
    if (!isRefused(outcome)) outcome.tell()
  }
}
