/**
 * What the fence of a server on PostgreSQL costs (src/storage/postgres-fence.ts): transactions of one insert, and of 64, without a
 * fence, with a shared lock on the fence row, and with the change of the row that also numbers the batch. In turns, each against
 * the transactions without. `node bench/micro/fence.ts`
 */
import { performance } from 'node:perf_hooks'
import { Client } from 'pg'
import { Cluster } from '../../test/support/postgres.ts'

const ROUNDS = 7
const TRANSACTIONS = 100
const FENCES: Readonly<Record<string, string | null>> = {
  'without': null,
  'shared lock': 'select 1 from fence where node = 1 and incarnation = $1 and $2::bigint > 0 for key share',
  'numbered': 'update fence set batch = $2 where node = 1 and incarnation = $1',
}

const keptAlive = setInterval(() => {}, 1000)
const cluster = await Cluster.start('fsync=on')
const client = new Client({ connectionString: await cluster.database('fence'), pipeline: true })
await client.connect()
await client.query('create table fence (node integer, incarnation text, batch bigint, primary key (node, incarnation))')
await client.query(`insert into fence values (1, 'a', 0)`)
await client.query('create table entry (id bigint primary key, text text)')
let id = 0

async function transaction(fence: string | null, inserts: number): Promise<void> {
  const sent: Promise<unknown>[] = [client.query('begin')]
  if (fence !== null) sent.push(client.query({ name: fence.slice(0, 20), text: fence, values: ['a', ++id] }))
  for (let i = 0; i < inserts; i++)
    sent.push(client.query({ name: 'insert', text: 'insert into entry values ($1, $2)', values: [++id, 'See you at noon'] }))
  await Promise.all(sent)
  await client.query('commit')
}
async function timed(fence: string | null, inserts: number): Promise<number> {
  const began = performance.now()
  for (let i = 0; i < TRANSACTIONS; i++) await transaction(fence, inserts)
  return (performance.now() - began) / TRANSACTIONS
}
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!

for (const inserts of [1, 64]) {
  const spans: Record<string, number[]> = {}
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, fence] of Object.entries(FENCES)) {
      const span = await timed(fence, inserts)
      if (round > 0) (spans[name] ??= []).push(span) // the first one warms up
    }
  const base = median(spans['without']!)
  for (const [name, all] of Object.entries(spans))
    process.stdout.write(
      `${`${inserts}`.padStart(3)} inserts  ${name.padEnd(12)} ${median(all).toFixed(3)} ms  x ${(median(all) / base).toFixed(2)}\n`,
    )
}
await client.end()
await cluster.stop('fast')
clearInterval(keptAlive)
