/**
 * Rosters (RFC 6121 section 2) and waiting subscription requests (3.1.3), with the data for versioning (2.6): each item has the
 * version of its last push, and a removed one stays as a tombstone for 90 days.
 */
import type { Clock, Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { NO_GROUPS } from '../im/account.ts'
import type { Farewell } from '../im/farewells.ts'
import {
  RosterConflict,
  type Decision,
  type PendingRequest,
  type Relation,
  type RosterChange,
  type RosterChanges,
  type RosterItem,
  type RosterStore,
  type SentRequest,
  type StoredRoster,
} from '../server/ports.ts'
import type { Packet } from '../xmpp/packet.ts'
import { required, type Database, type Query, type Statement } from '../server/database.ts'
import { chosenPolicy } from './accounts.ts'
import { keeping } from './decisions.ts'
import { lastPresence } from './last-presence.ts'
import {
  relationsQuery,
  rosterQueries,
  type ItemRow,
  type RelationRow,
  type RequestRow,
  type RosterQueries,
} from './roster-queries.ts'
import { StorageError } from './storage-error.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import { packetOfStored, storedPacket, type StoredPacket } from '../xmpp/stored-packet.ts'

const TOMBSTONE_MS = 90 * 86_400_000
/** What is stored of a request in addition to its addresses and its id. */
type Columns = Pick<StoredPacket, 'lang' | 'extra' | 'payload'>
/** The most accounts of one query; a longer list takes several. */
const OWNERS_MAX = 500

/** For `RosterStore.epoch`: 48 bits do not repeat in the life of a database. */
export const newEpoch = (entropy: Entropy): string => entropy.bytes(6).toString('base64url')

export class SqlRosters implements RosterStore {
  readonly epoch: string
  readonly #database: Database
  readonly #clock: Clock
  readonly #queries: RosterQueries
  readonly #keeping: ReturnType<typeof keeping>
  /** By the number of owners, a power of two or the maximum: few statement texts for all lengths. */
  readonly #relations = new Map<number, (values: readonly string[]) => Query<RelationRow>>()

  /** @param epoch a new one each time the database is opened */
  constructor(database: Database, clock: Clock, epoch: string) {
    this.epoch = epoch
    this.#database = database
    this.#clock = clock
    this.#queries = rosterQueries(database)
    this.#keeping = keeping(database)
  }

  async load(owner: string): Promise<StoredRoster> {
    const { state, items, requests } = this.#queries
    const of = { owner }
    const [[roster], itemRows, requestRows] = await Promise.all([
      this.#database.read(state(of)),
      this.#database.read(items(of)),
      this.#database.read(requests(of)),
    ])
    return {
      version: roster?.version ?? 0,
      epoch: roster?.epoch ?? '',
      items: itemRows.map(itemOf),
      pending: requestRows.map((row) => requestOf(owner, row)),
    }
  }

  /** The statements that put items and requests into the roster of an account that is created along with it, with that version. */
  contents(
    owner: string,
    version: number,
    items: readonly RosterItem[],
    pending: readonly PendingRequest[],
  ): readonly Statement[] {
    return [
      ...items.map((item) => this.#queries.putQuietly({ owner, contact: item.jid.full, version, ...columnsOf(item) })),
      ...pending.map((request) => this.#putRequest(owner, request)),
    ]
  }

  async save(owner: string, change: RosterChange, decisions: readonly Decision[] = []): Promise<void> {
    const { version, pushed } = change
    const { step, stay } = this.#queries
    const statements = [this.#itemStatement(owner, change), this.#requestStatement(owner, change)]
    if (change.item?.ask !== true) statements.push(this.#queries.dropSent({ owner, contact: change.contact.full }))
    try {
      // One version more, or the same. A change that was decided on another roster than the stored one finds no row.
      const turn = pushed ? step({ owner, version, epoch: this.epoch, before: version - 1 }) : stay({ owner, version })
      await this.#database.atomically([required(turn), ...statements, ...this.#keeping(decisions)])
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') throw new RosterConflict(owner)
      throw error
    }
  }

  async changesSince(owner: string, version: number): Promise<RosterChanges | null> {
    const [[roster], rows] = await Promise.all([
      this.#database.read(this.#queries.state({ owner })),
      this.#database.read(this.#queries.itemsSince({ owner, version })),
    ])
    if (roster === undefined || version < roster.horizon || version > roster.version) return null
    const items = rows.map((row) => {
      const item = row.removed_at === null ? itemOf(row) : null
      return { version: row.version, jid: item?.jid ?? storedJid(row.contact), item }
    })
    return { version: roster.version, items }
  }

  async keepRequest(owner: string, stanza: Packet, now: Millis): Promise<void> {
    const { to, lang, extra, payload } = storedPacket(stanza)
    await this.#database.write(this.#queries.putSent({ owner, contact: to!, sentAt: now, lang, extra, payload }))
  }

  async keptRequests(owner: string): Promise<readonly SentRequest[]> {
    const rows = await this.#database.read(this.#queries.sent({ owner }))
    return rows.map((row) => ({
      stanza: requestStanza(owner, row.contact, null, row),
      sentAt: row.sent_at,
    }))
  }

  async keepFarewell(owner: string, { contact, saidAt, times }: Farewell): Promise<void> {
    await this.#database.write(this.#queries.putFarewell({ owner, contact: contact.full, saidAt, times }))
  }

  async dropFarewell(owner: string, contact: string): Promise<void> {
    await this.#database.write(this.#queries.dropFarewell({ owner, contact }))
  }

  async farewells(owner: string): Promise<readonly Farewell[]> {
    const rows = await this.#database.read(this.#queries.farewells({ owner }))
    return rows.map((row) => ({ contact: storedJid(row.contact), saidAt: row.said_at, times: row.times }))
  }

  async relations(contact: string, owners: readonly string[]): Promise<readonly Relation[]> {
    const chunks: Promise<readonly RelationRow[]>[] = []
    for (let i = 0; i < owners.length; i += OWNERS_MAX) chunks.push(this.#relationsOf(contact, owners.slice(i, i + OWNERS_MAX)))
    const rows = (await Promise.all(chunks)).flat()
    return rows.map((row) => ({
      owner: row.owner,
      subscription: row.subscription ?? 'none',
      policy: chosenPolicy(row),
      last: row.at === null ? null : lastPresence(row.at, row.payload!),
    }))
  }

  async purge(now: Millis): Promise<number> {
    const before = now - TOMBSTONE_MS
    const [, forgotten] = await this.#database.atomically([
      this.#queries.raiseHorizon({ before }),
      this.#queries.forget({ before }),
      this.#queries.forgetFarewells({ before }),
    ])
    return forgotten!
  }

  #relationsOf(contact: string, owners: readonly string[]): Promise<readonly RelationRow[]> {
    const places = Math.min(OWNERS_MAX, 2 ** Math.ceil(Math.log2(owners.length)))
    let query = this.#relations.get(places)
    if (query === undefined) this.#relations.set(places, (query = relationsQuery(this.#database, places)))
    const values = [contact, ...owners]
    while (values.length <= places) values.push(owners[0]!)
    return this.#database.read(query(values))
  }

  #itemStatement(owner: string, { contact: { full: contact }, item, version, pushed }: RosterChange): Statement {
    const { put, putQuietly, bury, dropQuietly } = this.#queries
    if (item !== null) return (pushed ? put : putQuietly)({ owner, contact, version, ...columnsOf(item) })
    return pushed ? bury({ owner, contact, version, removedAt: this.#clock.now() }) : dropQuietly({ owner, contact })
  }

  #requestStatement(owner: string, { contact: { full: contact }, pending }: RosterChange): Statement {
    if (pending === null) return this.#queries.dropRequest({ owner, contact })
    return this.#putRequest(owner, pending)
  }
  #putRequest(owner: string, { from: { full: contact }, stanza, receivedAt }: PendingRequest): Statement {
    const { id, lang, extra, payload } = storedPacket(stanza)
    return this.#queries.putRequest({ owner, contact, id, receivedAt, lang, extra, payload })
  }
}

const columnsOf = (item: RosterItem) => ({
  name: item.name,
  groups: item.groups.length === 0 ? '' : JSON.stringify(item.groups),
  subscription: item.subscription,
  ask: item.ask ? (1 as const) : (0 as const),
  approved: item.approved ? (1 as const) : (0 as const),
})

const itemOf = (row: ItemRow): RosterItem => ({
  jid: storedJid(row.contact),
  name: row.name,
  groups: row.groups === '' ? NO_GROUPS : (JSON.parse(row.groups) as readonly string[]),
  subscription: row.subscription,
  ask: row.ask === 1,
  approved: row.approved === 1,
})

function requestOf(owner: string, row: RequestRow): PendingRequest {
  const stanza = requestStanza(row.contact, owner, row.id, row)
  return { from: stanza.from, stanza, receivedAt: row.received_at }
}

const requestStanza = (from: string, to: string, id: string | null, row: Columns): Packet =>
  packetOfStored({ kind: 'presence', type: 'subscribe', from, to, id, lang: row.lang, extra: row.extra, payload: row.payload })
