/** The operator's groups (server/ports.ts): their members, and what rosters were before two accounts had a group in common. */
import { required, type Database, type Statement } from '../server/database.ts'
import type { GroupLink, GroupStore, Membership } from '../server/ports.ts'
import type { CoreTables } from './core-tables.ts'
import { prepare } from './prepare.ts'
import { StorageError } from './storage-error.ts'

/** How `before` is written when the roster had no item. */
const NO_ITEM = ''

export class SqlGroups implements GroupStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  async groups(): Promise<readonly string[]> {
    return (await this.#database.read(this.#queries.groups({}))).map(({ name }) => name)
  }
  memberships(): Promise<readonly Membership[]> {
    return this.#database.read(this.#queries.memberships({}))
  }
  async create(name: string): Promise<boolean> {
    try {
      return (await this.#database.write(this.#queries.create({ name }))) > 0
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'constraint') return false
      throw error
    }
  }
  async delete(name: string): Promise<void> {
    await this.#database.write(this.#queries.delete({ name }))
  }
  async join(joining: readonly Membership[], links: readonly GroupLink[]): Promise<void> {
    const statements: Statement[] = [
      ...joining.map((one) => required(this.#queries.join(one))),
      ...links.map(({ owner, contact, before }) => this.#queries.link({ owner, contact, before: before ?? NO_ITEM })),
    ]
    if (statements.length > 0) await this.#database.atomically(statements)
  }
  async leave(leaving: readonly Membership[], links: readonly Pick<GroupLink, 'owner' | 'contact'>[]): Promise<void> {
    const statements = [
      ...leaving.map((one) => this.#queries.leave(one)),
      ...links.map(({ owner, contact }) => this.#queries.unlink({ owner, contact })),
    ]
    if (statements.length > 0) await this.#database.atomically(statements)
  }
  async unfinished(): Promise<readonly GroupLink[]> {
    return (await this.#database.read(this.#queries.unfinished({}))).map(linkOf)
  }
  async orphans(): Promise<readonly GroupLink[]> {
    return (await this.#database.read(this.#queries.orphans({}))).map(linkOf)
  }
  async finished(links: readonly GroupLink[]): Promise<void> {
    const statements = links.map(({ owner, contact, state }) =>
      state === 'joining' ? this.#queries.linked({ owner, contact }) : this.#queries.drop({ owner, contact }),
    )
    if (statements.length > 0) await this.#database.atomically(statements)
  }
}

type Row = CoreTables['group_link']
const linkOf = ({ before, ...row }: Row): GroupLink => ({ ...row, before: before === NO_ITEM ? null : before })
type Pair = Pick<Row, 'owner' | 'contact'>

function queriesOf(database: Database) {
  const db = database.schema<Pick<CoreTables, 'account' | 'group_link' | 'group_member' | 'operator_group'>>()
  const link = (p: Pair) => db.updateTable('group_link').where('owner', '=', p.owner).where('contact', '=', p.contact)
  return {
    groups: prepare(() => db.selectFrom('operator_group').select('name').orderBy('name')),
    memberships: prepare(() => db.selectFrom('group_member').select(['name', 'account']).orderBy('name').orderBy('account')),
    create: prepare((p: { name: string }) =>
      db
        .insertInto('operator_group')
        .values({ name: p.name })
        .onConflict((c) => c.column('name').doNothing()),
    ),
    delete: prepare((p: { name: string }) => db.deleteFrom('operator_group').where('name', '=', p.name)),
    join: prepare((p: Membership) => db.insertInto('group_member').values({ name: p.name, account: p.account })),
    leave: prepare((p: Membership) => db.deleteFrom('group_member').where('name', '=', p.name).where('account', '=', p.account)),
    link: prepare((p: Pair & { before: Row['before'] }) =>
      db
        .insertInto('group_link')
        .values({ owner: p.owner, contact: p.contact, before: p.before, state: 'joining' })
        .onConflict((c) => c.columns(['owner', 'contact']).doUpdateSet({ state: 'joining' })),
    ),
    unlink: prepare((p: Pair) => link(p).set({ state: 'leaving' })),
    linked: prepare((p: Pair) => link(p).set({ state: 'linked' })),
    drop: prepare((p: Pair) => db.deleteFrom('group_link').where('owner', '=', p.owner).where('contact', '=', p.contact)),
    unfinished: prepare(() => db.selectFrom('group_link').selectAll().where('state', '!=', 'linked')),
    orphans: prepare(() =>
      db
        .selectFrom('group_link')
        .selectAll()
        .where('contact', 'not in', (eb) => eb.selectFrom('account').select('bare')),
    ),
  }
}
