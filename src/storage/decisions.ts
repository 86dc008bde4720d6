/** Decisions of users about remote contacts, until they arrive there (server/ports.ts): presence without payload. */
import type { Selectable } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { Decision, DecisionStore } from '../server/ports.ts'
import { Packet } from '../xmpp/packet.ts'
import type { CoreTables } from './core-tables.ts'
import type { Database, Query } from '../server/database.ts'
import { prepare } from './prepare.ts'
import { storedJid } from '../xmpp/stored-jid.ts'

type Row = Selectable<CoreTables['decision']>

export class SqlDecisions implements DecisionStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  async all(): Promise<readonly Decision[]> {
    const rows = await this.#database.read(this.#queries.all({}))
    return rows.map((row) => ({ packet: packetOf(row), at: row.decided_at }))
  }
  async drop({ from, to, type }: Packet): Promise<void> {
    await this.#database.write(this.#queries.drop({ sender: from.full, contact: to!.full, about: ABOUT[type as Row['type']] }))
  }
  async purge(before: Millis): Promise<void> {
    await this.#database.write(this.#queries.purge({ before }))
  }
}

/** For the stores that change what a decision is about: these statements go along with the change. */
export function keeping(database: Database): (decisions: readonly Decision[]) => readonly Query<unknown>[] {
  const { put } = queriesOf(database)
  return (decisions) =>
    decisions.map(({ packet: { from, to, type }, at }) => {
      const known = type as Row['type']
      return put({ sender: from.full, contact: to!.full, about: ABOUT[known], type: known, decidedAt: at })
    })
}

const ABOUT: Readonly<Record<Row['type'], Row['about']>> = {
  subscribe: 'watch',
  unsubscribe: 'watch',
  subscribed: 'show',
  unsubscribed: 'show',
  unavailable: 'gone',
}

const packetOf = ({ sender, contact, type }: Row): Packet =>
  Packet.of({ kind: 'presence', type, from: storedJid(sender), to: storedJid(contact) })

function queriesOf(database: Database) {
  const db = database.schema<CoreTables>()
  type Key = Pick<Row, 'sender' | 'contact' | 'about'>
  return {
    // RFC 6121 3.2.2 rule 3: unavailable presence of resources comes before 'unsubscribed'
    all: prepare(() => db.selectFrom('decision').selectAll().orderBy('decided_at').orderBy('about').orderBy('sender')),
    put: prepare((p: Key & { type: Row['type']; decidedAt: Millis }) =>
      db
        .insertInto('decision')
        .values({ sender: p.sender, contact: p.contact, about: p.about, type: p.type, decided_at: p.decidedAt })
        .onConflict((c) => c.columns(['sender', 'contact', 'about']).doUpdateSet({ type: p.type, decided_at: p.decidedAt })),
    ),
    drop: prepare((p: Key) =>
      db.deleteFrom('decision').where('sender', '=', p.sender).where('contact', '=', p.contact).where('about', '=', p.about),
    ),
    purge: prepare((p: { before: Millis }) => db.deleteFrom('decision').where('decided_at', '<', p.before)),
  }
}
