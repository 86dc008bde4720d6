/**
 * Invitations on disk: the hash of each token, never the token. They go with the account of the inviter. `invited` has the people
 * who came with an invitation and are not yet contacts of the one who invited them.
 */
import type { Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import { required, type Database, type Migrations, type Statement } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { Invitation } from './invitation.ts'

interface Row {
  id: string
  hash: string
  inviter: string | null
  domain: string
  name: string
  makes_account: 0 | 1
  makes_contact: 0 | 1
  uses_max: number
  uses: number
  created_at: Millis
  expires_at: Millis
  note: string
}
type Tables = { invitation: Row; invited: { account: string; inviter: string } }

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('invitation')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('hash', 'text', (c) => c.notNull().unique())
      .addColumn('inviter', 'text', (c) => c.references('account.bare').onDelete('cascade'))
      .addColumn('domain', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('makes_account', 'smallint', (c) => c.notNull())
      .addColumn('makes_contact', 'smallint', (c) => c.notNull())
      .addColumn('uses_max', 'integer', (c) => c.notNull())
      .addColumn('uses', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('note', 'text', (c) => c.notNull()),
    schema.createIndex('invitation_inviter').on('invitation').column('inviter'),
    schema.createIndex('invitation_name').on('invitation').columns(['domain', 'name']),
    schema
      .createTable('invited')
      .addColumn('account', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('inviter', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addPrimaryKeyConstraint('invited_key', ['account', 'inviter']),
  ],
]

/** Somebody who came with an invitation, and the one who invited them: bare JIDs. */
export interface Pair {
  readonly account: string
  readonly inviter: string
}

export class InvitationStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<Tables>())
  }
  async put(invitation: Invitation, hash: string): Promise<void> {
    await this.#database.write(this.#queries.put(rowOf(invitation, hash)))
  }
  async byHash(hash: string): Promise<Invitation | null> {
    const [row] = await this.#database.read(this.#queries.byHash({ hash }))
    return row === undefined ? null : invitationOf(row)
  }
  /** The newest first. @param inviter null: those of everybody */
  async list(inviter: string | null): Promise<readonly Invitation[]> {
    const query = inviter === null ? this.#queries.all({}) : this.#queries.of({ inviter })
    return (await this.#database.read(query)).map(invitationOf)
  }
  /** Is the name reserved by an invitation that is open? */
  async isReserved(domain: string, name: string, now: Millis): Promise<boolean> {
    return (await this.#database.read(this.#queries.reserving({ domain, name, now }))).length > 0
  }
  /** By domain: until when an account can be made with any invitation. */
  async openUntil(): Promise<ReadonlyMap<string, Millis>> {
    return new Map((await this.#database.read(this.#queries.openUntil({}))).map(({ domain, until }) => [domain, until]))
  }
  /** Counts a use, along with other statements: all fail if it is used up or revoked. */
  using(id: string): Statement {
    return required(this.#queries.use({ id }))
  }
  /** False if it is used up or revoked. */
  async use(id: string): Promise<boolean> {
    try {
      await this.#database.atomically([this.using(id)])
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  /** A use that came to nothing does not count. */
  async giveBack(id: string): Promise<void> {
    await this.#database.write(this.#queries.giveBack({ id }))
  }
  /** False if there is none of that id. */
  async revoke(id: string): Promise<boolean> {
    return (await this.#database.write(this.#queries.revoke({ id }))) > 0
  }
  async purge(before: Millis): Promise<void> {
    await this.#database.write(this.#queries.purge({ before }))
  }
  owing(account: string, inviter: string): Statement {
    return this.#queries.owe({ account, inviter })
  }
  async settled({ account, inviter }: Pair): Promise<void> {
    await this.#database.write(this.#queries.settle({ account, inviter }))
  }
  /** @param account null: all */
  owed(account: string | null): Promise<readonly Pair[]> {
    return this.#database.read(account === null ? this.#queries.owed({}) : this.#queries.owedTo({ account }))
  }
}

const rowOf = ({ makesAccount, makesContact, usesMax, createdAt, expiresAt, ...rest }: Invitation, hash: string): Row => ({
  ...rest,
  hash,
  makes_account: makesAccount ? 1 : 0,
  makes_contact: makesContact ? 1 : 0,
  uses_max: usesMax,
  created_at: createdAt,
  expires_at: expiresAt,
})
const invitationOf = (row: Row): Invitation => ({
  id: row.id,
  inviter: row.inviter,
  domain: row.domain,
  name: row.name,
  makesAccount: row.makes_account === 1,
  makesContact: row.makes_contact === 1,
  usesMax: row.uses_max,
  uses: row.uses,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  note: row.note,
})

function queriesOf(db: Kysely<Tables>) {
  const table = 'invitation'
  return {
    put: prepare((p: Row) =>
      db.insertInto(table).values({
        id: p.id,
        hash: p.hash,
        inviter: p.inviter,
        domain: p.domain,
        name: p.name,
        makes_account: p.makes_account,
        makes_contact: p.makes_contact,
        uses_max: p.uses_max,
        uses: p.uses,
        created_at: p.created_at,
        expires_at: p.expires_at,
        note: p.note,
      }),
    ),
    byHash: prepare((p: { hash: string }) => db.selectFrom(table).selectAll().where('hash', '=', p.hash)),
    all: prepare(() => db.selectFrom(table).selectAll().orderBy('created_at', 'desc').orderBy('id')),
    of: prepare((p: { inviter: string }) =>
      db.selectFrom(table).selectAll().where('inviter', '=', p.inviter).orderBy('created_at', 'desc').orderBy('id'),
    ),
    reserving: prepare((p: { domain: string; name: string; now: Millis }) =>
      db
        .selectFrom(table)
        .select('id')
        .where('domain', '=', p.domain)
        .where('name', '=', p.name)
        .where('makes_account', '=', 1)
        .where('expires_at', '>', p.now)
        .whereRef('uses', '<', 'uses_max'),
    ),
    openUntil: prepare(() =>
      db
        .selectFrom(table)
        .select((eb) => ['domain', eb.fn.max('expires_at').as('until')])
        .where('makes_account', '=', 1)
        .whereRef('uses', '<', 'uses_max')
        .groupBy('domain'),
    ),
    use: prepare((p: { id: string }) =>
      db
        .updateTable(table)
        .set((eb) => ({ uses: eb('uses', '+', 1) }))
        .where('id', '=', p.id)
        .whereRef('uses', '<', 'uses_max'),
    ),
    giveBack: prepare((p: { id: string }) =>
      db
        .updateTable(table)
        .set((eb) => ({ uses: eb('uses', '-', 1) }))
        .where('id', '=', p.id)
        .where('uses', '>', 0),
    ),
    revoke: prepare((p: { id: string }) => db.deleteFrom(table).where('id', '=', p.id)),
    purge: prepare((p: { before: Millis }) => db.deleteFrom(table).where('expires_at', '<=', p.before)),
    owe: prepare((p: Pair) => db.insertInto('invited').values({ account: p.account, inviter: p.inviter })),
    settle: prepare((p: Pair) => db.deleteFrom('invited').where('account', '=', p.account).where('inviter', '=', p.inviter)),
    owed: prepare(() => db.selectFrom('invited').selectAll()),
    owedTo: prepare((p: { account: string }) => db.selectFrom('invited').selectAll().where('account', '=', p.account)),
  }
}
