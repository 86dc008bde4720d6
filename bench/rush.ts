/**
 * Presence between two who have been there for long, while hundreds a second log in and out beside them: how late it comes,
 * and how late that of the newcomers.
 *   node bench/rush.ts                      1000 accounts with 20 contacts each, 200 logins a second, half a minute
 *   node bench/rush.ts --rate=100 --seconds=30
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Session } from './load/lib/client.mjs'
import { Graph } from './load/lib/graph.mjs'
import { Hist } from './load/lib/hist.mjs'
import { porchlight } from './servers.ts'

const POPULATION = { n: 1000, r: 20 }
const DOMAIN = 'example.test'
/** From one change of the old one to the next. */
const EVERY_MS = 20
/** A newcomer says a second thing of itself after a while, and goes again. */
const [SECOND_WORD_MS, STAY_MS] = [500, 2000]
const QUIET_MS = 5000

const { n, r } = POPULATION
const nameOf = (i: number): string => `n${n}r${r}u${i}`
const pause = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms))
/** The same for all threads. */
const now = (): number => performance.timeOrigin + performance.now()

interface Crowd {
  readonly port: number
  readonly outsiders: readonly number[]
  readonly rate: number
  readonly seconds: number
}
class Delays {
  readonly presence = new Hist()
  readonly messages = new Hist()
  readonly newcomers = new Hist()
}
let delays = new Delays()
/** Changes of the old one that the watcher does not know yet: neither them nor a later one. */
const spoken: number[] = []
/** Newcomers that were seen, by what they have said. */
const seen = new Set<string>()

const answerOnly: Session['onStanza'] = (session, text, start, tagEnd, end) => {
  if (text.startsWith('<iq', start)) session.answerIq(text, start, tagEnd, end)
}
/** What is measured bears the time at which it was said. */
const hear: Session['onStanza'] = (session, text, start, tagEnd, end) => {
  answerOnly(session, text, start, tagEnd, end)
  if (text.slice(start, tagEnd).includes(` from='${session.jid}'`)) return // its own, back
  const [, who, saidAt] = /(old|new)=([\d.]+)/.exec(text.slice(tagEnd, end)) ?? []
  if (saidAt === undefined || (who === 'new' && seen.has(saidAt))) return
  if (who === 'new') seen.add(saidAt)
  const isChange = who === 'old' && text.startsWith('<presence', start)
  if (!isChange) return (who === 'new' ? delays.newcomers : delays.messages).add((now() - Number(saidAt)) * 1000)
  while (spoken.length > 0 && spoken[0]! <= Number(saidAt)) delays.presence.add((now() - spoken.shift()!) * 1000)
}

function login(port: number, i: number, onStanza: Session['onStanza']): Promise<Session> {
  const how = { tls: 'none', mech: 'SCRAM-SHA-1', resource: 'bench', roster: true } as const
  const session = new Session({ host: '127.0.0.1', port, domain: DOMAIN, ...how }, i, nameOf(i), 'secret')
  session.onStanza = onStanza
  return new Promise((ready, failed) => {
    session.onReady = () => ready(session)
    session.onFail = (_, why) => failed(new Error(`${nameOf(i)} cannot log in: ${why}`))
    session.connect()
  })
}

/** Comes, says two things of itself, goes. */
async function visit(port: number, i: number): Promise<void> {
  const session = await login(port, i, answerOnly)
  const status = `<status>new=${now()}</status>`
  session.write(`<presence>${status}</presence>`)
  await pause(SECOND_WORD_MS)
  session.write(`<presence><show>away</show>${status}</presence>`)
  await pause(STAY_MS)
  await new Promise<void>((gone) => {
    session.onClosed = () => gone()
    session.close()
  })
}
/** Whoever is not there comes, one after the other. @returns how many came */
async function crowd({ port, outsiders, rate, seconds }: Crowd): Promise<number> {
  const away = [...outsiders]
  const visits = new Set<Promise<void>>()
  const start = now()
  let came = 0
  while (now() - start < seconds * 1000) {
    for (; came < ((now() - start) * rate) / 1000 && away.length > 0; came++) {
      const i = away.shift()!
      const visited = visit(port, i).then(() => {
        away.push(i)
        visits.delete(visited)
      })
      visits.add(visited)
    }
    await pause(5)
  }
  await Promise.all(visits)
  return came
}

async function measure(port: number, rate: number, seconds: number): Promise<void> {
  const [near, far] = [0, new Graph(n, r).contacts(0)[0]!]
  const watcher = await login(port, far, hear)
  const old = await login(port, near, hear)
  for (const session of [watcher, old]) session.write('<presence/>')
  const speaking = setInterval(() => {
    spoken.push(now())
    old.write(`<presence><status>old=${spoken.at(-1)}</status></presence>`)
    watcher.write(`<message to='${old.jid}' type='chat'><body>old=${now()}</body></message>`)
  }, EVERY_MS)
  const measured = async (what: () => Promise<unknown>): Promise<Delays> => {
    const mine = (delays = new Delays())
    await what()
    return mine
  }
  await pause(2 * QUIET_MS) // they are old now, and the server is warm
  const quiet = await measured(() => pause(QUIET_MS))
  const outsiders = Array.from({ length: n }, (_, i) => i).filter((i) => i !== near && i !== far)
  const workerData: Crowd = { port, outsiders, rate, seconds }
  const rush = await measured(async () => {
    const [came] = (await once(new Worker(import.meta.filename, { workerData }), 'message')) as [number]
    console.log(`${came} logins in ${seconds} s, each of which goes again\n`)
  })
  clearInterval(speaking)
  console.log(`| | count | p50 | p99 | longest |\n|---|---|---|---|---|`)
  show('presence between two old sessions, quiet', quiet.presence)
  show('the same in the rush', rush.presence)
  show('messages between them in the rush', rush.messages)
  show('until an old session sees a newcomer', rush.newcomers)
  for (const session of [watcher, old]) session.reset()
}
function show(what: string, hist: Hist): void {
  const ms = (us: number | null): string => (us === null ? '-' : `${(us / 1000).toFixed(1)} ms`)
  console.log(`| ${what} | ${hist.count()} | ${ms(hist.q(0.5))} | ${ms(hist.q(0.99))} | ${ms(hist.q(1))} |`)
}

async function main(): Promise<void> {
  const options = { rate: { type: 'string', default: '200' }, seconds: { type: 'string', default: '20' } } as const
  const { values } = parseArgs({ options })
  const work = mkdtempSync(join(tmpdir(), 'porchlight-rush-'))
  const server = porchlight(work)
  await server.prepare(POPULATION)
  await server.start(false, POPULATION)
  try {
    await measure(server.port, Number(values.rate), Number(values.seconds))
  } finally {
    await server.stop()
    rmSync(work, { recursive: true, force: true })
  }
}

if (isMainThread) await main()
else parentPort!.postMessage(await crowd(workerData as Crowd))
