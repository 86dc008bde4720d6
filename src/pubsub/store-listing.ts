/** The nodes of a service that somebody may see, page by page (XEP-0059), in the order of their names. */
import type { Kysely } from 'kysely'
import type { Database } from '../server/database.ts'
import type { PageAsk } from '../xmpp/result-set.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { INSIDERS } from './machine/affiliation.ts'
import type { NodeConfig } from './machine/config.ts'
import type { NodeTables } from './tables.ts'

export interface Listed {
  readonly name: string
  readonly title: string
}
export interface ListedPage {
  readonly rows: readonly Listed[]
  /** Number of the first row in the whole list. */
  readonly index: number
  /** Length of the whole list. */
  readonly count: number
}

export class NodeListing {
  readonly #database: Database
  readonly #db: Kysely<NodeTables>

  constructor(database: Database) {
    this.#database = database
    this.#db = database.schema<NodeTables>()
  }
  /**
   * @param parent those in this collection; '': those in none
   * @param asker a bare JID
   * @param most rows on a page
   * @throws StanzaError item-not-found: the node that the page begins at is not there
   */
  async page(owner: string, parent: string, asker: string, ask: PageAsk, most: number): Promise<ListedPage> {
    const visible = visibleIn(this.#db, owner, parent, asker)
    const { after, before, index: from } = ask
    const named = after ?? (before === '' ? null : before)
    if (named !== null && (await this.#count(visible.where('name', '=', named))) === 0)
      throw new StanzaError('item-not-found', { text: 'The node that the page begins at is not there' })
    const isBackwards = before !== null
    const ranged = named === null ? visible : visible.where('name', isBackwards ? '<' : '>', named)
    const query = ranged
      .select(['name', 'config'])
      .orderBy('name', isBackwards ? 'desc' : 'asc')
      .limit(Math.min(ask.max ?? most, most))
      .offset(from ?? 0)
    const found = await this.#database.readMany<Row>(query.compile())
    const rows = (isBackwards ? found.toReversed() : found).map(({ name, config }) => ({ name, title: titleIn(config) }))
    const [first] = rows
    const index = first === undefined ? 0 : await this.#count(visible.where('name', '<', first.name))
    return { rows, index, count: await this.#count(visible) }
  }

  async #count(visible: ReturnType<typeof visibleIn>): Promise<number> {
    const query = visible.select((eb) => eb.fn.countAll<number>().as('count'))
    const [row] = await this.#database.readMany<{ readonly count: number }>(query.compile())
    return Number(row!.count)
  }
}
type Row = Pick<NodeTables['pubsub_node'], 'name' | 'config'>
const titleIn = (config: string): string => (JSON.parse(config) as Partial<NodeConfig>).title ?? ''

/** `refusalToSubscribe`, where nobody stands in any relation to the owner. */
const visibleIn = (db: Kysely<NodeTables>, owner: string, parent: string, asker: string) =>
  db
    .selectFrom('pubsub_node')
    .leftJoin('pubsub_affiliation as mine', (join) => join.onRef('mine.node', '=', 'pubsub_node.uid').on('mine.jid', '=', asker))
    .where('owner', '=', owner)
    .where((eb) => {
      const places = eb.selectFrom('pubsub_place as place').select('place.node').whereRef('place.node', '=', 'pubsub_node.uid')
      return parent === '' ? eb.not(eb.exists(places)) : eb.exists(places.where('place.parent', '=', parent))
    })
    .where((eb) =>
      eb.or([
        eb('mine.affiliation', 'in', INSIDERS),
        eb.and([eb('access', 'in', ['open', 'authorize'] as const), eb('mine.affiliation', 'is', null)]),
      ]),
    )
