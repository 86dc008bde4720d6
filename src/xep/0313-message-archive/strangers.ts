/**
 * What strangers may add to an archive: so many messages and octets in any 30 days, and none of them more than is still free for
 * others. So they cannot push out what others have said, nor fill the disk. A message beyond that is not archived, and delivered all
 * the same. People to whom the user has written are no strangers.
 */
import type { Kysely } from 'kysely'
import type { Clock, Millis } from '../../base/clock.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { WrittenTo } from '../../server/account/written-to.ts'
import { required, type Database, type Migrations, type Statement } from '../../server/database.ts'
import type { Along } from '../../server/ports.ts'
import type { Parties } from '../../server/routing/parties.ts'
import type { Router } from '../../server/routing/router.ts'
import { holderOf, isStrangerTo } from '../../server/routing/strangers.ts'
import { prepare } from '../../storage/prepare.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StrangersUse, type Amount } from './strangers-use.ts'

/** How long a message counts. */
const COUNTED_MS: Millis = 30 * 86_400_000

interface StrangerTables {
  archive_stranger: { owner: string; seq: number; at: Millis; octets: number; holder: string }
}
export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('archive_stranger')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('octets', 'integer', (c) => c.notNull())
      .addColumn('holder', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('archive_stranger_key', ['owner', 'seq']),
  ],
]

export interface StrangersParts {
  readonly clock: Clock
  readonly database: Database
  readonly router: Router
  readonly parties: Parties
  readonly writtenTo: WrittenTo
  readonly messagesMax: number
  readonly octetsMax: number
}

export const NOTHING: Along = () => []

export class Strangers {
  readonly #parts: StrangersParts
  readonly #queries: ReturnType<typeof queriesOf>
  readonly #use: StrangersUse

  constructor(parts: StrangersParts) {
    this.#parts = parts
    this.#queries = queriesOf(parts.database.schema<StrangerTables>())
    const max = { messages: parts.messagesMax, octets: parts.octetsMax }
    this.#use = new StrangersUse(max, (owner) => this.#used(owner))
  }
  /** What a message that has arrived takes of the share of its sender. */
  shareOf(account: LocalAccount, packet: Packet): Along | Promise<Along> {
    const { router, writtenTo } = this.#parts
    if (!isStrangerTo(router, account, packet.from)) return NOTHING
    const share: Along = (seq) => [this.#addition(account.bare.bare, seq, packet)]
    const has = writtenTo.has(account, packet.from)
    if (typeof has === 'boolean') return has ? NOTHING : share
    // If that cannot be read, the message cannot be stored either, which is told there
    return has.then(
      (is) => (is ? NOTHING : share),
      () => share,
    )
  }
  /** Those up to this position are gone; older ones do not count any more. */
  async shorten(owner: string, edge: number): Promise<void> {
    const { database, clock } = this.#parts
    await database.write(this.#queries.drop({ owner, edge, before: clock.now() - COUNTED_MS }))
    this.#use.forget(owner)
  }
  /** The account is gone. */
  forget(owner: string): Promise<void> {
    return this.shorten(owner, Number.MAX_SAFE_INTEGER)
  }

  /** Adding up what is there takes longer the more it is: that is left out where there is room for sure. */
  #addition(owner: string, seq: number, packet: Packet): Statement {
    const { clock, router, parties, messagesMax, octetsMax } = this.#parts
    const at = clock.now()
    const octets = packet.wire.length
    const holder = holderOf(router, parties, packet.from)
    const row = { owner, seq, at, octets, holder }
    if (this.#use.takes(owner, octets)) return this.#queries.add(row)
    return required(this.#queries.addIfRoom({ ...row, since: at - COUNTED_MS, messagesMax, octetsMax }))
  }
  async #used(owner: string): Promise<Amount> {
    const { database, clock } = this.#parts
    const [used] = await database.read(this.#queries.used({ owner, since: clock.now() - COUNTED_MS }))
    return { messages: Number(used!.messages), octets: Number(used!.octets) }
  }
}

type Row = StrangerTables['archive_stranger']
interface Addition extends Row {
  since: Millis
  messagesMax: number
  octetsMax: number
}

function queriesOf(db: Kysely<StrangerTables>) {
  const table = 'archive_stranger'
  return {
    add: prepare(({ owner, seq, at, octets, holder }: Row) => db.insertInto(table).values({ owner, seq, at, octets, holder })),
    used: prepare((p: { owner: string; since: Millis }) =>
      db
        .selectFrom(table)
        .select((eb) => [
          eb.fn.countAll<number>().as('messages'),
          eb.fn.coalesce(eb.fn.sum<number>('octets'), eb.lit(0)).as('octets'),
        ])
        .where('owner', '=', p.owner)
        .where('at', '>', p.since),
    ),
    /** What the sender has counts twice: it may not be more than what is free. */
    addIfRoom: prepare((p: Addition) =>
      db
        .insertInto(table)
        .columns(['owner', 'seq', 'at', 'octets', 'holder'])
        .expression((eb) => {
          const big = (value: number) => eb.cast<number>(eb.val(value), 'bigint')
          const text = (value: string) => eb.cast<string>(eb.val(value), 'text')
          const times = eb.case().when('holder', '=', p.holder).then(2).else(1).end()
          const used = eb.fn.coalesce(eb.fn.sum<number>(times), eb.lit(0))
          const octets = eb.fn.coalesce(eb.fn.sum<number>(eb(times, '*', eb.ref('octets'))), eb.lit(0))
          return eb
            .selectFrom(table)
            .select([
              text(p.owner).as('a'),
              // SQLite knows a query as one of sums by what it selects
              eb(big(p.seq), '+', eb(eb.fn.countAll<number>(), '*', eb.lit(0))).as('b'),
              big(p.at).as('c'),
              eb.cast<number>(eb.val(p.octets), 'integer').as('d'),
              text(p.holder).as('e'),
            ])
            .where('owner', '=', p.owner)
            .where('at', '>', p.since)
            .having(used, '<', p.messagesMax)
            .having(eb(octets, '+', big(p.octets)), '<=', p.octetsMax)
        }),
    ),
    drop: prepare((p: { owner: string; edge: number; before: Millis }) =>
      db
        .deleteFrom(table)
        .where('owner', '=', p.owner)
        .where((eb) => eb.or([eb('seq', '<=', p.edge), eb('at', '<=', p.before)])),
    ),
  }
}
