/** The archives of accounts in the database. Which position comes next is in memory while an archive is in use. */
import type { Kysely } from 'kysely'
import { BoundedMap } from '../base/bounded-map.ts'
import type { Millis } from '../base/clock.ts'
import { Turns } from '../base/turns.ts'
import {
  NO_PREFS,
  type AccountArchive,
  type Additions,
  type ArchiveFollower,
  type ArchiveLimits,
  type ArchivePrefs,
  type KeptMessage,
  type MessageFilter,
  type MessageToBring,
  type MessageToKeep,
  type Storing,
} from '../server/account-archive.ts'
import type { ArchiveEnd, ArchiveEntry, ArchivePage, ArchiveStore } from '../server/archive.ts'
import type { Database } from '../server/database.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import { retractedIn } from '../xmpp/retraction.ts'
import { ACCOUNT_ARCHIVE, accountArchiveMigrations, type AccountArchiveTables } from './account-archive-tables.ts'
import type { ArchiveTables } from './archive-tables.ts'
import {
  authorOf,
  BY_OWNER,
  BY_PEER,
  entryOfMessage,
  filterOf,
  HELD,
  isByAuthorOf,
  MESSAGE,
  messageOfEntry,
  retracted,
} from './kept-messages.ts'
import { prepare } from './prepare.ts'

/** The most archives of which it is remembered where they end. */
const REMEMBERED_MAX = 20_000

const ALONE: Storing = { isShown: true, more: () => [] }

/** What is remembered of an archive. It is looked up for each use, and never kept over one that waits. */
interface Known {
  lastSeq: number
  edge: number
  prefs: ArchivePrefs
}

export class SqlAccountArchive implements AccountArchive {
  readonly #database: Database
  readonly #archive: ArchiveStore
  readonly #queries: ReturnType<typeof queriesOf>
  readonly #known = new BoundedMap<string, Known>(REMEMBERED_MAX)
  readonly #loading = new Map<string, Promise<void>>()
  readonly #followers = new Map<string, ArchiveFollower>()
  readonly #turns = new Turns<() => Promise<void>>((issue) => issue())

  private constructor(database: Database, archive: ArchiveStore) {
    this.#database = database
    this.#archive = archive
    this.#queries = queriesOf(database.schema<Tables>())
  }
  /** @throws StorageError */
  static async open(database: Database, archive: ArchiveStore): Promise<SqlAccountArchive> {
    await database.migrate(ACCOUNT_ARCHIVE, accountArchiveMigrations)
    return new SqlAccountArchive(database, archive)
  }

  newId(at: Millis): string {
    return this.#archive.newId(at)
  }
  prefs(owner: string): ArchivePrefs | Promise<ArchivePrefs> {
    const known = this.#known.get(owner)
    return known === undefined ? this.#load(owner).then(() => this.prefs(owner)) : known.prefs
  }
  async savePrefs(owner: string, prefs: ArchivePrefs): Promise<void> {
    await this.#database.write(this.#queries.putPrefs({ owner, prefs: JSON.stringify(prefs) }))
    this.#known.delete(owner)
  }
  append(owner: string, message: MessageToKeep, storing: Storing = ALONE): Promise<void> {
    if (this.#known.has(owner) && !this.#turns.isBusy(owner) && !isRetracting(message, storing))
      return this.#add(owner, message, storing, null)
    return this.#appendInTurn(owner, message, storing)
  }
  /** Where something has to be read before, later messages of the owner wait for their turn. */
  async #appendInTurn(owner: string, message: MessageToKeep, storing: Storing): Promise<void> {
    let stored: Promise<void> | null = null
    await this.#turns.take(owner, async () => {
      const target = isRetracting(message, storing) ? await this.#retractedBy(owner, message) : null
      // The reading sees what was issued before it, so no position is given twice
      while (!this.#known.has(owner)) await this.#load(owner)
      stored = this.#add(owner, message, storing, target)
      stored.catch(() => {}) // the caller is told of it
    })
    await stored
  }
  /** XEP-0424: what the message takes back, of the same author. */
  async #retractedBy(owner: string, message: MessageToKeep): Promise<ArchiveEntry | null> {
    const [id] = retractedIn(message.packet.payload)
    const { author, flags } = authorOf(message)
    const [edge, entry] = [await this.#edge(owner), await this.#archive.byFromId(owner, author, id!, flags)]
    return entry !== null && entry.seq > edge && isByAuthorOf(message, entry) ? entry : null
  }
  #add(owner: string, message: MessageToKeep, storing: Storing, target: ArchiveEntry | null): Promise<void> {
    const known = this.#known.get(owner)!
    const seq = (known.lastSeq += 1)
    const kind = storing.isShown ? MESSAGE : HELD
    const entry = entryOfMessage({ owner, seq, stream: this.#archive.nextStream(), kind }, message)
    const follower = this.#followers.get(owner)
    const stored = this.#store(entry, storing, target, message)
    return follower === undefined ? stored : followed(follower, entry, message, stored)
  }
  #store(entry: ArchiveEntry, storing: Storing, target: ArchiveEntry | null, message: MessageToKeep): Promise<void> {
    if (storing === ALONE && target === null) return this.#archive.append([entry])
    const replacements = target === null ? [] : [this.#archive.replacement(retracted(target, message))]
    return this.#database
      .atomically([...this.#archive.additions([entry]), ...replacements, ...storing.more(entry.seq)])
      .then(() => {})
  }
  async additions(owner: string, messages: readonly MessageToBring[]): Promise<Additions> {
    while (!this.#known.has(owner)) await this.#load(owner)
    const known = this.#known.get(owner)!
    const first = known.lastSeq + 1
    const entries = messages.map((message, i) => {
      const kind = message.isShown ? MESSAGE : HELD
      return entryOfMessage({ owner, seq: first + i, stream: this.#archive.nextStream(), kind }, message)
    })
    known.lastSeq += messages.length
    return { statements: this.#archive.additions(entries), first }
  }

  async page(owner: Jid, filter: MessageFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<KeptMessage>> {
    const edge = await this.#edge(owner.bare)
    const { entries, isAll } = await this.#archive.apart.page(filterOf(owner, filter, edge), limit, end)
    return { entries: entries.map((entry) => messageOfEntry(owner, entry)), isAll }
  }
  async count(owner: Jid, filter: MessageFilter, max: number): Promise<number> {
    return this.#archive.apart.count(filterOf(owner, filter, await this.#edge(owner.bare)), max)
  }
  follow(owner: string, follower: ArchiveFollower | null): void {
    if (follower === null) this.#followers.delete(owner)
    else this.#followers.set(owner, follower)
  }
  async byFromId(owner: Jid, peer: string, isSent: boolean, fromId: string): Promise<KeptMessage | null> {
    return this.#shown(owner, await this.#archive.byFromId(owner.bare, peer, fromId, isSent ? BY_OWNER : BY_PEER))
  }
  async byTransaction(owner: Jid, device: string, key: string): Promise<KeptMessage | null> {
    return this.#shown(owner, await this.#archive.byTransaction(owner.bare, device, key))
  }
  async about(owner: Jid, id: string): Promise<readonly KeptMessage[]> {
    return this.#allShown(owner, await this.#archive.about(owner.bare, id, MESSAGE))
  }
  async lastAbout(owner: Jid, id: string, by: { isSent: boolean; before: number }): Promise<readonly KeptMessage[]> {
    const { mask, set } = by.isSent ? BY_OWNER : BY_PEER
    const sought = { owner: owner.bare, target: id, kind: MESSAGE, before: by.before, mask, set }
    return this.#allShown(owner, await this.#archive.lastAbout(sought))
  }
  async #allShown(owner: Jid, found: readonly ArchiveEntry[]): Promise<readonly KeptMessage[]> {
    const edge = await this.#edge(owner.bare)
    return found.filter(({ seq }) => seq > edge).map((entry) => messageOfEntry(owner, entry))
  }
  at(owner: string, stream: number): Promise<number> {
    return this.#archive.at(owner, stream)
  }
  async #shown(owner: Jid, entry: ArchiveEntry | null): Promise<KeptMessage | null> {
    const edge = await this.#edge(owner.bare)
    return entry === null || entry.seq <= edge || entry.kind !== MESSAGE ? null : messageOfEntry(owner, entry)
  }
  async named(owner: Jid, peer: Jid, id: string): Promise<Packet | null> {
    const [edge, entry] = [await this.#edge(owner.bare), await this.#archive.byFromId(owner.bare, peer.bare, id)]
    return entry === null || entry.seq <= edge ? null : messageOfEntry(owner, entry).packet
  }
  async byId(owner: Jid, id: string): Promise<KeptMessage | null> {
    return this.#shown(owner, await this.#archive.apart.byId(owner.bare, id))
  }
  async positionOf(owner: string, id: string): Promise<number | null> {
    const [edge, entry] = [await this.#edge(owner), await this.#archive.byId(owner, id)]
    return entry === null || entry.seq <= edge || entry.kind !== MESSAGE ? null : entry.seq
  }
  async shorten(owner: string, { before, messagesMax, octetsMax }: ArchiveLimits): Promise<number> {
    const newest = await this.#archive.newest(owner)
    const known = await this.#edge(owner)
    // Counting is spared while the positions cannot hold so many
    const entriesMax = newest.seq - known > messagesMax ? messagesMax : null
    const found = await this.#archive.edgeFor(owner, { before, entriesMax, octetsMax, kinds: [MESSAGE] })
    const edge = Math.max(Math.min(found, newest.seq), known)
    if (edge > known) await this.#database.write(this.#queries.putEdge({ owner, edge }))
    if (edge > known) this.#known.delete(owner)
    // Also what an earlier attempt has left, which the end of the process has cut short
    if (edge > 0) await this.#archive.remove(owner, edge)
    return edge
  }
  prepare(owner: string): Promise<void> {
    return this.#archive.prepare(owner)
  }
  async owners(after: string, limit: number): Promise<readonly string[]> {
    const owners: string[] = []
    for (let last = after; owners.length < limit;) {
      const [row] = await this.#database.read(this.#queries.ownerAfter({ owner: last }))
      if (row === undefined || row.owner === null) break
      owners.push((last = row.owner))
    }
    return owners
  }
  ownersSince(time: Millis): Promise<ReadonlySet<string>> {
    return this.#archive.ownersSince(time)
  }
  async clear(owner: string): Promise<void> {
    this.#known.delete(owner)
    const [hidden] = await this.#database.atomically([this.#queries.hideAll({ owner }), this.#queries.dropPrefs({ owner })])
    this.#known.delete(owner)
    if (hidden === 0) return
    await this.#archive.remove(owner, await this.#edge(owner))
    await this.#database.write(this.#queries.dropEmpty({ owner }))
  }

  async #edge(owner: string): Promise<number> {
    for (;;) {
      const known = this.#known.get(owner)
      if (known !== undefined) return known.edge
      await this.#load(owner)
    }
  }
  #load(owner: string): Promise<void> {
    const underWay = this.#loading.get(owner)
    if (underWay !== undefined) return underWay
    const loading = this.#read(owner).finally(() => this.#loading.delete(owner))
    this.#loading.set(owner, loading)
    return loading
  }
  async #read(owner: string): Promise<void> {
    const { of, placed } = this.#queries
    const [{ seq }, [row], [last]] = await Promise.all([
      this.#archive.newest(owner),
      this.#database.read(of({ owner })),
      this.#database.read(placed({ owner })),
    ])
    const edge = row?.edge ?? 0
    const prefs = row === undefined || row.prefs === null ? NO_PREFS : (JSON.parse(row.prefs) as ArchivePrefs)
    // The newest entry may have gone when its receiver had it, and its position is in use where it was looked up by person
    this.#known.set(owner, { lastSeq: Math.max(seq, edge, last?.seq ?? 0), edge, prefs })
  }
}

/** Tells the follower what becomes of an entry. */
function followed(follower: ArchiveFollower, entry: ArchiveEntry, message: MessageToKeep, stored: Promise<void>): Promise<void> {
  const { stream, kind } = entry
  follower.storing(stream)
  const own = message.isSent ? message.packet.from : message.packet.to!
  return stored.then(
    () => follower.stored(stream, kind === MESSAGE ? messageOfEntry(own.asBare, entry) : null),
    (error: unknown) => {
      follower.failed(stream)
      throw error
    },
  )
}

/** Does the message take back one other? */
const isRetracting = ({ packet }: MessageToKeep, { isShown }: Storing): boolean =>
  isShown && retractedIn(packet.payload).length === 1

type Tables = AccountArchiveTables & Pick<ArchiveTables, 'archive' | 'archive_peers_up_to'>

function queriesOf(db: Kysely<Tables>) {
  return {
    of: prepare((p: { owner: string }) =>
      db.selectFrom('archive_account').select(['edge', 'prefs']).where('owner', '=', p.owner),
    ),
    placed: prepare((p: { owner: string }) => db.selectFrom('archive_peers_up_to').select('seq').where('owner', '=', p.owner)),
    putPrefs: prepare((p: { owner: string; prefs: string }) =>
      db
        .insertInto('archive_account')
        .values({ owner: p.owner, edge: 0, prefs: p.prefs })
        .onConflict((c) => c.column('owner').doUpdateSet((eb) => ({ prefs: eb.ref('excluded.prefs') }))),
    ),
    putEdge: prepare((p: { owner: string; edge: number }) =>
      db
        .insertInto('archive_account')
        .values({ owner: p.owner, edge: p.edge })
        .onConflict((c) => c.column('owner').doUpdateSet((eb) => ({ edge: eb.ref('excluded.edge') }))),
    ),
    /** Rooms own archives too, under names without "@". */
    ownerAfter: prepare((p: { owner: string }) =>
      db
        .selectFrom('archive')
        .select((eb) => eb.fn.min('owner').as('owner'))
        .where('owner', '>', p.owner),
    ),
    dropPrefs: prepare((p: { owner: string }) =>
      db.updateTable('archive_account').set({ prefs: null }).where('owner', '=', p.owner),
    ),
    /** Changes nothing where there are no entries. */
    hideAll: prepare((p: { owner: string }) =>
      db
        .insertInto('archive_account')
        .columns(['owner', 'edge'])
        .expression((eb) =>
          eb
            .selectFrom('archive')
            .select((one) => [one.cast<string>(one.val(p.owner), 'text').as('a'), one.fn.max('seq').as('b')])
            .where('owner', '=', p.owner)
            .having((one) => one(one.fn.count('seq'), '>', 0)),
        )
        .onConflict((c) => c.column('owner').doUpdateSet((eb) => ({ edge: eb.ref('excluded.edge') }))),
    ),
    dropEmpty: prepare((p: { owner: string }) =>
      db
        .deleteFrom('archive_account')
        .where('owner', '=', p.owner)
        .where('prefs', 'is', null)
        .where(({ not, exists, selectFrom }) => not(exists(selectFrom('archive').select('seq').where('owner', '=', p.owner)))),
    ),
  }
}
