/**
 * The figures of the README, reproduced: CPU and memory of this server, of bare Node writing the same octets,
 * and of the peers that are installed, side by side in one run.
 *   npm run bench                    everything (about 20 minutes)
 *   npm run bench -- --parts=federated --changes=100      between two servers of one make, in a few seconds
 *   npm run bench -- --only=Porchlight,bare\ Node --parts=plain --reps=1
 *   npm run bench -- --against=COMMIT                     is this build slower than that one? (two minutes)
 *   npm run bench -- --against=COMMIT --loops=login       the same by some of the loops (a;b)
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
    parts: { type: 'string', default: 'plain,tls,federated,rooms' },
    contacts: { type: 'string', default: '100' },
    changes: { type: 'string', default: '1000' },
    reps: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    against: { type: 'string' },
    rounds: { type: 'string', default: '60' },
    loops: { type: 'string', default: '' },
  },
})
if (values.against !== undefined) {
  await compare(values.against, Number(values.rounds), values.loops)
  process.exit()
}

const POPULATION: Population = { n: 1000, r: 20 }
/** Enough for a room of 2000 and one more. Nobody has contacts, so that rooms alone are measured. */
const ROOMS_POPULATION: Population = { n: 2002, r: 0 }
/** Occupants of the room, and what is measured with so many. The quiet ones: of a server whose rooms can be quiet. */
const ROOM_SCENARIOS = [
  [0, 'mucidle,logout'],
  [500, 'muc,mucmsg'],
  [2000, 'mucjoin,mucstorm'],
] as const
const QUIET_SCENARIOS = [2000, 'mucjoinquiet,mucstormquiet'] as const
const FLOOR_SCENARIOS = 'idle,login,fan,fanmax,msg,msgmax'
/** `idle` comes first: it compares with the same process before anybody has logged in. */
const SCENARIOS: Readonly<Record<string, string>> = {
  plain: 'idle,logout,login,fan,fanmax,msg,msgmax,reconnect,logout',
  tls: 'idle,logout,login,fan,fanmax,logout',
}

const LOADGEN = join(import.meta.dirname, 'load/loadgen.mjs')
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
  const population = part === 'rooms' ? ROOMS_POPULATION : POPULATION
  const pid = await server.start(tls, population)
  const out = join(work, `${server.name.replaceAll(' ', '-')}-${part}.jsonl`)
  try {
    const load = (scenarios: string, ...more: readonly string[]): void => {
      const { n, r } = population
      const port = tls ? server.tlsPort : server.port
      const args = [`--port=${port}`, `--pid=${pid}`, `--n=${n}`, `--r=${r}`, `--reps=${values.reps}`, `--name=${server.name}`]
      if (tls) args.push('--tls=direct')
      execFileSync(process.execPath, [LOADGEN, scenarios, ...args, `--out=${out}`, ...server.arguments, ...more], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    }
    const quiet = server.name === 'Porchlight' ? [QUIET_SCENARIOS] : []
    if (part === 'rooms')
      for (const [occupants, scenarios] of [...ROOM_SCENARIOS, ...quiet]) load(scenarios, `--occupants=${occupants}`)
    else load(server.name === 'bare Node' ? FLOOR_SCENARIOS : SCENARIOS[part]!)
    for (const line of readFileSync(out, 'utf8').trim().split('\n')) results.push({ part, ...JSON.parse(line) } as Result)
  } finally {
    await server.stop()
  }
}

try {
  const parts = values.parts.split(',')
  for (const server of chosen) {
    if (parts.includes('plain') || parts.includes('tls')) await server.prepare(POPULATION)
    if (parts.includes('rooms')) await server.prepare(ROOMS_POPULATION)
  }
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
