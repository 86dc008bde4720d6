/**
 * The last items of nodes are sent to a client when it comes online and its capabilities are known, when it wants more nodes than
 * before, and when it is let in (PEP-11). Clients of this server are followed from their own side: their contacts' nodes are asked
 * for all together, as presence is. Those of other servers are followed by the presence that arrives for the account, whether its
 * owner is there or not (PEP-12).
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import { inPortions } from '../../base/portions.ts'
import type { AvailableResource } from '../../im/heard-resource.ts'
import { refusalToRead } from '../../pubsub/machine/access.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { AccountsOf } from './accounts-of.ts'
import { actorFor, isMutual } from './asker.ts'
import type { Bounced } from './bounced.ts'
import type { Interests, Names } from './interests.ts'
import type { Texts } from './texts.ts'
import type { UnderWay } from './under-way.ts'

export interface OffersParts {
  readonly host: Host
  readonly nodes: Nodes
  readonly accounts: AccountsOf
  readonly interests: Interests
  readonly texts: Texts
  readonly bounced: Bounced
  readonly underWay: UnderWay
}
/** Resources elsewhere of which is remembered what they were offered. What is forgotten may be offered once more. */
const OFFERED_MAX = 50_000
/** Contacts whose nodes are looked at together, and how long others have their turn before the next. */
const PORTION = 20
const PAUSE: Millis = 5

export class Offers {
  readonly #parts: OffersParts
  /** By account and resource elsewhere: nodes whose last items it was sent. */
  readonly #offered = new BoundedMap<string, Names>(OFFERED_MAX)
  /** The same of those whose capabilities are being asked for. */
  readonly #asked = new Set<string>()

  constructor(parts: OffersParts) {
    this.#parts = parts
  }
  /** A client of ours wants to hear of these nodes from now on: its user's own, and those of contacts here. */
  toSession(session: Session, names: Names): void {
    const { account, jid } = session
    if (names.size === 0) return
    if (this.#parts.nodes.index.has(account.bare.bare)) this.#own(account, jid, names)
    this.toSessionOf(session, names, () => true)
  }
  /** The owner is sent what others are not, too. */
  #own({ bare }: LocalAccount, to: Jid, names: Names): void {
    const { nodes, accounts } = this.#parts
    const wanted = nodes.store.names(bare.bare, '', Number.MAX_SAFE_INTEGER).then((all) =>
      this.toOne(
        bare,
        to,
        all.filter((name) => names.has(name)),
      ),
    )
    accounts.later(wanted)
  }
  /** The same of some contacts of its user alone. */
  toSessionOf(session: Session, names: Names, isMeant: (contact: Jid) => boolean): void {
    const { account, jid } = session
    const contacts = account
      .reachable(account.roster.subscriptions)
      .filter((contact) => isMeant(contact) && this.#offeredBy(account, contact, names).length > 0)
    void inPortions(
      contacts,
      PORTION,
      () => this.#pause(),
      async (some) => {
        if (!session.ended)
          await Promise.all(some.map((contact) => this.toOne(contact, jid, this.#offeredBy(account, contact, names))))
      },
    )
  }
  /** What the contact, if they are of this server, has to offer of these nodes. */
  #offeredBy({ roster }: LocalAccount, contact: Jid, names: Names): readonly string[] {
    const { nodes, accounts } = this.#parts
    if (!accounts.isOurs(contact) || !roster.isSubscriber(contact.full)) return NONE
    return nodes.index.offeredBy(contact.bare).filter((name) => names.has(name))
  }
  #pause(): Promise<void> {
    return new Promise((over) => void this.#parts.host.clock.after(PAUSE, over))
  }
  /** A resource elsewhere is available to the account, or has other capabilities. */
  toResource(account: LocalAccount, resource: AvailableResource): void {
    const { nodes, interests } = this.#parts
    const offered = nodes.index.offeredBy(account.bare.bare)
    if (offered.length === 0) return
    const key = keyOf(account.bare, resource.jid)
    if (this.#asked.has(key)) return
    this.#asked.add(key)
    interests.find(account, resource, (names) => {
      const isStill = this.#asked.delete(key)
      const before = this.#offered.get(key)
      const wanted = names === null ? [] : offered.filter((name) => names.has(name) && before?.has(name) !== true)
      if (isStill && wanted.length > 0) void this.toOne(account.bare, resource.jid, wanted)
    })
  }
  /** It is not available any more. */
  gone(account: LocalAccount, jid: Jid): void {
    const key = keyOf(account.bare, jid)
    this.#offered.delete(key)
    this.#asked.delete(key)
  }
  /** Sends the last items of these nodes of an owner to one resource, as far as it may see them. */
  async toOne(owner: Jid, to: Jid, names: readonly string[]): Promise<void> {
    const { accounts, nodes, underWay } = this.#parts
    underWay.begin(owner, to)
    await accounts.use(owner, async (account) => {
      for (const node of await nodes.some(owner.bare, names))
        if (node.config.send_last_published_item === 'on_sub_and_presence') await this.#last(account, node, to)
    })
    underWay.end(owner, to)
  }
  /** Sends the last item of a node to an address that may see it. */
  async welcome(account: LocalAccount, node: Node, to: Jid): Promise<void> {
    if (node.config.send_last_published_item !== 'never') await this.#last(account, node, to)
  }

  async #last(account: LocalAccount, node: Node, to: Jid): Promise<void> {
    const { nodes, texts, bounced, host, underWay } = this.#parts
    const { newest, config } = node
    if (newest === null || newest.seq > node.announcedSeq || !config.deliver_notifications || !this.#maySee(account, node, to))
      return
    const [item] = await nodes.items(node, [newest])
    if (item === undefined || bounced.isSilent(account, to) || underWay.isTold(account.bare, to, node.origin.name)) return
    this.#note(account, node, to)
    const packet = texts.last(account, node, item).addressedTo(to)
    const own = to.bare === account.bare.bare ? account.session(to.resource) : undefined
    if (own !== undefined) own.take(packet)
    else host.router.routeQuietly(packet)
  }
  #maySee(account: LocalAccount, node: Node, to: Jid): boolean {
    if (to.bare === account.bare.bare) return true
    if (account.hidden(to) || refusalToRead(node, actorFor(account, to)) !== null) return false
    return isMutual(account, to) || node.config.access_model === 'open' || node.isSubscribed(to.bare)
  }
  #note({ bare }: LocalAccount, { origin }: Node, to: Jid): void {
    if (this.#parts.host.router.placeOf(to) === 'here') return
    const key = keyOf(bare, to)
    this.#offered.set(key, new Set([...(this.#offered.get(key) ?? []), origin.name]))
  }
}

const NONE: readonly string[] = []
const keyOf = ({ bare }: Jid, { full }: Jid): string => `${bare} ${full}`
