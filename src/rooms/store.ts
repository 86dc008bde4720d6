/** Rooms in the database. What a plan changes, its log with it, is written as a whole or not at all. */
import type { Millis } from '../base/clock.ts'
import { everythingOf, pagesFrom, type ArchiveStore } from '../server/archive.ts'
import type { Database, Statement } from '../server/database.ts'
import type { Jid } from '../xmpp/jid.ts'
import { payloadOfStored, storedPayload } from '../xmpp/stored-packet.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import { archived, changesAffiliation, entryOf, replaced, type Entry } from './log.ts'
import { DEFAULTS, type Field, type RoomConfig } from './machine/config.ts'
import type { Plan } from './machine/plan.ts'
import { putMember, Room, type Ended, type Hat, type Member, type RoomFacts, type Seq, type Subject } from './machine/room.ts'
import { roomQueries } from './store-queries.ts'
import { ROOMS, roomMigrations, type RoomTables } from './tables.ts'

type RoomRow = RoomTables['room']
type MemberRow = RoomTables['room_member']

/** A room as it is loaded, with what only the store knows of it. */
export interface LoadedRoom {
  readonly room: Room
  /** Of the log: nothing at this position or before is complete. */
  readonly edge: number
  /** Of the newest entry of the log; 0: it has none. */
  readonly lastAt: Millis
}
/** That a room was destroyed, and who may make the address anew. */
export interface Tombstone extends Ended {
  readonly at: Millis
  readonly owners: readonly string[]
}
export interface ListedRoom {
  readonly address: string
  readonly name: string
  /** The id of its security label (XEP-0258); '' for none. */
  readonly label: string
}
/** A room with which somebody has a standing that lasts. */
export interface LastingRoom {
  readonly uid: string
  readonly address: Jid
  /** They belong to it. */
  readonly isJoined: boolean
  /** They have left it, or are banned. */
  readonly isOver: boolean
}
/** What an operator sees of a room in a list. */
export interface FoundRoom extends Omit<ListedRoom, 'label'> {
  readonly createdAt: Millis
  readonly isPublic: boolean
  readonly isPersistent: boolean
  /** It waits for its first configuration. */
  readonly isLocked: boolean
}
/** How long the remains of a room are kept. */
export interface RemainsTimes {
  readonly tombstoneMs: Millis
  readonly destroyedLogMs: Millis
  /** Of a temporary room that has ended. */
  readonly endedLogMs: Millis
}
export const REMAINS: RemainsTimes = { tombstoneMs: 30 * 86_400_000, destroyedLogMs: 7 * 86_400_000, endedLogMs: 86_400_000 }

/** What others store along with the end of a room. @param stream the number of the end in the stream */
export type AlongEnd = (plan: Plan, entries: readonly Entry[], stream: number) => Promise<readonly Statement[]>

const LOGS_AT_ONCE = 20
const CHANGES_PAGE = 100

export class RoomStore {
  readonly alongEnds: AlongEnd[] = []
  readonly #database: Database
  readonly #archive: ArchiveStore
  readonly #queries: ReturnType<typeof roomQueries>
  readonly #times: RemainsTimes

  private constructor(database: Database, archive: ArchiveStore, times: RemainsTimes) {
    this.#database = database
    this.#archive = archive
    this.#queries = roomQueries(database.schema<RoomTables>())
    this.#times = times
  }
  /** @throws StorageError */
  static async open(database: Database, archive: ArchiveStore, times: RemainsTimes = REMAINS): Promise<RoomStore> {
    await database.migrate(ROOMS, roomMigrations)
    return new RoomStore(database, archive, times)
  }

  /** Null: there is no room at this address. */
  async load(address: Jid): Promise<LoadedRoom | null> {
    const of = { address: address.bare }
    const [[row], members, [card], [hats]] = await Promise.all([
      this.#database.read(this.#queries.byAddress(of)),
      this.#database.read(this.#queries.members(of)),
      this.#database.read(this.#queries.pictures(of)),
      this.#database.read(this.#queries.hats(of)),
    ])
    if (row === undefined) return null
    const { uid, created_at: createdAt, edge } = row
    const room = new Room(
      { uid, address, createdAt, secret: Buffer.from(row.secret, 'base64url') },
      factsOf(row, card?.pictures ?? '', hatsOfStored(hats?.hats ?? '[]')),
    )
    for (const member of members) putMember(room, member.jid, memberOf(member))
    const { seq, time } = await this.#archive.newest(uid)
    room.lastSeq = Math.max(edge, seq)
    room.affiliationsAt = await this.#affiliationsAt(uid)
    return { room, edge, lastAt: time }
  }
  /** The newest change of an affiliation, as far as the log goes back. */
  async #affiliationsAt(uid: string): Promise<Seq> {
    const filter = { ...everythingOf(uid), kinds: ['member'] }
    for await (const rows of pagesFrom((range) => this.#archive.page({ ...filter, ...range }, CHANGES_PAGE, 'last'), 'last')) {
      const change = rows.map(entryOf).findLast(changesAffiliation)
      if (change !== undefined) return change.seq
    }
    return 0
  }
  /** The card of a room, as XML; null: it has none. */
  async card(uid: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.card({ uid }))
    return row?.card ?? null
  }
  /** Null: there is no such room. */
  async addressOf(uid: string): Promise<Jid | null> {
    const [row] = await this.#database.read(this.#queries.addressOf({ uid }))
    return row === undefined ? null : storedJid(row.address)
  }
  /** Null: no room was destroyed here lately. */
  async tombstone(address: Jid, now: Millis): Promise<Tombstone | null> {
    const query = this.#queries.tombstone({ address: address.bare, after: now - this.#times.tombstoneMs })
    const [row] = await this.#database.read(query)
    if (row === undefined) return null
    const { why, alternate, reason, ended_at: at } = row
    return { why, alternate, reason, at, owners: JSON.parse(row.owners) as string[] }
  }

  /**
   * @param isNew the room was not there before
   * @param stream the first number in the stream of what is stored; 0: nothing has a number
   * @throws StorageError: nothing was changed
   */
  async save(plan: Plan, entries: readonly Entry[], isNew: boolean, stream = 0): Promise<void> {
    const { room, facts } = plan
    const { now } = plan.circumstances
    const statements: Statement[] = []
    if (isNew) statements.push(this.#queries.insert(rowOf(room, facts)))
    statements.push(...this.#archive.additions(entries.map((entry) => archived(room.uid, entry))))
    for (const replacement of plan.replacements) statements.push(this.#archive.replacement(replaced(room.uid, replacement)))
    if (facts.ended === null) {
      if (!isNew && facts !== room.facts) statements.push(this.#queries.update(rowOf(room, facts)))
      statements.push(...this.#memberStatements(plan, now))
      if (facts.hats !== room.facts.hats) statements.push(this.#queries.putHats({ uid: room.uid, hats: storedHats(facts.hats) }))
      if (plan.card !== null) statements.push(this.#cardStatement(room.uid, plan.card, facts.pictures))
    } else {
      for (const along of this.alongEnds) statements.push(...(await along(plan, entries, stream)))
      statements.push(...this.#end(plan, facts.ended, now))
    }
    await this.#database.atomically(statements)
  }
  #cardStatement(uid: string, card: string, pictures: readonly string[]): Statement {
    return card === '' ? this.#queries.dropCard({ uid }) : this.#queries.putCard({ uid, card, pictures: pictures.join(' ') })
  }
  *#memberStatements({ room: { uid }, members }: Plan, now: Millis): Generator<Statement> {
    for (const [jid, member] of members.changes)
      yield member === null ? this.#queries.dropMember({ uid, jid }) : this.#queries.putMember(memberRow(uid, member, now))
  }
  #end({ room, members }: Plan, { why, alternate, reason }: Ended, now: Millis): readonly Statement[] {
    const { uid, address } = room
    const owners = [...members].filter(([, { affiliation }]) => affiliation === 'owner').map(([jid]) => jid)
    const logMs = why === 'destroyed' ? this.#times.destroyedLogMs : this.#times.endedLogMs
    const remains = { uid, address: address.bare, why, ended_at: now, alternate, reason, owners: JSON.stringify(owners) }
    return [this.#queries.bury({ ...remains, log_until: now + logMs }), this.#queries.drop({ uid })]
  }
  /** 0 also if there is no such room. */
  async edge(uid: string): Promise<Seq> {
    return (await this.#database.read(this.#queries.edge({ uid })))[0]?.edge ?? 0
  }
  async moveEdge(uid: string, edge: number): Promise<void> {
    await this.#database.write(this.#queries.moveEdge({ uid, edge }))
  }

  /** Public rooms of a domain in the order of their addresses, behind `after`. */
  async listed(domain: string, after: string, limit: number): Promise<readonly ListedRoom[]> {
    return (await this.#database.read(this.#queries.listed({ domain, after, limit }))).map(listedOf)
  }
  /** Those in front of `before`, the nearest ones, in the same order. */
  async listedBefore(domain: string, before: string, limit: number): Promise<readonly ListedRoom[]> {
    return (await this.#database.read(this.#queries.listedBefore({ domain, before, limit }))).map(listedOf).toReversed()
  }
  /** All rooms whose address or name contains a text, in upper or lower case; for operators. */
  async found(part: string, after: string, limit: number): Promise<readonly FoundRoom[]> {
    const like = `%${part.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
    return (await this.#database.read(this.#queries.found({ like, after, limit }))).map(foundOf)
  }
  /** How many rooms there are. */
  async count(): Promise<number> {
    return Number((await this.#database.read(this.#queries.count({})))[0]!.total)
  }
  /** Rooms that may be there for nobody any more: temporary ones, and ones that were never configured. */
  async unsettled(after: string, limit: number): Promise<readonly Jid[]> {
    return (await this.#database.read(this.#queries.unsettled({ after, limit }))).map(({ address }) => storedJid(address))
  }
  /** All rooms in the order of their `uid`, behind `after`. */
  after(after: string, limit: number): Promise<readonly Pick<RoomRow, 'uid' | 'address' | 'edge'>[]> {
    return this.#database.read(this.#queries.after({ after, limit }))
  }
  /** Rooms in which something is kept of a person. */
  async roomsOf(jid: string): Promise<readonly Jid[]> {
    return (await this.#database.read(this.#queries.ofPerson({ jid }))).map(({ address }) => storedJid(address))
  }
  /** Rooms with which a person has a standing that lasts. */
  async lastingOf(jid: string): Promise<readonly LastingRoom[]> {
    const rows = await this.#database.read(this.#queries.lastingOf({ jid }))
    return rows.map(({ uid, address, affiliation, standing, lasting }) => ({
      uid,
      address: storedJid(address),
      isJoined: lasting === 1 && standing === 'joined',
      isOver: affiliation === 'outcast' || standing === 'left',
    }))
  }
  /** How many rooms a person owns and how many of these they have not configured yet, counted as far as `max`. */
  async holdings(jid: string, max: number): Promise<{ readonly owned: number; readonly locked: number }> {
    const [owned, locked] = await Promise.all([
      this.#database.read(this.#queries.owned({ jid, limit: max })),
      this.#database.read(this.#queries.locked({ jid, limit: max })),
    ])
    return { owned: owned.length, locked: locked.length }
  }

  /** Removes what is no longer to be kept of rooms that have ended. */
  async clear(now: Millis): Promise<void> {
    const due = await this.#database.read(this.#queries.logsToGo({ now, limit: LOGS_AT_ONCE }))
    for (const { uid } of due) {
      await this.#archive.remove(uid)
      await this.#database.write(this.#queries.logGone({ uid }))
    }
    await this.#database.write(this.#queries.forgetRemains({ before: now - this.#times.tombstoneMs }))
  }
}

type FoundRow = Pick<RoomRow, 'address' | 'name' | 'created_at' | 'public' | 'persistent' | 'locked_for'>
const foundOf = (row: FoundRow): FoundRoom => ({
  address: row.address,
  name: row.name,
  createdAt: row.created_at,
  isPublic: row.public === 1,
  isPersistent: row.persistent === 1,
  isLocked: row.locked_for !== null,
})

const listedOf = ({ address, name, config }: Pick<RoomTables['room'], 'address' | 'name' | 'config'>): ListedRoom => ({
  address,
  name,
  label: configOf(config).label,
})
const configOf = (json: string): RoomConfig => ({ ...DEFAULTS, ...(JSON.parse(json) as Partial<RoomConfig>) })

function rowOf({ uid, address, createdAt, secret }: Room, { config, subject, lockedFor }: RoomFacts): RoomRow {
  return {
    uid,
    domain: address.domain,
    address: address.bare,
    created_at: createdAt,
    config: JSON.stringify(
      Object.fromEntries(Object.entries(config).filter(([field, value]) => DEFAULTS[field as Field] !== value)),
    ),
    name: config.name,
    public: config.public ? 1 : 0,
    persistent: config.persistent ? 1 : 0,
    locked_for: lockedFor?.owner ?? null,
    locked_at: lockedFor?.since ?? null,
    ...subjectColumns(subject),
    secret: Buffer.from(secret).toString('base64url'),
    edge: 0,
  }
}
const subjectColumns = (subject: Subject | null) => ({
  subject: subject === null ? null : storedPayload(subject.payload),
  subject_by: subject?.by ?? null,
  subject_nick: subject?.nick ?? null,
  subject_at: subject?.at ?? null,
})
const storedHats = (hats: readonly Hat[]): string => JSON.stringify(hats.map(({ uri, title, hue }) => [uri, title, hue]))
const hatsOfStored = (json: string): readonly Hat[] =>
  (JSON.parse(json) as [string, string, string][]).map(([uri, title, hue]) => ({ uri, title, hue }))
function factsOf(row: RoomRow, pictures: string, hats: readonly Hat[]): RoomFacts {
  const { locked_for: owner, locked_at: since, subject, subject_by: by, subject_nick: nick, subject_at: at } = row
  return {
    config: configOf(row.config),
    subject: subject === null || by === null || at === null ? null : { payload: payloadOfStored(subject), by, nick, at },
    lockedFor: owner === null || since === null ? null : { owner, since },
    pictures: pictures === '' ? [] : pictures.split(' '),
    hats,
    ended: null,
    quietFrom: null,
  }
}

const memberRow = (uid: string, member: Member, now: Millis): MemberRow => ({
  uid,
  jid: member.jid,
  affiliation: member.affiliation,
  nick: member.nick,
  role: member.role,
  standing: member.standing?.is ?? null,
  lasting: member.standing?.lasting === true ? 1 : 0,
  by_jid: member.standing?.by ?? null,
  until: member.standing?.until ?? null,
  registered: member.registered ? 1 : 0,
  by_registration: member.byRegistration ? 1 : 0,
  reason: member.reason,
  hats: member.hats.join(' '),
  since: now,
})
const memberOf = (row: MemberRow): Member => ({
  jid: row.jid,
  affiliation: row.affiliation,
  nick: row.nick,
  role: row.role,
  standing: row.standing === null ? null : { is: row.standing, lasting: row.lasting === 1, by: row.by_jid, until: row.until },
  registered: row.registered === 1,
  byRegistration: row.by_registration === 1,
  reason: row.reason,
  hats: row.hats === '' ? [] : row.hats.split(' '),
})
