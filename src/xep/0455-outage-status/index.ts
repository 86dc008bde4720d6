/**
 * XEP-0455: where clients find out why the server cannot be reached, or will not be: addresses in its disco#info, and a file of
 * JSON on the web port, which the operator fills (EXT-4).
 */
import type { Outage, Outages } from '../../admin/outage-commands.ts'
import type { HttpExchange } from '../../base/http.ts'
import { section, uris } from '../../base/settings.ts'
import type { Database, Migrations } from '../../server/database.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { prepare } from '../../storage/prepare.ts'
import { dataForm } from '../../xmpp/data-form.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'

const SOS = 'urn:xmpp:sos:0'
const PATH = '/status.json'
/** Pages of any origin may read it: section 2.1 wants it without authentication. */
const HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'content-type': 'application/json',
  'cache-control': 'max-age=60',
}
const isWeb = (text: string): boolean => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '')

const settings = section({
  addresses: uris(
    'Where clients find the status of the server, such as "https://status.example.org/status.json". One of them should be on another machine; this server has a file of that form under /status.json on its web port (`porchlight outage`).',
    isWeb,
    'must be addresses on the web, such as "https://status.example.org/status.json"',
  ),
})

interface Tables {
  outage: { id: number; outage: string }
}
const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('outage')
      .addColumn('id', 'smallint', (c) => c.primaryKey().notNull())
      .addColumn('outage', 'text', (c) => c.notNull()),
  ],
]

class StoredOutage implements Outages {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>
  #current: Outage | null = null

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  get current(): Outage | null {
    return this.#current
  }
  async load(): Promise<void> {
    const [row] = await this.#database.read(this.#queries.load({}))
    this.#current = row === undefined ? null : (JSON.parse(row.outage) as Outage)
  }
  async set(outage: Outage | null): Promise<void> {
    const { put, clear } = this.#queries
    await this.#database.write(outage === null ? clear({}) : put({ outage: JSON.stringify(outage) }))
    this.#current = outage
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    load: prepare(() => db.selectFrom('outage').select('outage').where('id', '=', 1)),
    put: prepare((p: { outage: string }) =>
      db
        .insertInto('outage')
        .values({ id: 1, outage: p.outage })
        .onConflict((c) => c.column('id').doUpdateSet((eb) => ({ outage: eb.ref('excluded.outage') }))),
    ),
    clear: prepare(() => db.deleteFrom('outage').where('id', '=', 1)),
  }
}

const books = new WeakMap<Host, Outages>()
export const outagesOf = (host: Host): Outages => books.get(host)!

export const outageStatus = defineFeature({
  name: 'outage-status',
  specs: [xep(455, 'Service Outage Status', '0.4.0')],
  settings,
  async install(host, { addresses }) {
    await host.database.migrate('xep-0455', migrations)
    const outages = new StoredOutage(host.database)
    await outages.load()
    books.set(host, outages)
    host.http.at(PATH, (exchange) => answer(exchange, outages.current))
    if (addresses.length === 0) return
    const fields = [{ name: 'external-status-addresses', type: 'list-multi', values: addresses } as const]
    const form = dataForm({ type: 'result', formType: SOS, fields })
    host.disco.server.forms.push(() => form)
  },
})

function answer(exchange: HttpExchange, outage: Outage | null): void {
  exchange.allow('GET', 'HEAD', 'OPTIONS')
  if (exchange.method === 'OPTIONS') exchange.reply(204, HEADERS, '')
  else exchange.reply(200, HEADERS, `${JSON.stringify(outage === null ? {} : statusOf(outage))}\n`)
}

/** Section 2.2. */
function statusOf({ planned, beginning, end, message }: Outage): object {
  return {
    planned,
    beginning: formatDateTime(beginning),
    ...(end === null ? {} : { expected_end: formatDateTime(end) }),
    ...(Object.keys(message).length === 0 ? {} : { message }),
  }
}
