/**
 * What users of Matrix cost a whole server, over HTTP, with nothing between:
 *   node bench/matrix.ts idle [--count=9000]     as many requests that wait, and as many streams of XMPP: memory and CPU
 *   node bench/matrix.ts room [--count=1000]     in one room each changes presence once in a minute: how long until others are told
 *   node bench/matrix.ts restart [--count=900]   half of a room does not come back after a restart: what the others are told
 * The limit of open files must be above twice the count (`ulimit -n`).
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Line } from '../test/interop/line.ts'
import type { Afterwards } from '../test/support/afterwards.ts'
import { startServer, type ServerProcess } from '../test/support/server-process.ts'
import { cpu } from './load/lib/proc.mjs'
import type { Said, Told } from './matrix-words.ts'
import { measured, sleep } from './pair.ts'
import { provision } from './provision.ts'

const DOMAIN = 'example.test'
const { positionals, values } = parseArgs({ allowPositionals: true, options: { count: { type: 'string' } } })
const SPAN_MS = 60_000

async function serverFor(t: Afterwards, count: number): Promise<ServerProcess> {
  const server = await startServer(t, {
    'server': { 'domains': [DOMAIN], 'data-directory': 'data' },
    'streams': { 'require-tls': false, 'connections-per-address': 0, 'connections-per-minute': 0, 'logins-per-second': 0 },
    'matrix': { 'enabled': true, 'logins-per-minute': 0, 'joins-per-minute': 0, 'presence-per-minute': 0 },
    'multi-user-chat': { occupants: count + 10 },
    'log': { level: 'warn', format: 'json' },
  })
  await server.stop()
  await provision(join(server.directory, 'data'), count, 0)
  await server.start()
  return server
}
/** Users in a process of their own, which does one thing after the other. */
function load(t: Afterwards, script: string, port: number, count: number): (said: Said) => Promise<Told> {
  const child: ChildProcess = fork(join(import.meta.dirname, script), [String(port), `n${count}r0u`, String(count), DOMAIN])
  t.after(() => child.kill())
  return async (said) => {
    child.send(said)
    const [told] = (await once(child, 'message')) as [Told]
    if (told.error !== null) throw new Error(told.error)
    return told
  }
}
/** A room into which all fit. */
async function hall(server: ServerProcess, count: number): Promise<void> {
  const settings = { 'whois': 'anyone', 'occupants-max': String(count), 'persistent': 'yes', 'archived': 'yes' }
  await server.ask('room.create', {
    room: `hall@conference.${DOMAIN}`,
    settings,
    password: '',
    owners: [`n${count}r0u0@${DOMAIN}`],
  })
}
const memoryOf = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

async function idle(t: Afterwards, count: number): Promise<string> {
  const server = await serverFor(t, count)
  const before = memoryOf(server.pid)
  const polls = load(t, 'matrix-load.ts', server.httpPort, count)
  const streams = load(t, 'matrix-streams.ts', server.port, count)
  await polls({ do: 'begin' })
  await polls({ do: 'look' })
  const withPolls = memoryOf(server.pid)
  await streams({ do: 'begin' })
  await sleep(SPAN_MS)
  const begun = cpu([server.pid]).total
  await sleep(SPAN_MS)
  const spent = cpu([server.pid]).total - begun
  return [
    `A5: ${count} requests of Matrix clients that wait and ${count} streams of XMPP, for a minute:`,
    `${memoryOf(server.pid).toFixed(0)} MB (empty ${before.toFixed(0)}, with the requests ${withPolls.toFixed(0)}), ${((100 * spent) / SPAN_MS).toFixed(1)} % of a core`,
  ].join('\n  ')
}
async function room(t: Afterwards, count: number): Promise<string> {
  const server = await serverFor(t, count)
  const polls = load(t, 'matrix-load.ts', server.httpPort, count)
  await hall(server, count)
  await polls({ do: 'begin' })
  await polls({ do: 'meet' })
  await polls({ do: 'look' })
  await sleep(10_000)
  const begun = cpu([server.pid]).total
  await polls({ do: 'change', spanMs: SPAN_MS })
  await sleep(10_000)
  const spent = cpu([server.pid]).total - begun
  const { told, p50, p99 } = await polls({ do: 'count' })
  return [
    `A4: ${count} users in one room, one change of each within a minute:`,
    `${told} of ${count * (count - 1)} told, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${(spent / 1000).toFixed(1)} s of CPU, ${memoryOf(server.pid).toFixed(0)} MB`,
  ].join('\n  ')
}
async function restart(t: Afterwards, count: number): Promise<string> {
  const server = await serverFor(t, count)
  // The port is another one after it
  const line = await Line.open(t, () => server.httpPort)
  const polls = load(t, 'matrix-load.ts', line.port, count)
  await hall(server, count)
  await polls({ do: 'begin' })
  await polls({ do: 'meet' })
  await polls({ do: 'look' })
  await sleep(10_000)
  await polls({ do: 'leave', share: 0.5 })
  await server.restart()
  line.cut()
  await sleep(2 * SPAN_MS)
  const { updates } = await polls({ do: 'count' })
  const [gone, stayed] = [Math.floor(count / 2), Math.ceil(count / 2)]
  return [
    `A7: ${gone} of ${count} users in one room do not come back after a restart:`,
    `those who do are told ${(updates / stayed / gone).toFixed(3)} updates for each of them`,
  ].join('\n  ')
}

const PARTS = { idle: [idle, 9000], room: [room, 1000], restart: [restart, 900] } as const
const name = positionals[0] as keyof typeof PARTS | undefined
if (name === undefined || !(name in PARTS)) throw new Error(`one of ${Object.keys(PARTS).join(', ')}`)
const [what, usual] = PARTS[name]
await measured(async (t) => console.log(await what(t, Number(values.count ?? usual))))
