/** The tables of nodes. What belongs to a node is kept under its `uid`. */
import type { Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { Migrations } from '../server/database.ts'
import type { Affiliation } from './machine/affiliation.ts'
import { ACCESS_MODELS, type AccessModel } from './machine/config.ts'
import type { About, SubscriptionState } from './machine/node.ts'

export interface NodeTables {
  pubsub_node: {
    uid: string
    /** The bare JID of an account, or the domain of a service. */
    owner: string
    name: string
    creator: string
    created_at: Millis
    /** JSON */
    config: string
    /** Others are sent its last item when they come online: there may be somebody to be told while the owner is away. */
    offered: 0 | 1
    /** The access model, as in the configuration. */
    access: AccessModel
    /** What the node takes up, as its creator is held to account for. */
    octets: number
  }
  /** Which nodes are in which collections. It counts, not what the configurations say. */
  pubsub_place: {
    node: string
    owner: string
    /** The name of the collection. */
    parent: string
  }
  pubsub_item: {
    node: string
    id: string
    publisher: string | null
    published_at: Millis
    octets: number
    seq: number
    /** XML */
    payload: string
  }
  pubsub_affiliation: {
    node: string
    jid: string
    affiliation: Affiliation
  }
  pubsub_subscription: {
    node: string
    jid: string
    /** The bare form of `jid`. */
    person: string
    subid: string
    state: SubscriptionState
    deliver: 0 | 1
    about: About
    depth: '1' | 'all'
  }
}

export const PUBSUB = 'pubsub'

export const nodeMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('pubsub_node')
      .addColumn('uid', 'text', (c) => c.primaryKey().notNull())
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('creator', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('config', 'text', (c) => c.notNull())
      .addColumn('offered', 'smallint', (c) => c.notNull()),
    schema.createIndex('pubsub_node_name').unique().on('pubsub_node').columns(['owner', 'name']),
    schema
      .createTable('pubsub_item')
      .addColumn('node', 'text', (c) => c.notNull().references('pubsub_node.uid').onDelete('cascade'))
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('publisher', 'text')
      .addColumn('published_at', 'bigint', (c) => c.notNull())
      .addColumn('octets', 'bigint', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('pubsub_item_key', ['node', 'id']),
    schema.createIndex('pubsub_item_seq').on('pubsub_item').columns(['node', 'seq']),
    schema
      .createTable('pubsub_affiliation')
      .addColumn('node', 'text', (c) => c.notNull().references('pubsub_node.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('affiliation', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('pubsub_affiliation_key', ['node', 'jid']),
    schema.createIndex('pubsub_affiliation_person').on('pubsub_affiliation').column('jid'),
    schema
      .createTable('pubsub_subscription')
      .addColumn('node', 'text', (c) => c.notNull().references('pubsub_node.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('person', 'text', (c) => c.notNull())
      .addColumn('subid', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('deliver', 'smallint', (c) => c.notNull())
      .addPrimaryKeyConstraint('pubsub_subscription_key', ['node', 'jid']),
    schema.createIndex('pubsub_subscription_person').on('pubsub_subscription').column('person'),
  ],
  (schema, tables) => [
    schema.alterTable('pubsub_node').addColumn('access', 'text', (c) => c.notNull().defaultTo('')),
    schema.alterTable('pubsub_node').addColumn('octets', 'bigint', (c) => c.notNull().defaultTo(0)),
    ...ACCESS_MODELS.map((access) =>
      of(tables).updateTable('pubsub_node').set({ access }).where('config', 'like', `%"access_model":"${access}"%`),
    ),
    of(tables)
      .updateTable('pubsub_node')
      .set((eb) => ({
        octets: eb
          .selectFrom('pubsub_item')
          .select((e) => e.fn.coalesce(e.fn.sum<number>('pubsub_item.octets'), e.lit(0)).as('octets'))
          .whereRef('pubsub_item.node', '=', 'pubsub_node.uid'),
      })),
  ],
  (schema) => [
    schema.alterTable('pubsub_node').addColumn('parent', 'text', (c) => c.notNull().defaultTo('')),
    schema.createIndex('pubsub_node_parent').on('pubsub_node').columns(['owner', 'parent', 'name']),
    schema.alterTable('pubsub_subscription').addColumn('about', 'text', (c) => c.notNull().defaultTo('nodes')),
    schema.alterTable('pubsub_subscription').addColumn('depth', 'text', (c) => c.notNull().defaultTo('1')),
  ],
  // An address can have several subscriptions: the key of one is its own id
  (schema, tables) => [
    schema
      .createTable('pubsub_subscriptions')
      .addColumn('node', 'text', (c) => c.notNull().references('pubsub_node.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('person', 'text', (c) => c.notNull())
      .addColumn('subid', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('deliver', 'smallint', (c) => c.notNull())
      .addColumn('about', 'text', (c) => c.notNull())
      .addColumn('depth', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('pubsub_subscriptions_key', ['node', 'subid']),
    (tables as Kysely<{ pubsub_subscriptions: Subscribed; pubsub_subscription: Subscribed }>)
      .insertInto('pubsub_subscriptions')
      .columns(SUBSCRIBED)
      .expression((eb) => eb.selectFrom('pubsub_subscription').select(SUBSCRIBED)),
    schema.dropTable('pubsub_subscription'),
    schema.alterTable('pubsub_subscriptions').renameTo('pubsub_subscription'),
    schema.createIndex('pubsub_subscriber').on('pubsub_subscription').column('person'),
  ],
  // A node can be in several collections
  (schema, tables) => [
    schema
      .createTable('pubsub_place')
      .addColumn('node', 'text', (c) => c.notNull().references('pubsub_node.uid').onDelete('cascade'))
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('parent', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('pubsub_place_key', ['node', 'parent']),
    (tables as Kysely<{ pubsub_place: NodeTables['pubsub_place']; pubsub_node: NodeTables['pubsub_node'] & { parent: string } }>)
      .insertInto('pubsub_place')
      .columns(['node', 'owner', 'parent'])
      .expression((eb) => eb.selectFrom('pubsub_node').select(['uid', 'owner', 'parent']).where('parent', '<>', '')),
    schema.createIndex('pubsub_place_parent').on('pubsub_place').columns(['owner', 'parent']),
    schema.dropIndex('pubsub_node_parent'),
    schema.alterTable('pubsub_node').dropColumn('parent'),
  ],
]
type Subscribed = NodeTables['pubsub_subscription']
const SUBSCRIBED = ['node', 'jid', 'person', 'subid', 'state', 'deliver', 'about', 'depth'] as const
const of = (tables: Kysely<unknown>): Kysely<NodeTables> => tables as Kysely<NodeTables>
