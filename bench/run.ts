/**
 * The figures of the README, reproduced: CPU and memory of this server, of bare Node writing the same octets,
 * and of the peers that are installed, side by side in one run.
 *   npm run bench                    everything (about 20 minutes)
 *   npm run bench -- --parts=federated --changes=100      between two servers of one make, in a few seconds
 *   npm run bench -- --only=Porchlight,bare\ Node --parts=plain --reps=1
 *   npm run bench -- --against=COMMIT                     is this build slower than that one? (two minutes)
 * Writes bench/results.md and puts the table between the marks in README.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare } from './against/run.ts'
import { measureFederated } from './federated.ts'
import { servers, type Bench, type Population } from './servers.ts'
import { table, type Result } from './table.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    parts: { type: 'string', default: 'plain,tls,federated' },
    contacts: { type: 'string', default: '100' },
    changes: { type: 'string', default: '1000' },
    reps: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    against: { type: 'string' },
    rounds: { type: 'string', default: '60' },
  },
})
if (values.against !== undefined) {
  await compare(values.against, Number(values.rounds))
  process.exit()
}

const POPULATION: Population = { n: 1000, r: 20 }
const FLOOR_SCENARIOS = 'idle,login,fan,fanmax,msg,msgmax'
/** `idle` comes first: it compares with the same process before anybody has logged in. */
const SCENARIOS: Readonly<Record<string, string>> = {
  plain: 'idle,logout,login,fan,fanmax,msg,msgmax,reconnect,logout',
  tls: 'idle,logout,login,fan,fanmax,logout',
}

const work = mkdtempSync(join(tmpdir(), 'porchlight-bench-'))
const results: Result[] = []
const chosen = servers(work).filter((s) => s.installed && (values.only === undefined || values.only.split(',').includes(s.name)))

async function measure(server: Bench, part: string): Promise<void> {
  if (part === 'federated') {
    const result = await measureFederated(server.name, { contacts: Number(values.contacts), changes: Number(values.changes) })
    if (result !== null) results.push(result)
    return
  }
  const tls = part === 'tls'
  const pid = await server.start(tls, POPULATION)
  const out = join(work, `${server.name.replaceAll(' ', '-')}-${part}.jsonl`)
  const { n, r } = POPULATION
  const scenarios = server.name === 'bare Node' ? FLOOR_SCENARIOS : SCENARIOS[part]!
  const args = [
    `--port=${tls ? server.tlsPort : server.port}`,
    `--pid=${pid}`,
    `--n=${n}`,
    `--r=${r}`,
    `--reps=${values.reps}`,
    `--name=${server.name}`,
    `--out=${out}`,
    ...server.arguments,
  ]
  if (tls) args.push('--tls=direct')
  try {
    execFileSync(process.execPath, [join(import.meta.dirname, 'load/loadgen.mjs'), scenarios, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    for (const line of readFileSync(out, 'utf8').trim().split('\n')) results.push({ part, ...JSON.parse(line) } as Result)
  } finally {
    await server.stop()
  }
}

try {
  const parts = values.parts.split(',')
  if (parts.some((part) => part !== 'federated')) for (const server of chosen) await server.prepare(POPULATION)
  for (const part of parts) for (const server of chosen) await measure(server, part)
  const text = table(
    results,
    chosen.map((s) => s.name),
  )
  console.log(text)
  if (values.write) {
    writeFileSync(join(import.meta.dirname, 'results.md'), text)
    const readme = join(import.meta.dirname, '../README.md')
    writeFileSync(readme, readFileSync(readme, 'utf8').replace(/(<!-- bench -->)[^]*(<!-- \/bench -->)/, `$1\n${text}\n$2`))
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
