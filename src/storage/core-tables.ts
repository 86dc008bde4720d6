/**
 * The tables of the core: accounts, and what RFC 6121 requires to be kept for each. All rows refer to `account.bare` and are
 * deleted with it. Addresses are stored in their prepared form (RFC 7622), so they are equal if their texts are.
 */
import type { Millis } from '../base/clock.ts'
import type { RosterItem } from '../server/ports.ts'
import type { LastSeen, SharePaused, Strangers } from '../im/presence-policy.ts'
import type { ScramHash } from '../xmpp/credentials.ts'
import type { Migrations } from '../server/database.ts'

export interface CoreTables {
  /**
   * `lacks`: the sum of the `HASH_BITS` of the hashes for which `credentials` has no keys. `disabled_at`: since when the
   * account may not be used; null if it may. `last_seen`, `share_paused`, `strangers`: the user's choices; ''
   * for none.
   */
  account: {
    bare: string
    domain: string
    credentials: string
    lacks: number
    created_at: Millis
    disabled_at: Millis | null
    disabled_reason: string
    last_seen: LastSeen | ''
    share_paused: SharePaused | ''
    strangers: Strangers | ''
  }
  /**
   * One row for each account. `epoch`: the run of the server in which the roster got this version; '' since its creation.
   * `horizon`: removals up to this version are forgotten (RFC 6121 2.6).
   */
  roster: { owner: string; version: number; epoch: string; horizon: number }
  /** A contact, or the record of one that was removed at `removed_at`. `version`: of its last push. */
  roster_item: {
    owner: string
    contact: string
    name: string
    /** A JSON array; '' for none. */
    groups: string
    subscription: RosterItem['subscription']
    ask: 0 | 1
    approved: 0 | 1
    version: number
    removed_at: Millis | null
  }
  /** Unanswered requests (3.1.3): the stanza without its addresses. `asked_at`: when the contact first asked. */
  subscription_request: {
    owner: string
    contact: string
    id: string | null
    lang: string | null
    extra: string
    payload: string
    asked_at: Millis
    received_at: Millis
  }
  /** Requests of the owner that wait for the contact's answer (3.1.2), to be sent again: without their addresses. */
  sent_request: { owner: string; contact: string; lang: string | null; extra: string; payload: string; sent_at: Millis }
  /** The owner's unconfirmed 'unsubscribe' to the contact (3.3), last sent at `said_at`, the number of times it was sent. */
  farewell: { owner: string; contact: string; said_at: Millis; times: number }
  /** Somebody outside the roster to whom the owner has written, first at `wrote_at`, while strangers may not write to the owner. */
  correspondent: { owner: string; contact: string; wrote_at: Millis }
  /** A group of the operator. Its name is that of the group in the rosters. */
  operator_group: { name: string }
  group_member: { name: string; account: string }
  /** What the roster of `owner` said about `contact` before a group had both; '' for no item. `state`: whether the roster has changed. */
  group_link: {
    owner: string
    contact: string
    before: RosterItem['subscription'] | ''
    state: 'joining' | 'linked' | 'leaving'
  }
  /** An account's decision about a remote contact, until it arrives: presence without payload. It outlives the account. */
  decision: {
    sender: string
    contact: string
    /** Its matter, of which only the last decision counts: im/belated.ts. */
    about: 'watch' | 'show' | 'gone'
    type: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' | 'unavailable'
    decided_at: Millis
  }
  /** While `available` is 1, `at` is the moment since when. */
  last_presence: { owner: string; available: 0 | 1; at: Millis; payload: string }
  /** When the account last logged in. */
  last_login: { owner: string; at: Millis }
  /** One row for the last time at which the server was alive, and one for its last proper stop, if it ended with one. */
  heartbeat: { id: number; at: Millis }
}

export const CORE = 'core'

/** Bits for sets of hashes, in `account.lacks`. */
export const HASH_BITS: Readonly<Record<ScramHash, number>> = { 'sha-1': 1, 'sha-256': 2, 'sha-512': 4 }

export const coreMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('account')
      .addColumn('bare', 'text', (c) => c.primaryKey().notNull())
      .addColumn('domain', 'text', (c) => c.notNull())
      .addColumn('credentials', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull()),
    schema.createIndex('account_domain').on('account').columns(['domain', 'bare']),
    schema
      .createTable('roster')
      .addColumn('owner', 'text', (c) => c.primaryKey().notNull().references('account.bare').onDelete('cascade'))
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addColumn('horizon', 'bigint', (c) => c.notNull()),
    schema
      .createTable('roster_item')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('groups', 'text', (c) => c.notNull())
      .addColumn('subscription', 'text', (c) => c.notNull())
      .addColumn('ask', 'smallint', (c) => c.notNull())
      .addColumn('approved', 'smallint', (c) => c.notNull())
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addColumn('removed_at', 'bigint')
      .addPrimaryKeyConstraint('roster_item_key', ['owner', 'contact']),
    schema.createIndex('roster_item_version').on('roster_item').columns(['owner', 'version']),
    schema.createIndex('roster_item_removed').on('roster_item').column('removed_at').where('removed_at', 'is not', null),
    schema
      .createTable('subscription_request')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('id', 'text')
      .addColumn('lang', 'text')
      .addColumn('extra', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('asked_at', 'bigint', (c) => c.notNull())
      .addColumn('received_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('subscription_request_key', ['owner', 'contact']),
    schema
      .createTable('last_presence')
      .addColumn('owner', 'text', (c) => c.primaryKey().notNull().references('account.bare').onDelete('cascade'))
      .addColumn('available', 'smallint', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull()),
    schema.createIndex('last_presence_available').on('last_presence').column('available').where('available', '=', 1),
    schema
      .createTable('heartbeat')
      .addColumn('id', 'smallint', (c) => c.primaryKey().notNull())
      .addColumn('at', 'bigint', (c) => c.notNull()),
  ],
  (schema) => [
    schema.alterTable('roster').addColumn('epoch', 'text', (c) => c.notNull().defaultTo('')),
    schema
      .createTable('sent_request')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('lang', 'text')
      .addColumn('extra', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('sent_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('sent_request_key', ['owner', 'contact']),
  ],
  (schema) => [
    schema
      .createTable('farewell')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('said_at', 'bigint', (c) => c.notNull())
      .addColumn('times', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('farewell_key', ['owner', 'contact']),
  ],
  (schema) => [
    schema.alterTable('account').addColumn('disabled_at', 'bigint'),
    schema.alterTable('account').addColumn('disabled_reason', 'text', (c) => c.notNull().defaultTo('')),
  ],
  (schema) => [
    schema.alterTable('account').addColumn('last_seen', 'text', (c) => c.notNull().defaultTo('')),
    schema.alterTable('account').addColumn('share_paused', 'text', (c) => c.notNull().defaultTo('')),
  ],
  (schema) => [
    schema
      .createTable('decision')
      .addColumn('sender', 'text', (c) => c.notNull())
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('about', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('decided_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('decision_key', ['sender', 'contact', 'about']),
  ],
  (schema, tables) => [
    schema.alterTable('account').addColumn('lacks', 'smallint', (c) => c.notNull().defaultTo(0)),
    ...Object.entries(HASH_BITS).map(([hash, bit]) =>
      tables
        .withTables<Pick<CoreTables, 'account'>>()
        .updateTable('account')
        .set((eb) => ({ lacks: eb('lacks', '+', bit) }))
        .where('credentials', 'not like', `%"${hash}":%`),
    ),
    schema.createIndex('account_lacks').on('account').columns(['domain', 'lacks']).where('lacks', '!=', 0),
  ],
  (schema) => [
    schema.alterTable('account').addColumn('strangers', 'text', (c) => c.notNull().defaultTo('')),
    schema
      .createTable('correspondent')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('wrote_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('correspondent_key', ['owner', 'contact']),
  ],
  (schema) => [
    schema.createTable('operator_group').addColumn('name', 'text', (c) => c.primaryKey().notNull()),
    schema
      .createTable('group_member')
      .addColumn('name', 'text', (c) => c.notNull().references('operator_group.name').onDelete('cascade'))
      .addColumn('account', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addPrimaryKeyConstraint('group_member_key', ['name', 'account']),
    schema.createIndex('group_member_account').on('group_member').column('account'),
    schema
      .createTable('group_link')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('contact', 'text', (c) => c.notNull())
      .addColumn('before', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('group_link_key', ['owner', 'contact']),
    schema.createIndex('group_link_unfinished').on('group_link').column('state').where('state', '!=', 'linked'),
  ],
  (schema) => [
    schema
      .createTable('last_login')
      .addColumn('owner', 'text', (c) => c.primaryKey().notNull().references('account.bare').onDelete('cascade'))
      .addColumn('at', 'bigint', (c) => c.notNull()),
    schema.createIndex('account_disabled').on('account').columns(['domain', 'disabled_at']).where('disabled_at', 'is not', null),
  ],
]
