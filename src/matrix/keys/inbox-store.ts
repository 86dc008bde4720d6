/** What is stored of messages from device to device: those that no request has acknowledged, and which requests were carried out. */
import { sql, type Kysely } from 'kysely'
import { required, type Database } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { Place } from './store.ts'
import type { InboxRow, KeyTables, SentRow } from './tables.ts'

/** A message for a device. */
export type Letter = Omit<InboxRow, 'octets'>
/** A request of a device, by the name that the device has given it. */
export type Sent = SentRow
export interface Amount {
  readonly letters: number
  readonly octets: number
}

export class InboxStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  /** The tables must be there. */
  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<KeyTables>())
  }
  /**
   * All letters of a request, once. @param sentMax requests of a device that are remembered
   * @returns false: the request was carried out before, and nothing is stored now
   */
  async put(sent: Sent, letters: readonly Letter[], sentMax: number): Promise<boolean> {
    const { putSent, forgetSent, put } = this.#queries
    const { owner, device } = sent
    try {
      await this.#database.atomically([
        required(putSent(sent)),
        forgetSent({ owner, device, sentMax }),
        ...letters.map((letter) => put({ ...letter, octets: octetsOf(letter) })),
      ])
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  /** The oldest ones behind `after` and up to `upTo`. */
  page({ owner, device }: Place, after: number, upTo: number, limit: number): Promise<readonly Letter[]> {
    return this.#database.read(this.#queries.page({ owner, device, after, upTo, limit }))
  }
  /** The number of the newest one; 0: there is none. */
  async newest({ owner, device }: Place): Promise<number> {
    const [row] = await this.#database.read(this.#queries.newest({ owner, device }))
    return row?.stream ?? 0
  }
  async drop({ owner, device }: Place, upTo: number): Promise<void> {
    await this.#database.write(this.#queries.drop({ owner, device, upTo }))
  }
  /** @param sender null: of all */
  async amount({ owner, device }: Place, sender: string | null): Promise<Amount> {
    const { amount, amountFrom } = this.#queries
    const [row] = await this.#database.read(sender === null ? amount({ owner, device }) : amountFrom({ owner, device, sender }))
    return { letters: Number(row!.letters), octets: Number(row!.octets ?? 0) }
  }
  /** Drops the oldest ones until no more than that is left. @param sender null: of all @returns how many are lost */
  trim({ owner, device }: Place, sender: string | null, max: Amount): Promise<number> {
    const { trim, trimFrom } = this.#queries
    const query = sender === null ? trim({ owner, device, ...max }) : trimFrom({ owner, device, sender, ...max })
    return this.#database.write(query)
  }
}

const octetsOf = ({ type, content, sender }: Letter): number => Buffer.byteLength(content) + type.length + sender.length

function queriesOf(db: Kysely<KeyTables>) {
  const inbox = 'matrix_inbox'
  const of = ({ owner, device }: Place) => db.selectFrom(inbox).where('owner', '=', owner).where('device', '=', device)
  const amount = (letters: ReturnType<typeof of>) =>
    letters.select((eb) => [eb.fn.countAll<number>().as('letters'), eb.fn.sum<number>('octets').as('octets')])
  /** Those behind which there is too much. */
  const trim = (p: Place & Amount, letters: ReturnType<typeof of>) => {
    const counted = letters.select([
      'stream',
      sql<number>`count(*) over (order by stream desc)`.as('place'),
      sql<number>`sum(octets) over (order by stream desc)`.as('weight'),
    ])
    return db
      .deleteFrom(inbox)
      .where('owner', '=', p.owner)
      .where('device', '=', p.device)
      .where('stream', 'in', (eb) =>
        eb
          .selectFrom(counted.as('counted'))
          .select('counted.stream')
          .where((one) => one.or([one('counted.place', '>', p.letters), one('counted.weight', '>', p.octets)])),
      )
  }
  return {
    putSent: prepare((p: SentRow) =>
      db
        .insertInto('matrix_sent')
        .values({ owner: p.owner, device: p.device, name: p.name, stream: p.stream })
        .onConflict((c) => c.columns(['owner', 'device', 'name']).doNothing()),
    ),
    forgetSent: prepare((p: Place & { sentMax: number }) =>
      db
        .deleteFrom('matrix_sent')
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('stream', '<=', (eb) =>
          eb
            .selectFrom('matrix_sent as newer')
            .select('newer.stream')
            .where('newer.owner', '=', p.owner)
            .where('newer.device', '=', p.device)
            .orderBy('newer.stream', 'desc')
            .limit(1)
            .offset(p.sentMax),
        ),
    ),
    put: prepare((p: InboxRow) =>
      db.insertInto(inbox).values({
        owner: p.owner,
        device: p.device,
        stream: p.stream,
        sender: p.sender,
        type: p.type,
        content: p.content,
        octets: p.octets,
      }),
    ),
    page: prepare((p: Place & { after: number; upTo: number; limit: number }) =>
      of(p)
        .select(['owner', 'device', 'stream', 'sender', 'type', 'content'])
        .where('stream', '>', p.after)
        .where('stream', '<=', p.upTo)
        .orderBy('stream')
        .limit(p.limit),
    ),
    newest: prepare((p: Place) => of(p).select((eb) => eb.fn.max('stream').as('stream'))),
    drop: prepare((p: Place & { upTo: number }) =>
      db.deleteFrom(inbox).where('owner', '=', p.owner).where('device', '=', p.device).where('stream', '<=', p.upTo),
    ),
    amount: prepare((p: Place) => amount(of(p))),
    amountFrom: prepare((p: Place & { sender: string }) => amount(of(p).where('sender', '=', p.sender))),
    trim: prepare((p: Place & Amount) => trim(p, of(p))),
    trimFrom: prepare((p: Place & Amount & { sender: string }) => trim(p, of(p).where('sender', '=', p.sender))),
  }
}
