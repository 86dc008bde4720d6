/** The store of reports: those of a reporter go with the account. */
import type { Millis } from '../../base/clock.ts'
import type { BlockReport } from '../../admin/block-report-commands.ts'
import type { Database, Migrations, Statement } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { Report } from './report.ts'

interface Tables {
  block_report: { id: string; reporter: string; jid: string; reason: string; text: string; messages: string; at: Millis }
}
type Row = Tables['block_report']

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('block_report')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('reporter', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addColumn('messages', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull()),
    schema.createIndex('block_report_reporter').on('block_report').columns(['reporter', 'at']),
    schema.createIndex('block_report_at').on('block_report').columns(['at', 'id']),
  ],
]

export class ReportStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  adding(id: string, reporter: string, { jid, reason, text, messages }: Report, at: Millis): Statement {
    return this.#queries.add({ id, reporter, jid: jid.full, reason, text, messages: JSON.stringify(messages), at })
  }
  /** Of more than `max`, the oldest are forgotten. */
  shortening(max: number): Statement {
    return this.#queries.shorten({ max })
  }
  /** How many reports of this account are newer than `since`. */
  async countSince(reporter: string, since: Millis): Promise<number> {
    const [row] = await this.#database.read(this.#queries.count({ reporter, since }))
    return Number(row!.reports)
  }
  /** The newest first. @param before the last one of the page before it; null for the first page */
  async page(before: { readonly at: Millis; readonly id: string } | null, limit: number): Promise<readonly BlockReport[]> {
    const { at, id } = before ?? { at: Number.MAX_SAFE_INTEGER, id: '' }
    return (await this.#database.read(this.#queries.page({ at, id, limit }))).map(reportOf)
  }
  /** False if there is none of that id. */
  async dismiss(id: string): Promise<boolean> {
    return (await this.#database.write(this.#queries.dismiss({ id }))) > 0
  }
}

const reportOf = ({ messages, ...row }: Row): BlockReport => ({ ...row, messages: JSON.parse(messages) as readonly string[] })

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    add: prepare((p: Row) =>
      db
        .insertInto('block_report')
        .values({ id: p.id, reporter: p.reporter, jid: p.jid, reason: p.reason, text: p.text, messages: p.messages, at: p.at }),
    ),
    shorten: prepare((p: { max: number }) =>
      db
        .deleteFrom('block_report')
        .where('id', 'in', (eb) =>
          eb.selectFrom('block_report').select('id').orderBy('at', 'desc').orderBy('id', 'desc').limit(1000).offset(p.max),
        ),
    ),
    count: prepare((p: { reporter: string; since: Millis }) =>
      db
        .selectFrom('block_report')
        .select((eb) => eb.fn.countAll<number>().as('reports'))
        .where('reporter', '=', p.reporter)
        .where('at', '>', p.since),
    ),
    page: prepare((p: { at: Millis; id: string; limit: number }) =>
      db
        .selectFrom('block_report')
        .selectAll()
        .where((eb) => eb.or([eb('at', '<', p.at), eb.and([eb('at', '=', p.at), eb('id', '<', p.id)])]))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(p.limit),
    ),
    dismiss: prepare((p: { id: string }) => db.deleteFrom('block_report').where('id', '=', p.id)),
  }
}
