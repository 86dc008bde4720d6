/** The statements of nodes. */
import type { Kysely } from 'kysely'
import { prepare } from '../storage/prepare.ts'
import { LAST_OCTETS_MAX } from './machine/plan.ts'
import type { NodeTables } from './tables.ts'

type NodeRow = NodeTables['pubsub_node']
type ItemRow = NodeTables['pubsub_item']
type AffiliationRow = NodeTables['pubsub_affiliation']
type SubscriptionRow = NodeTables['pubsub_subscription']

export function nodeQueries(db: Kysely<NodeTables>) {
  const heads = ['item.node', 'item.id', 'item.publisher', 'item.published_at', 'item.octets', 'item.seq'] as const
  return {
    index: prepare((p: { after: string; limit: number }) =>
      db
        .selectFrom('pubsub_node')
        .select(['uid', 'owner', 'name', 'offered'])
        .where('uid', '>', p.after)
        .orderBy('uid')
        .limit(p.limit),
    ),
    nodes: prepare((p: { owner: string }) =>
      db.selectFrom('pubsub_node').selectAll().where('owner', '=', p.owner).orderBy('created_at').orderBy('uid'),
    ),
    heads: prepare((p: { owner: string }) =>
      db
        .selectFrom('pubsub_item as item')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'item.node')
        .select(heads)
        .where('pubsub_node.owner', '=', p.owner)
        .orderBy('item.node')
        .orderBy('item.seq'),
    ),
    /** The last item of each node, if it is small. */
    lasts: prepare((p: { owner: string }) =>
      db
        .selectFrom('pubsub_item as item')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'item.node')
        .select(['item.node', 'item.id', 'item.payload'])
        .where('pubsub_node.owner', '=', p.owner)
        .where('item.octets', '<=', LAST_OCTETS_MAX)
        .where('item.seq', '=', (eb) =>
          eb
            .selectFrom('pubsub_item as other')
            .select((e) => e.fn.max('other.seq').as('seq'))
            .whereRef('other.node', '=', 'item.node'),
        ),
    ),
    affiliations: prepare((p: { owner: string }) =>
      db
        .selectFrom('pubsub_affiliation')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_affiliation.node')
        .selectAll('pubsub_affiliation')
        .where('pubsub_node.owner', '=', p.owner),
    ),
    subscriptions: prepare((p: { owner: string }) =>
      db
        .selectFrom('pubsub_subscription')
        .innerJoin('pubsub_node', 'pubsub_node.uid', 'pubsub_subscription.node')
        .selectAll('pubsub_subscription')
        .where('pubsub_node.owner', '=', p.owner),
    ),
    payload: prepare((p: { node: string; id: string }) =>
      db.selectFrom('pubsub_item').select(['id', 'payload']).where('node', '=', p.node).where('id', '=', p.id),
    ),
    subscriptionsOf: prepare((p: { person: string; limit: number }) =>
      db.selectFrom('pubsub_subscription').select('node').where('person', '=', p.person).limit(p.limit),
    ),
    /** Owners of nodes to which a person has a relation. */
    ownersFor: prepare((p: { person: string; same: string }) =>
      db
        .selectFrom('pubsub_node')
        .innerJoin('pubsub_subscription', 'pubsub_subscription.node', 'pubsub_node.uid')
        .select('pubsub_node.owner')
        .where('pubsub_subscription.person', '=', p.person)
        .union(
          db
            .selectFrom('pubsub_node')
            .innerJoin('pubsub_affiliation', 'pubsub_affiliation.node', 'pubsub_node.uid')
            .select('pubsub_node.owner')
            .where('pubsub_affiliation.jid', '=', p.same),
        ),
    ),
    ...writes(db),
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
        })
        .onConflict((c) =>
          c.columns(['uid']).doUpdateSet((eb) => ({ config: eb.ref('excluded.config'), offered: eb.ref('excluded.offered') })),
        ),
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
        .values({ node: p.node, jid: p.jid, person: p.person, subid: p.subid, state: p.state, deliver: p.deliver })
        .onConflict((c) =>
          c
            .columns(['node', 'jid'])
            .doUpdateSet((eb) => ({ state: eb.ref('excluded.state'), deliver: eb.ref('excluded.deliver') })),
        ),
    ),
    dropSubscription: prepare((p: { node: string; jid: string }) =>
      db.deleteFrom('pubsub_subscription').where('node', '=', p.node).where('jid', '=', p.jid),
    ),
    forgetSubscriber: prepare((p: { person: string }) => db.deleteFrom('pubsub_subscription').where('person', '=', p.person)),
    forgetAffiliate: prepare((p: { jid: string }) => db.deleteFrom('pubsub_affiliation').where('jid', '=', p.jid)),
  }
}
