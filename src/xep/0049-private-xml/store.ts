/** The store of private elements: for each account one element of each name and namespace. */
import type { Kysely } from 'kysely'
import { prepare } from '../../storage/prepare.ts'
import type { Database, Migrations, Statement } from '../../server/database.ts'

interface PrivateTables {
  private_element: { owner: string; ns: string; name: string; xml: string; octets: number }
}

export interface StoredElement {
  readonly ns: string
  readonly name: string
  readonly xml: string
  readonly octets: number
}
export type ElementSize = Omit<StoredElement, 'xml'>

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('private_element')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('ns', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('xml', 'text', (c) => c.notNull())
      .addColumn('octets', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('private_element_key', ['owner', 'ns', 'name']),
  ],
]

export class PrivateElements {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<PrivateTables>())
  }
  /** The element as XML; null if there is none of that name. */
  async read(owner: string, ns: string, name: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.one({ owner, ns, name }))
    return row?.xml ?? null
  }
  /** All of them, as XML. */
  async all(owner: string): Promise<readonly string[]> {
    return (await this.#database.read(this.#queries.all({ owner }))).map(({ xml }) => xml)
  }
  sizes(owner: string): Promise<readonly ElementSize[]> {
    return this.#database.read(this.#queries.sizes({ owner }))
  }
  async write(owner: string, elements: readonly StoredElement[]): Promise<void> {
    await this.#database.atomically(this.writing(owner, elements))
  }
  async remove(owner: string, ns: string, name: string): Promise<void> {
    await this.#database.write(this.#queries.remove({ owner, ns, name }))
  }
  /** The statements of `write`, for callers that do more along with it. */
  writing(owner: string, elements: readonly StoredElement[]): readonly Statement[] {
    return elements.map((element) => this.#queries.write({ owner, ...element }))
  }
}

function queriesOf(db: Kysely<PrivateTables>) {
  const table = 'private_element'
  return {
    one: prepare((p: { owner: string; ns: string; name: string }) =>
      db.selectFrom(table).select('xml').where('owner', '=', p.owner).where('ns', '=', p.ns).where('name', '=', p.name),
    ),
    all: prepare((p: { owner: string }) =>
      db.selectFrom(table).select('xml').where('owner', '=', p.owner).orderBy('ns').orderBy('name'),
    ),
    sizes: prepare((p: { owner: string }) => db.selectFrom(table).select(['ns', 'name', 'octets']).where('owner', '=', p.owner)),
    remove: prepare((p: { owner: string; ns: string; name: string }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('ns', '=', p.ns).where('name', '=', p.name),
    ),
    write: prepare((p: StoredElement & { owner: string }) =>
      db
        .insertInto(table)
        .values({ owner: p.owner, ns: p.ns, name: p.name, xml: p.xml, octets: p.octets })
        .onConflict((c) => c.columns(['owner', 'ns', 'name']).doUpdateSet({ xml: p.xml, octets: p.octets })),
    ),
  }
}
