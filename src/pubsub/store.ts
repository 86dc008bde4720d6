/** Nodes in the database. What a plan changes is written as a whole or not at all. */
import type { Database, Statement } from '../server/database.ts'
import { payloadOfStored, storedPayload } from '../xmpp/stored-packet.ts'
import type { Affiliation } from './machine/affiliation.ts'
import { isCollection } from './machine/collecting.ts'
import { DEFAULTS, type NodeConfig } from './machine/config.ts'
import { bareOf, Node, type Item, type ItemHead, type Subscription } from './machine/node.ts'
import type { Change } from './machine/plan.ts'
import { nodeQueries } from './store-queries.ts'
import { nodeMigrations, PUBSUB, type NodeTables } from './tables.ts'

/** Of each node on disk, what is known without its being read. */
export interface Indexed {
  readonly owner: string
  readonly name: string
  /** Bare JID. */
  readonly creator: string
  /** Others are sent its last item when they come online. */
  readonly isOffered: boolean
  /** What its creator is held to account for, about. */
  readonly octets: number
}
/** The same of a node that is stored. */
export type Kept = Pick<Indexed, 'isOffered' | 'octets'>

const INDEX_PAGE = 5000

export class NodeStore {
  readonly #database: Database
  readonly #db
  readonly #queries: ReturnType<typeof nodeQueries>

  private constructor(database: Database) {
    this.#database = database
    this.#db = database.schema<NodeTables>()
    this.#queries = nodeQueries(this.#db)
  }
  /** @throws StorageError */
  static async open(database: Database): Promise<NodeStore> {
    await database.migrate(PUBSUB, nodeMigrations)
    return new NodeStore(database)
  }

  /** Every node. */
  async *index(): AsyncGenerator<Indexed> {
    for (let after = ''; ;) {
      const rows = await this.#database.readMany(this.#queries.index({ after, limit: INDEX_PAGE }))
      for (const { owner, name, creator, offered, octets } of rows)
        yield { owner, name, creator, octets, isOffered: offered === 1 }
      if (rows.length < INDEX_PAGE) return
      after = rows.at(-1)!.uid
    }
  }
  /** Those of an owner's nodes that have one of these names, by name. @param names at most NAMES_MAX */
  async load(owner: string, names: readonly string[]): Promise<ReadonlyMap<string, Node>> {
    if (names.length === 0) return new Map()
    const { nodes, heads, lasts, affiliations, subscriptions, places } = this.#queries
    const isOfAccount = owner.includes('@') // which has no collections
    const [rows, items, last, affiliated, subscribed, placed] = await Promise.all([
      this.#database.read(nodes({ owner, names })),
      this.#database.read(heads({ owner, names })),
      this.#database.read(lasts({ owner, names })),
      this.#database.read(affiliations({ owner, names })),
      this.#database.read(subscriptions({ owner, names })),
      isOfAccount ? [] : this.#database.read(places({ owner, names })),
    ])
    const parents = Map.groupBy(placed, ({ node }) => node)
    const loaded = new Map(rows.map((row) => [row.uid, nodeOf(row, parents.get(row.uid) ?? [])]))
    for (const row of items) loaded.get(row.node)!.putItem(headOf(row))
    for (const node of loaded.values()) node.announcedSeq = node.lastSeq
    for (const { node, id, payload } of last) {
      const its = loaded.get(node)!
      its.last = { ...its.items.get(id)!, payload: payloadOfStored(payload) }
    }
    for (const { node, jid, affiliation } of affiliated) loaded.get(node)!.affiliate(jid, affiliation)
    for (const row of subscribed) loaded.get(row.node)!.putSubscription(subscriptionOf(row))
    return new Map(Array.from(loaded.values(), (node) => [node.origin.name, node]))
  }
  /** The names of an owner's nodes, in their order, behind one of them. */
  async names(owner: string, after: string, limit: number): Promise<readonly string[]> {
    return namesIn(await this.#database.readMany(this.#queries.names({ owner, after, limit })))
  }
  /** The names of the nodes in a collection, in their order. */
  async children(owner: string, parent: string): Promise<readonly string[]> {
    return namesIn(await this.#database.read(this.#queries.children({ owner, parent })))
  }
  /** Nodes at which somebody is subscribed, or wants to be. */
  async namesWithSubscriptions(owner: string): Promise<readonly string[]> {
    return namesIn(await this.#database.read(this.#queries.namesWithSubscriptions({ owner })))
  }
  /** Nodes with subscriptions that wait for this person, who is an owner of them. */
  async namesWaiting(owner: string, person: string): Promise<readonly string[]> {
    return namesIn(await this.#database.read(this.#queries.namesWaiting({ owner, person, same: person })))
  }
  /** Nodes that nobody owns who is named in them. */
  async namesOwnerless(owner: string): Promise<readonly string[]> {
    return namesIn(await this.#database.read(this.#queries.namesOwnerless({ owner })))
  }
  /** The items with these heads, in this order; those that are not there any more are left out. */
  async items(node: Node, heads: readonly ItemHead[]): Promise<readonly Item[]> {
    const payloads = await this.#payloads(
      node.origin.uid,
      heads.map(({ id }) => id),
    )
    return heads.flatMap((head) => {
      const payload = payloads.get(head.id)
      return payload === undefined ? [] : [{ ...head, payload: payloadOfStored(payload) }]
    })
  }
  async #payloads(node: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map()
    const one = ids.length === 1 ? this.#queries.payload({ node, id: ids[0]! }) : null
    const query = this.#db.selectFrom('pubsub_item').select(['id', 'payload']).where('node', '=', node).where('id', 'in', ids)
    const rows = await this.#database.readMany(one ?? query.compile())
    return new Map(rows.map(({ id, payload }) => [id, payload]))
  }
  /** How many subscriptions a person has, counted as far as `max`. */
  async subscriptionsOf(person: string, max: number): Promise<number> {
    return (await this.#database.read(this.#queries.subscriptionsOf({ person, limit: max }))).length
  }
  /** What a person has subscribed to at the nodes of an owner. */
  async subscriptionsAt(owner: string, person: string): Promise<readonly { name: string; subscription: Subscription }[]> {
    const rows = await this.#database.read(this.#queries.subscriptionsAt({ owner, person }))
    return rows.map((row) => ({ name: row.name, subscription: subscriptionOf(row) }))
  }
  /** How a person is named in the nodes of an owner. */
  async affiliationsAt(owner: string, person: string): Promise<readonly { name: string; affiliation: Affiliation }[]> {
    return this.#database.readMany(this.#queries.affiliationsAt({ owner, person }))
  }
  /** What was stored as the size of the node; null: it is gone. */
  async octetsOf({ origin: { uid } }: Node): Promise<number | null> {
    return (await this.#database.read(this.#queries.octetsOf({ uid })))[0]?.octets ?? null
  }
  /** The nodes that a person is subscribed to or affiliated with. */
  async nodesFor(person: string): Promise<readonly { owner: string; name: string }[]> {
    return this.#database.read(this.#queries.nodesFor({ person, same: person }))
  }

  /**
   * @param kept after the changes
   * @throws StorageError: nothing was changed
   */
  async save(node: Node, changes: readonly Change[], kept: Kept): Promise<void> {
    await this.#database.atomically(this.saving(node, changes, kept))
  }
  /** The statements of `save`, for callers that do more along with it. */
  saving(node: Node, changes: readonly Change[], { isOffered, octets }: Kept): readonly Statement[] {
    const { origin } = node
    if (changes.some(({ change }) => change === 'deleted'))
      return [
        ...(isCollection(node) ? [this.#queries.freeChildren({ owner: origin.owner, parent: origin.name })] : []),
        this.#queries.dropNode({ uid: origin.uid }),
      ]
    const config = changes.findLast((one) => one.change === 'config')?.config ?? node.config
    const row = {
      uid: origin.uid,
      owner: origin.owner,
      name: origin.name,
      creator: origin.creator,
      created_at: origin.createdAt,
      config: JSON.stringify(config),
      offered: isOffered ? (1 as const) : (0 as const),
      access: config.access_model,
      octets,
    }
    const statements = changes.flatMap((change): readonly Statement[] => this.#statements(origin.uid, config, change))
    const before = changes.some(({ change }) => change === 'created') ? [] : node.config.collection
    return [this.#queries.putNode(row), ...this.#moves(origin, before, config.collection), ...statements]
  }
  *#moves({ uid: node, owner }: Node['origin'], before: readonly string[], after: readonly string[]): Generator<Statement> {
    if (before === after) return
    for (const parent of before) if (!after.includes(parent)) yield this.#queries.dropPlace({ node, parent })
    for (const parent of after) if (!before.includes(parent)) yield this.#queries.putPlace({ node, owner, parent })
  }
  #statements(node: string, config: NodeConfig, change: Change): readonly Statement[] {
    const q = this.#queries
    switch (change.change) {
      case 'item':
        return config.persist_items ? [q.putItem(itemRow(node, change.item))] : []
      case 'no-item':
        return [q.dropItem({ node, id: change.id })]
      case 'no-items':
        return [q.dropItems({ node })]
      case 'affiliation': {
        const { jid, affiliation } = change
        return [affiliation === 'none' ? q.dropAffiliation({ node, jid }) : q.putAffiliation({ node, jid, affiliation })]
      }
      case 'subscription':
        return [q.putSubscription(subscriptionRow(node, change.subscription))]
      case 'no-subscription':
        return [q.dropSubscription({ node, subid: change.subid })]
      case 'created':
      case 'config':
      case 'deleted':
        return []
    }
  }
  /** Nothing of an owner, or of a person at the nodes of others, is kept. */
  async forget(bare: string): Promise<void> {
    const q = this.#queries
    await this.#database.atomically([
      q.dropOwner({ owner: bare }),
      q.forgetSubscriber({ person: bare }),
      q.forgetAffiliate({ jid: bare }),
    ])
  }
}

const namesIn = (rows: readonly { readonly name: string }[]): readonly string[] => rows.map(({ name }) => name)
type PlaceRow = Pick<NodeTables['pubsub_place'], 'parent'>
function nodeOf(row: NodeTables['pubsub_node'], places: readonly PlaceRow[]): Node {
  const { uid, owner, name, creator, created_at: createdAt, config } = row
  const stored = JSON.parse(config) as Partial<NodeConfig>
  return new Node(
    { uid, owner, name, creator, createdAt },
    { ...DEFAULTS, ...stored, collection: places.map(({ parent }) => parent) },
  )
}
const headOf = ({ id, publisher, published_at: at, octets, seq }: Omit<NodeTables['pubsub_item'], 'payload'>): ItemHead => ({
  id,
  publisher,
  at,
  octets,
  seq,
})
const itemRow = (node: string, { id, publisher, at, octets, seq, payload }: Item): NodeTables['pubsub_item'] => ({
  node,
  id,
  publisher,
  published_at: at,
  octets,
  seq,
  payload: storedPayload(payload),
})
const subscriptionOf = ({ subid, jid, state, deliver, about, depth }: NodeTables['pubsub_subscription']): Subscription => ({
  subid,
  jid,
  state,
  deliver: deliver === 1,
  about,
  depth,
})
const subscriptionRow = (
  node: string,
  { subid, jid, state, deliver, about, depth }: Subscription,
): NodeTables['pubsub_subscription'] => ({
  node,
  jid,
  person: bareOf(jid),
  subid,
  state,
  deliver: deliver ? 1 : 0,
  about,
  depth,
})
