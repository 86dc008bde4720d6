/**
 * The process that crash.test.ts kills. It writes changes of several rosters as fast as it can, and reports each
 * on its standard output once it was acknowledged: `romeo3@example.net 17`. Standard input names the file,
 * or the URL of a PostgreSQL database, and the owners, one on each line.
 */
import { readFileSync } from 'node:fs'
import { stdout } from 'node:process'
import { SystemClock } from '../base/clock.ts'
import type { RosterStore } from '../server/ports.ts'
import { wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { SqlAccounts } from './accounts.ts'
import { CORE, coreMigrations } from './core-tables.ts'
import { SqlRosters } from './rosters.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import { CREDENTIALS, itemOf } from './testing.ts'

/** Version n of a roster adds contact n, as an item and as a request: afterwards both or neither exist. */
async function grow(rosters: RosterStore, owner: string): Promise<void> {
  for (let { version } = await rosters.load(owner); ; version++) {
    const n = version + 1
    const contact = jid(`contact${n}@example.com`)
    const stanza = Packet.of({
      kind: 'presence',
      type: 'subscribe',
      from: contact,
      to: jid(owner),
      payload: Payload.ofText(wire(`<n>${n}</n>`)),
    })
    await rosters.save(owner, {
      contact,
      item: itemOf(contact.full, { name: `${n}` }),
      pending: { from: contact, stanza, receivedAt: n },
      version: n,
      pushed: true,
    })
    stdout.write(`${owner} ${n}\n`) // waits for the reader, where `writeSync` fails with EAGAIN
  }
}

const clock = new SystemClock()
const [file, ...owners] = readFileSync(0, 'utf8').split('\n')
const database = file!.startsWith('postgresql:')
  ? await openPostgres({
      url: file!,
      password: '',
      clock,
      run: `writer ${process.pid}`,
      member: { identity: 'crash', place: 'here', role: 'alone' },
    })
  : await openSqlite(file!, { clock })
await database.migrate(CORE, coreMigrations)
const accounts = new SqlAccounts(database)
const rosters = new SqlRosters(database, clock, 'before')
// Created at 0, so that the roster's version is the number of its changes.
await Promise.all(owners.map((owner) => accounts.create(owner, CREDENTIALS, 0)))
await Promise.all(owners.map((owner) => grow(rosters, owner)))
