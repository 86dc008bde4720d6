/** Requests about the nodes of an account (XEP-0163, XEP-0060), by its owner and by others. */
import type { Answering } from '../../pubsub/xmpp/answering.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import type { NodeConfig } from '../../pubsub/machine/config.ts'
import { refuse } from '../../pubsub/machine/refusals.ts'
import { operationOf } from '../../pubsub/xmpp/asked.ts'
import { refused } from '../../pubsub/xmpp/refused.ts'
import { Paces } from '../../pubsub/paces.ts'
import { isFamiliar } from '../../im/delivery.ts'
import type { Clock } from '../../base/clock.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { actorFor } from './asker.ts'
import { isFlighty } from './known-nodes.ts'

export interface RequestsParts {
  readonly clock: Clock
  readonly nodes: Nodes
  readonly answering: Answering
  /** Does somebody at that domain stand behind an address in a room? */
  readonly isVeiled: (domain: string) => boolean
  readonly defaultsOf: (name: string) => NodeConfig
  /** Publications in a minute to a node that programs publish to by themselves. */
  readonly flightyMax: number
}

export class Requests {
  readonly #parts: RequestsParts
  readonly #flighty: Paces

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.#flighty = new Paces(parts.flightyMax)
  }
  async answer(request: AccountRequest): Promise<Answer> {
    const { account, from } = request
    if (isFamiliar(account, from)) return this.#answer(request)
    // DEVIATES(30): a stranger learns nothing about what is not open, not even whether there is an account
    const node = await this.#nodeOf(request)
    if (node === null || !isKnownTo(node, from.bare)) throw nothingThere()
    try {
      return await this.#answer(request)
    } catch (error) {
      throw error instanceof StanzaError && node.config.access_model !== 'open' ? nothingThere() : error
    }
  }

  #answer(request: AccountRequest): Promise<Answer> {
    const { account, from, payload, packet, afterwards } = request
    const { answering, defaultsOf } = this.#parts
    const isVeiled = this.#parts.isVeiled(from.domain)
    const owner = account.bare.bare
    const actor = actorFor(account, from)
    const mayCreate = actor.bare === owner
    this.#checkPace(request, owner)
    return answering.answer({
      owner,
      actor,
      isVeiled,
      type: packet.type as 'get' | 'set',
      payload,
      mayCreate,
      makesMissing: true,
      defaultsOf,
      afterwards,
    })
  }
  #checkPace({ payload, packet }: AccountRequest, owner: string): void {
    if (packet.type !== 'set') return
    const operation = operationOf({ payload })
    const node = operation.attr('node') ?? ''
    const isTooFast =
      operation.name === 'publish' && isFlighty(node) && this.#flighty.isTooFast(`${owner} ${node}`, this.#parts.clock.now())
    if (isTooFast) throw refused(refuse('too-fast'))
  }
  async #nodeOf(request: AccountRequest): Promise<Node | null> {
    const name = nodeIn(request)
    return name === null ? null : this.#parts.nodes.one(request.account.bare.bare, name)
  }
}

/** May a stranger know that there is this node? They may use it, or have been let in. */
function isKnownTo(node: Node, bare: string): boolean {
  const { access_model: access, publish_model: publish } = node.config
  if (access === 'open' || publish === 'open') return true
  const affiliation = node.affiliationOf(bare)
  return (affiliation !== 'none' && affiliation !== 'outcast') || node.subscriptionsOf(bare).length > 0
}

/** The node that is named in the request; null: none. */
const nodeIn = ({ payload }: AccountRequest): string | null => payload.elements[0]?.attr('node') ?? null

/** The same as for an account that is not there. */
const nothingThere = (): StanzaError => new StanzaError('item-not-found')
