/** The nodes of one domain: what is asked of them, and what messages come for them. */
import { refusalToRead, refusalToSubscribe } from '../../pubsub/machine/access.ts'
import { isCollection } from '../../pubsub/machine/collecting.ts'
import { NO_RELATION, type Actor } from '../../pubsub/machine/commands.ts'
import type { NodeConfig } from '../../pubsub/machine/config.ts'
import { isRefused } from '../../pubsub/machine/decide.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import type { Answering } from '../../pubsub/xmpp/answering.ts'
import { approvalIn, type Approval } from '../../pubsub/xmpp/approving.ts'
import type { Bouncing } from '../../pubsub/xmpp/bouncing.ts'
import { describedNode } from '../../pubsub/xmpp/described.ts'
import { PUBSUB, PUBSUB_OWNER } from '../../pubsub/xmpp/ns.ts'
import { chosenNode, commandNodes, GET_PENDING, GET_PENDING_TITLE, pendingForm } from '../../pubsub/xmpp/pending.ts'
import { existing } from '../../pubsub/xmpp/reading.ts'
import { refused } from '../../pubsub/xmpp/refused.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import type { Service } from '../../server/routing/services.ts'
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { readPageAsk } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { COMMANDS, type AdHocCommand, type CommandForms } from '../0050-ad-hoc-commands/index.ts'
import {
  DISCO_INFO,
  DISCO_ITEMS,
  LIST_PAGE,
  listed,
  listedPage,
  nodeInfo,
  nodeItems,
  noItems,
  selfInfo,
} from '../0030-service-discovery/index.ts'

export interface NodeServiceParts {
  readonly domain: string
  readonly nodes: Nodes
  readonly answering: Answering
  readonly bouncing: Bouncing
  /** @param bare who wants to make a node */
  readonly mayCreate: (bare: string) => boolean
  readonly defaults: NodeConfig
  readonly forms: CommandForms
  /** Sends the forms of the subscriptions that wait at the node. */
  readonly ask: (node: Node, to: Jid) => void
}

export class NodeService {
  readonly #parts: NodeServiceParts

  constructor(parts: NodeServiceParts) {
    this.#parts = parts
  }
  install(service: Service): void {
    for (const ns of [PUBSUB, PUBSUB_OWNER])
      for (const type of ['get', 'set'] as const)
        service.iq({ type, ns, name: 'pubsub', handle: (request) => this.#answer(request) })
    for (const [name, described] of commandNodes(COMMANDS)) service.disco.nodes.set(name, described)
    service.iq({ type: 'set', ns: COMMANDS, name: 'command', handle: (request) => this.#command(request) })
    service.iq({ type: 'get', ns: DISCO_INFO, name: 'query', handle: (request) => this.#info(request) })
    service.iq({ type: 'get', ns: DISCO_ITEMS, name: 'query', handle: (request) => this.#items(request) })
  }
  /** @throws StanzaError */
  take(packet: Packet): void | Promise<void> {
    const { kind, type, to } = packet
    if (kind === 'presence') return
    if (type === 'error') return to!.local === '' ? this.#parts.bouncing.take(this.#parts.domain, packet) : undefined
    const approval = kind === 'message' && to!.local === '' ? approvalIn(packet) : null
    if (approval === null) throw new StanzaError('service-unavailable')
    return this.#approve(approval, packet.from)
  }

  async #answer({ from, packet, payload, reply }: ServiceRequest): Promise<void> {
    const { domain, answering, mayCreate, defaults } = this.#parts
    const afterwards: (() => void)[] = []
    const answer = await answering.answer({
      owner: domain,
      actor: actorFor(from),
      isVeiled: false,
      type: packet.type as 'get' | 'set',
      payload,
      mayCreate: mayCreate(from.bare),
      makesMissing: false,
      defaultsOf: () => defaults,
      afterwards,
    })
    reply(answer)
    for (const work of afterwards) work()
  }
  /** 8.6 */
  async #approve({ node: name, jid, isAllowed }: Approval, from: Jid): Promise<void> {
    const { nodes, domain: owner } = this.#parts
    const node = existing(await nodes.one(owner, name))
    if (!node.owners.includes(from.bare)) throw new StanzaError('forbidden', { type: 'cancel' })
    if (!node.subscriptionsAt(jid).some(({ state }) => state === 'pending')) return // another owner has answered
    const entries = [{ jid, state: isAllowed ? 'subscribed' : 'none', isAnswer: true }] as const
    const command = { do: 'arrange', entries } as const
    const outcome = await nodes.perform({ owner, name, actor: actorFor(from), command, make: null })
    if (isRefused(outcome)) throw refused(outcome)
    outcome.tell()
  }

  /** 8.7 */
  async #command({ from, payload, session, afterwards }: ServiceRequest): Promise<Answer> {
    const { nodes, domain, forms, ask } = this.#parts
    if (payload.attr('node') !== GET_PENDING) throw new StanzaError('item-not-found')
    const command: AdHocCommand = {
      node: GET_PENDING,
      name: GET_PENDING_TITLE,
      form: async (bare) => pendingForm(await nodes.store.namesWaiting(domain, bare)),
      async submit(bare, values) {
        const chosen = await chosenNode(nodes, domain, bare, values)
        afterwards.push(() => ask(chosen, from))
        return 'You are sent a form for each'
      },
    }
    return forms.run(command, { bare: from.bare, domain, session, afterwards }, payload)
  }

  /** PUB-20 */
  #info({ from, payload, disco }: ServiceRequest): Answer | Promise<Answer> {
    const name = payload.attr('node')
    if (name === undefined) return selfInfo(disco)
    const other = disco.nodes.get(name)
    return other === undefined ? this.#described(name, from) : nodeInfo(name, other)
  }
  async #described(name: string, from: Jid): Promise<Element> {
    const node = existing(await this.#parts.nodes.one(this.#parts.domain, name))
    return nodeInfo(name, describedNode(node, refusalToSubscribe(node, actorFor(from)) === null))
  }
  /** PUB-21: nodes that the asker may see, or the items of one of them. */
  async #items({ from, payload, disco }: ServiceRequest): Promise<Answer> {
    const { nodes, domain } = this.#parts
    const other = disco.nodes.get(payload.attr('node') ?? '')
    if (other !== undefined) return nodeItems(payload.attr('node')!, other, domain, from)
    const name = payload.attr('node')
    const node = name === undefined ? null : existing(await nodes.one(domain, name))
    if (node !== null && !isCollection(node)) return listed(domain, payload, itemsOf(node, actorFor(from)))
    const refusal = node === null ? null : refusalToSubscribe(node, actorFor(from))
    if (refusal !== null) throw refused(refusal)
    // PUB-30: what is in a collection is listed there, and not with the others
    const ask = readPageAsk(payload)
    const { rows, index, count } = await nodes.listing.page(domain, name ?? '', from.bare, ask, LIST_PAGE)
    if (count === 0) return noItems(payload)
    const page = { first: rows[0]?.name ?? null, last: rows.at(-1)?.name ?? null, index, count }
    return listedPage(
      domain,
      payload,
      rows.map((row) => ({ node: row.name, name: row.title || null })),
      page,
    )
  }
}

/** @throws StanzaError: they may not read the node */
function itemsOf(node: Node, actor: Actor): readonly { readonly node: null; readonly name: string }[] {
  const refusal = refusalToRead(node, actor)
  if (refusal !== null) throw refused(refusal)
  return Array.from(node.items.keys(), (id) => ({ node: null, name: id }))
}
const actorFor = ({ bare, full }: Jid): Actor => ({ bare, full, relation: NO_RELATION, isServer: false })
