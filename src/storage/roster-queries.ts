/** The statements of the roster store, compiled once. */
import type { ExpressionBuilder, Selectable } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { CoreTables } from './core-tables.ts'
import type { Database, Query } from '../server/database.ts'
import { prepare } from './prepare.ts'

type Items = Selectable<CoreTables['roster_item']>
export type ItemRow = Pick<Items, 'contact' | 'name' | 'groups' | 'subscription' | 'ask' | 'approved'>
export type RequestRow = Pick<
  Selectable<CoreTables['subscription_request']>,
  'contact' | 'id' | 'lang' | 'extra' | 'payload' | 'received_at'
>
export interface RelationRow {
  readonly owner: string
  /** Null if the contact is not in the roster. */
  readonly subscription: Items['subscription'] | null
  readonly at: Millis | null
  readonly payload: string | null
  readonly last_seen: CoreTables['account']['last_seen']
  readonly share_paused: CoreTables['account']['share_paused']
  readonly strangers: CoreTables['account']['strangers']
}
export type SentRow = Pick<Selectable<CoreTables['sent_request']>, 'contact' | 'lang' | 'extra' | 'payload' | 'sent_at'>
type Contact = Pick<Items, 'owner' | 'contact'>
type Put = Omit<Items, 'removed_at'>

export type RosterQueries = ReturnType<typeof rosterQueries>

export function rosterQueries(database: Database) {
  return {
    ...readQueries(database),
    ...itemQueries(database),
    ...requestQueries(database),
    ...sentQueries(database),
    ...farewellQueries(database),
    ...purgeQueries(database),
  }
}

const SHOWN = ['contact', 'name', 'groups', 'subscription', 'ask', 'approved'] as const

function readQueries(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    state: prepare((p: { owner: string }) =>
      db.selectFrom('roster').select(['version', 'epoch', 'horizon']).where('owner', '=', p.owner),
    ),
    items: prepare((p: { owner: string }) =>
      db.selectFrom('roster_item').select(SHOWN).where('owner', '=', p.owner).where('removed_at', 'is', null),
    ),
    itemsSince: prepare((p: { owner: string; version: number }) =>
      db
        .selectFrom('roster_item')
        .select([...SHOWN, 'version', 'removed_at'])
        .where('owner', '=', p.owner)
        .where('version', '>', p.version)
        .orderBy('version')
        .orderBy('contact'),
    ),
    requests: prepare((p: { owner: string }) =>
      db
        .selectFrom('subscription_request')
        .select(['contact', 'id', 'lang', 'extra', 'payload', 'received_at'])
        .where('owner', '=', p.owner)
        .orderBy('asked_at')
        .orderBy('contact'),
    ),
  }
}

function itemQueries(database: Database) {
  const db = database.schema<CoreTables>()
  const insert = (p: Put) =>
    db.insertInto('roster_item').values({
      owner: p.owner,
      contact: p.contact,
      name: p.name,
      groups: p.groups,
      subscription: p.subscription,
      ask: p.ask,
      approved: p.approved,
      version: p.version,
      removed_at: null,
    })
  const update = (p: Put) => ({
    name: p.name,
    groups: p.groups,
    subscription: p.subscription,
    ask: p.ask,
    approved: p.approved,
    removed_at: null,
  })
  return {
    step: prepare((p: { owner: string; version: number; epoch: string; before: number }) =>
      db
        .updateTable('roster')
        .set({ version: p.version, epoch: p.epoch })
        .where('owner', '=', p.owner)
        .where('version', '=', p.before),
    ),
    /** Changes nothing; finds no row if the version is another one. */
    stay: prepare((p: { owner: string; version: number }) =>
      db.updateTable('roster').set({ version: p.version }).where('owner', '=', p.owner).where('version', '=', p.version),
    ),
    put: prepare((p: Put) =>
      insert(p).onConflict((c) => c.columns(['owner', 'contact']).doUpdateSet({ ...update(p), version: p.version })),
    ),
    /** RFC 6121 2.6.2: a change that the client cannot see gets no new version. */
    putQuietly: prepare((p: Put) => insert(p).onConflict((c) => c.columns(['owner', 'contact']).doUpdateSet(update(p)))),
    bury: prepare((p: Contact & { version: number; removedAt: Millis }) =>
      db
        .insertInto('roster_item')
        .values({
          owner: p.owner,
          contact: p.contact,
          version: p.version,
          name: '',
          groups: '',
          subscription: 'none',
          ask: 0,
          approved: 0,
          removed_at: p.removedAt,
        })
        .onConflict((c) =>
          c.columns(['owner', 'contact']).doUpdateSet({
            name: '',
            groups: '',
            subscription: 'none',
            ask: 0,
            approved: 0,
            version: p.version,
            removed_at: p.removedAt,
          }),
        ),
    ),
    /** A tombstone stays. */
    dropQuietly: prepare((p: Contact) =>
      db.deleteFrom('roster_item').where('owner', '=', p.owner).where('contact', '=', p.contact).where('removed_at', 'is', null),
    ),
  }
}

function requestQueries(database: Database) {
  const db = database.schema<CoreTables>()
  type Request = Contact & Pick<RequestRow, 'id' | 'lang' | 'extra' | 'payload'> & { receivedAt: Millis }
  return {
    /** A repeated request replaces the earlier one, also in the queue: `asked_at` does not change. */
    putRequest: prepare((p: Request) =>
      db
        .insertInto('subscription_request')
        .values({
          owner: p.owner,
          contact: p.contact,
          id: p.id,
          lang: p.lang,
          extra: p.extra,
          payload: p.payload,
          asked_at: p.receivedAt,
          received_at: p.receivedAt,
        })
        .onConflict((c) =>
          c
            .columns(['owner', 'contact'])
            .doUpdateSet({ id: p.id, lang: p.lang, extra: p.extra, payload: p.payload, received_at: p.receivedAt }),
        ),
    ),
    dropRequest: prepare((p: Contact) =>
      db.deleteFrom('subscription_request').where('owner', '=', p.owner).where('contact', '=', p.contact),
    ),
  }
}

function sentQueries(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    sent: prepare((p: { owner: string }) =>
      db
        .selectFrom('sent_request')
        .select(['contact', 'lang', 'extra', 'payload', 'sent_at'])
        .where('owner', '=', p.owner)
        .orderBy('contact'),
    ),
    putSent: prepare((p: { owner: string; sentAt: Millis } & Omit<SentRow, 'sent_at'>) =>
      db
        .insertInto('sent_request')
        .values({
          owner: p.owner,
          contact: p.contact,
          lang: p.lang,
          extra: p.extra,
          payload: p.payload,
          sent_at: p.sentAt,
        })
        .onConflict((c) =>
          c.columns(['owner', 'contact']).doUpdateSet({ lang: p.lang, extra: p.extra, payload: p.payload, sent_at: p.sentAt }),
        ),
    ),
    dropSent: prepare((p: Contact) =>
      db.deleteFrom('sent_request').where('owner', '=', p.owner).where('contact', '=', p.contact),
    ),
  }
}

function farewellQueries(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    farewells: prepare((p: { owner: string }) =>
      db.selectFrom('farewell').select(['contact', 'said_at', 'times']).where('owner', '=', p.owner).orderBy('contact'),
    ),
    putFarewell: prepare((p: Contact & { saidAt: Millis; times: number }) =>
      db
        .insertInto('farewell')
        .values({ owner: p.owner, contact: p.contact, said_at: p.saidAt, times: p.times })
        .onConflict((c) => c.columns(['owner', 'contact']).doUpdateSet({ said_at: p.saidAt, times: p.times })),
    ),
    dropFarewell: prepare((p: Contact) =>
      db.deleteFrom('farewell').where('owner', '=', p.owner).where('contact', '=', p.contact),
    ),
    forgetFarewells: prepare((p: { before: Millis }) => db.deleteFrom('farewell').where('said_at', '<', p.before)),
  }
}

function purgeQueries(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    raiseHorizon: prepare((p: { before: Millis }) => {
      const last = (eb: ExpressionBuilder<CoreTables, 'roster'>) =>
        eb
          .selectFrom('roster_item as i')
          .select((item) => item.fn.max('i.version').as('version'))
          .whereRef('i.owner', '=', 'roster.owner')
          .where('i.removed_at', '<', p.before)
      return db
        .updateTable('roster')
        .set((eb) => ({ horizon: last(eb).$asScalar().$notNull() }))
        .where('owner', 'in', (eb) => eb.selectFrom('roster_item as i').select('i.owner').where('i.removed_at', '<', p.before))
        .where((eb) => eb('horizon', '<', last(eb)))
    }),
    forget: prepare((p: { before: Millis }) => db.deleteFrom('roster_item').where('removed_at', '<', p.before)),
  }
}

/** Values: the contact, then `places` owners. An owner that is given twice is found once. */
export function relationsQuery(database: Database, places: number): (values: readonly string[]) => Query<RelationRow> {
  const db = database.schema<CoreTables>()
  return prepare((p: readonly string[]) =>
    db
      .selectFrom('account as a')
      .leftJoin('roster_item as i', (j) =>
        j.onRef('i.owner', '=', 'a.bare').on('i.contact', '=', p[0]!).on('i.removed_at', 'is', null),
      )
      .leftJoin('last_presence as l', (j) => j.onRef('l.owner', '=', 'a.bare').on('l.available', '=', 0))
      .select(['a.bare as owner', 'i.subscription', 'l.at', 'l.payload', 'a.last_seen', 'a.share_paused', 'a.strangers'])
      .where(
        'a.bare',
        'in',
        Array.from({ length: places }, (_, n) => p[n + 1]!),
      ),
  )
}
