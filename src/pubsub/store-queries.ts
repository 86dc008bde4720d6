/** The statements of nodes. */
import type { Compilable, Kysely } from 'kysely'
import type { Query } from '../server/database.ts'
import { prepare } from '../storage/prepare.ts'
import { LAST_OCTETS_MAX } from './machine/plan.ts'
import type { NodeTables } from './tables.ts'

type NodeRow = NodeTables['pubsub_node']
type ItemRow = NodeTables['pubsub_item']
type AffiliationRow = NodeTables['pubsub_affiliation']
type SubscriptionRow = NodeTables['pubsub_subscription']

/** Names in one query: lists of these lengths are compiled once. */
const LENGTHS = [1, 8, 64] as const
/** The most names that one query can have. */
export const NAMES_MAX = LENGTHS.at(-1)!

interface OfNames {
  readonly owner: string
  readonly names: readonly string[]
}
/** Like `prepare`, for a query with a list of names: shorter ones are filled with the last name. */
function forNames<R>(build: (owner: string, names: readonly string[]) => Compilable<R>): (values: OfNames) => Query<R> {
  const queries = LENGTHS.map((length) =>
    prepare((p: Record<string, string>) =>
      build(
        p['owner']!,
        Array.from({ length }, (_, i) => p[`name${i}`]!),
      ),
    ),
  )
  return ({ owner, names }) => {
    const which = LENGTHS.findIndex((length) => length >= names.length)
    const filled = Array.from({ length: LENGTHS[which]! }, (_, i) => [`name${i}`, names[i] ?? names.at(-1)!] as const)
    return queries[which]!({ owner, ...Object.fromEntries(filled) })
  }
}

export function nodeQueries(db: Kysely<NodeTables>) {
  return { ...wholeNodes(db), ...lists(db), ...people(db), ...writes(db) }
}

/** All parts of some nodes of an owner. */
function wholeNodes(db: Kysely<NodeTables>) {
  const heads = ['item.node', 'item.id', 'item.publisher', 'item.published_at', 'item.octets', 'item.seq'] as const
  return {
    nodes: forNames((owner, names) =>
      db.selectFrom('pubsub_node').selectAll().where('owner', '=', owner).where('name', 'in', names),
    ),
    heads: forNames((owner, names) =>
      db
        .selectFrom('pubsub_item as item')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'item.node')
        .select(heads)
        .where('pubsub_node.owner', '=', owner)
        .where('pubsub_node.name', 'in', names)
        .orderBy('item.node')
        .orderBy('item.seq'),
    ),
    /** The last item of each node, if it is small. */
    lasts: forNames((owner, names) =>
      db
        .selectFrom('pubsub_item as item')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'item.node')
        .select(['item.node', 'item.id', 'item.payload'])
        .where('pubsub_node.owner', '=', owner)
        .where('pubsub_node.name', 'in', names)
        .where('item.octets', '<=', LAST_OCTETS_MAX)
        .where('item.seq', '=', (eb) =>
          eb
            .selectFrom('pubsub_item as other')
            .select((e) => e.fn.max('other.seq').as('seq'))
            .whereRef('other.node', '=', 'item.node'),
        ),
    ),
    affiliations: forNames((owner, names) =>
      db
        .selectFrom('pubsub_affiliation')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_affiliation.node')
        .selectAll('pubsub_affiliation')
        .where('pubsub_node.owner', '=', owner)
        .where('pubsub_node.name', 'in', names),
    ),
    subscriptions: forNames((owner, names) =>
      db
        .selectFrom('pubsub_subscription')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_subscription.node')
        .selectAll('pubsub_subscription')
        .where('pubsub_node.owner', '=', owner)
        .where('pubsub_node.name', 'in', names),
    ),
    places: forNames((owner, names) =>
      db
        .selectFrom('pubsub_place')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_place.node')
        .select(['pubsub_place.node', 'pubsub_place.parent'])
        .where('pubsub_node.owner', '=', owner)
        .where('pubsub_node.name', 'in', names)
        .orderBy('pubsub_place.parent'),
    ),
    payload: prepare((p: { node: string; id: string }) =>
      db.selectFrom('pubsub_item').select(['id', 'payload']).where('node', '=', p.node).where('id', '=', p.id),
    ),
  }
}

/** Names of nodes, and what is known of all. */
function lists(db: Kysely<NodeTables>) {
  return {
    index: prepare((p: { after: string; limit: number }) =>
      db
        .selectFrom('pubsub_node')
        .select(['uid', 'owner', 'name', 'creator', 'offered', 'octets'])
        .where('uid', '>', p.after)
        .orderBy('uid')
        .limit(p.limit),
    ),
    names: prepare((p: { owner: string; after: string; limit: number }) =>
      db
        .selectFrom('pubsub_node')
        .select('name')
        .where('owner', '=', p.owner)
        .where('name', '>', p.after)
        .orderBy('name')
        .limit(p.limit),
    ),
    /** Those in a collection. */
    children: prepare((p: { owner: string; parent: string }) =>
      db
        .selectFrom('pubsub_place')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_place.node')
        .select('pubsub_node.name')
        .where('pubsub_place.owner', '=', p.owner)
        .where('pubsub_place.parent', '=', p.parent)
        .orderBy('pubsub_node.name'),
    ),
    /** Nodes at which somebody is subscribed, or wants to be. */
    namesWithSubscriptions: prepare((p: { owner: string }) =>
      db
        .selectFrom('pubsub_node')
        .select('name')
        .where('owner', '=', p.owner)
        .where((eb) =>
          eb.exists(
            eb.selectFrom('pubsub_subscription').select('jid').whereRef('pubsub_subscription.node', '=', 'pubsub_node.uid'),
          ),
        ),
    ),
    /** Nodes with subscriptions that wait for a person, who is an owner. */
    namesWaiting: prepare((p: { owner: string; person: string; same: string }) =>
      db
        .selectFrom('pubsub_subscription')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_subscription.node')
        .select('pubsub_node.name')
        .distinct()
        .where('pubsub_node.owner', '=', p.owner)
        .where('pubsub_subscription.state', '=', 'pending')
        .where((eb) =>
          eb.or([
            eb('pubsub_node.owner', '=', p.person),
            eb.exists(
              eb
                .selectFrom('pubsub_affiliation')
                .select('jid')
                .whereRef('pubsub_affiliation.node', '=', 'pubsub_node.uid')
                .where('jid', '=', p.same)
                .where('affiliation', '=', 'owner'),
            ),
          ]),
        )
        .orderBy('pubsub_node.name'),
    ),
    namesOwnerless: prepare((p: { owner: string }) =>
      db
        .selectFrom('pubsub_node')
        .select('name')
        .where('owner', '=', p.owner)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('pubsub_affiliation')
                .select('jid')
                .whereRef('pubsub_affiliation.node', '=', 'pubsub_node.uid')
                .where('affiliation', '=', 'owner'),
            ),
          ),
        ),
    ),
  }
}

/** What people have at nodes. */
function people(db: Kysely<NodeTables>) {
  return {
    subscriptionsOf: prepare((p: { person: string; limit: number }) =>
      db.selectFrom('pubsub_subscription').select('node').where('person', '=', p.person).limit(p.limit),
    ),
    /** At the nodes of one owner. */
    subscriptionsAt: prepare((p: { owner: string; person: string }) =>
      db
        .selectFrom('pubsub_subscription')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_subscription.node')
        .selectAll('pubsub_subscription')
        .select('pubsub_node.name')
        .where('pubsub_subscription.person', '=', p.person)
        .where('pubsub_node.owner', '=', p.owner)
        .orderBy('pubsub_node.name'),
    ),
    affiliationsAt: prepare((p: { owner: string; person: string }) =>
      db
        .selectFrom('pubsub_affiliation')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_affiliation.node')
        .select(['pubsub_node.name', 'pubsub_affiliation.affiliation'])
        .where('pubsub_affiliation.jid', '=', p.person)
        .where('pubsub_node.owner', '=', p.owner)
        .orderBy('pubsub_node.name'),
    ),
    /** Nodes to which a person has a relation. */
    octetsOf: prepare((p: { uid: string }) => db.selectFrom('pubsub_node').select('octets').where('uid', '=', p.uid)),
    nodesFor: prepare((p: { person: string; same: string }) =>
      db
        .selectFrom('pubsub_node')
        .innerJoin('pubsub_subscription', 'pubsub_subscription.node', 'pubsub_node.uid')
        .select(['pubsub_node.owner', 'pubsub_node.name'])
        .where('pubsub_subscription.person', '=', p.person)
        .union(
          db
            .selectFrom('pubsub_node')
            .innerJoin('pubsub_affiliation', 'pubsub_affiliation.node', 'pubsub_node.uid')
            .select(['pubsub_node.owner', 'pubsub_node.name'])
            .where('pubsub_affiliation.jid', '=', p.same),
        ),
    ),
  }
}

function writes(db: Kysely<NodeTables>) {
  return {
    putNode: prepare((p: NodeRow) =>
      db
        .insertInto('pubsub_node')
        .values({
          uid: p.uid,
          owner: p.owner,
          name: p.name,
          creator: p.creator,
          created_at: p.created_at,
          config: p.config,
          offered: p.offered,
          access: p.access,
          octets: p.octets,
        })
        .onConflict((c) =>
          c.columns(['uid']).doUpdateSet((eb) => ({
            config: eb.ref('excluded.config'),
            offered: eb.ref('excluded.offered'),
            access: eb.ref('excluded.access'),
            octets: eb.ref('excluded.octets'),
          })),
        ),
    ),
    putPlace: prepare((p: NodeTables['pubsub_place']) =>
      db
        .insertInto('pubsub_place')
        .values({ node: p.node, owner: p.owner, parent: p.parent })
        .onConflict((c) => c.columns(['node', 'parent']).doNothing()),
    ),
    dropPlace: prepare((p: { node: string; parent: string }) =>
      db.deleteFrom('pubsub_place').where('node', '=', p.node).where('parent', '=', p.parent),
    ),
    /** Nothing is in that collection from now on. */
    freeChildren: prepare((p: { owner: string; parent: string }) =>
      db.deleteFrom('pubsub_place').where('owner', '=', p.owner).where('parent', '=', p.parent),
    ),
    dropNode: prepare((p: { uid: string }) => db.deleteFrom('pubsub_node').where('uid', '=', p.uid)),
    dropOwner: prepare((p: { owner: string }) => db.deleteFrom('pubsub_node').where('owner', '=', p.owner)),
    putItem: prepare((p: ItemRow) =>
      db
        .insertInto('pubsub_item')
        .values({
          node: p.node,
          id: p.id,
          publisher: p.publisher,
          published_at: p.published_at,
          octets: p.octets,
          seq: p.seq,
          payload: p.payload,
        })
        .onConflict((c) =>
          c.columns(['node', 'id']).doUpdateSet((eb) => ({
            publisher: eb.ref('excluded.publisher'),
            published_at: eb.ref('excluded.published_at'),
            octets: eb.ref('excluded.octets'),
            seq: eb.ref('excluded.seq'),
            payload: eb.ref('excluded.payload'),
          })),
        ),
    ),
    dropItem: prepare((p: { node: string; id: string }) =>
      db.deleteFrom('pubsub_item').where('node', '=', p.node).where('id', '=', p.id),
    ),
    dropItems: prepare((p: { node: string }) => db.deleteFrom('pubsub_item').where('node', '=', p.node)),
    putAffiliation: prepare((p: AffiliationRow) =>
      db
        .insertInto('pubsub_affiliation')
        .values({ node: p.node, jid: p.jid, affiliation: p.affiliation })
        .onConflict((c) => c.columns(['node', 'jid']).doUpdateSet((eb) => ({ affiliation: eb.ref('excluded.affiliation') }))),
    ),
    dropAffiliation: prepare((p: { node: string; jid: string }) =>
      db.deleteFrom('pubsub_affiliation').where('node', '=', p.node).where('jid', '=', p.jid),
    ),
    putSubscription: prepare((p: SubscriptionRow) =>
      db
        .insertInto('pubsub_subscription')
        .values({
          node: p.node,
          jid: p.jid,
          person: p.person,
          subid: p.subid,
          state: p.state,
          deliver: p.deliver,
          about: p.about,
          depth: p.depth,
        })
        .onConflict((c) =>
          c.columns(['node', 'subid']).doUpdateSet((eb) => ({
            state: eb.ref('excluded.state'),
            deliver: eb.ref('excluded.deliver'),
            about: eb.ref('excluded.about'),
            depth: eb.ref('excluded.depth'),
          })),
        ),
    ),
    dropSubscription: prepare((p: { node: string; subid: string }) =>
      db.deleteFrom('pubsub_subscription').where('node', '=', p.node).where('subid', '=', p.subid),
    ),
    forgetSubscriber: prepare((p: { person: string }) => db.deleteFrom('pubsub_subscription').where('person', '=', p.person)),
    forgetAffiliate: prepare((p: { jid: string }) => db.deleteFrom('pubsub_affiliation').where('jid', '=', p.jid)),
  }
}
