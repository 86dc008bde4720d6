/**
 * A crowd behind one link: thousands of contacts at another server, all of whom are there, and the link is away for a few
 * seconds. Who is shown as gone, and how long do messages take while everybody is asked for anew?
 *   node bench/crowd.ts [--contacts=2000] [--watchers=10] [--away=8]        (about five minutes)
 */
import { parseArgs } from 'node:util'
import type { ServerProcess } from '../test/support/server-process.ts'
import type { Session } from './load/lib/client.mjs'
import { FAR, measured, NEAR, online, Pair, sleep, until } from './pair.ts'

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '2000' },
    watchers: { type: 'string', default: '10' },
    away: { type: 'string', default: '8' },
  },
})
const [contacts, watchers, away] = [Number(values.contacts), Number(values.watchers), Number(values.away)]
const [PER_SECOND, CONFIRM_WITHIN] = [20, 20]

const names = (name: string, count: number, domain: string): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}@${domain}`)
const [here, there] = [names('w', watchers, NEAR), names('c', contacts, FAR)]

/** How often any client was told that somebody elsewhere is there, and that somebody is gone. */
const told = { available: new Set<string>(), gone: 0 }
/** When each message that is on its way was sent, and how long the others took. */
const underWay = new Map<string, number>()
const took: number[] = []

function hears(who: string, stanza: string): void {
  const tag = stanza.slice(0, stanza.indexOf('>') + 1)
  if (tag.startsWith('<message')) {
    const id = / id=['"]([^'"]+)/.exec(tag)?.[1] ?? ''
    const sentAt = underWay.get(id)
    if (sentAt !== undefined && !/ type=['"]error/.test(tag)) took.push(performance.now() - sentAt)
    underWay.delete(id)
  } else if (tag.startsWith('<presence')) {
    const from = / from=['"]([^'"/]+)/.exec(tag)?.[1] ?? ''
    if (from === who || from === '') return
    if (/ type=['"]unavailable/.test(tag)) told.gone += 1
    else if (!/ type=/.test(tag)) told.available.add(`${who} ${from}`)
  }
}
async function arrive(t: Parameters<typeof online>[0], server: ServerProcess, users: readonly string[]): Promise<Session[]> {
  const sessions: Session[] = []
  for (let done = 0; done < users.length; done += 20) {
    const some = users.slice(done, done + 20)
    const arrived = await Promise.all(some.map((user) => online(t, server, user, (stanza) => hears(user, stanza))))
    for (const session of arrived) session.write('<presence/>')
    sessions.push(...arrived)
  }
  return sessions
}
/** How often a link was mended, and all contacts behind it asked for. */
async function settled(server: ServerProcess): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${server.monitoringPort}/metrics`)).text()
  return Number(/^porchlight_links_settled_total (\d+)$/m.exec(metrics)![1])
}
async function isUp(server: ServerProcess): Promise<boolean> {
  return JSON.stringify(await server.ask('link.list', {})).includes('"up"')
}
const quantile = (sorted: readonly number[], q: number): string =>
  sorted.length === 0 ? '-' : `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!.toFixed(0)} ms`

await measured(async (t) => {
  const pair = await Pair.open(t, {
    [NEAR]: new Map(here.map((w) => [w, there])),
    [FAR]: new Map(there.map((c) => [c, here])),
  })
  const order = (command: string, { near, far }: Pair): Promise<unknown> =>
    Promise.all([near.ask(command, { remote: FAR, local: null }), far.ask(command, { remote: NEAR, local: null })])
  await order('link.down', pair) // so that they do not find each other one by one
  const crowd = await arrive(t, pair.far, there)
  const watching = await arrive(t, pair.near, here)
  await sleep(6000) // a rush ends, and what it held back is said
  await order('link.up', pair)
  const pairs = contacts * watchers
  await until('everybody has seen everybody', 600, () => told.available.size === 2 * pairs)
  const both = [pair.near, pair.far]
  const isAsked = async (times: readonly number[]): Promise<boolean> => {
    const now = await Promise.all(both.map(settled))
    return now.every((count, i) => count > times[i]!)
  }
  await until('both servers have asked for all', 600, () => isAsked([0, 0]))
  await sleep(3000)
  const before = await Promise.all(both.map(settled))
  told.gone = 0

  pair.cut()
  await sleep(away * 1000)
  pair.restore()
  const restored = performance.now()
  await until('the link is up', 90, async () => (await Promise.all(both.map(isUp))).every((up) => up))
  const began = performance.now()
  let sent = 0
  const say = (): void => {
    sent += 1
    const [w, c] = [(sent * 7) % watchers, (sent * 13) % contacts]
    const [from, to] = sent % 2 === 0 ? [watching[w]!, there[c]!] : [crowd[c]!, here[w]!]
    underWay.set(`m${sent}`, performance.now())
    from.write(`<message to='${to}' type='chat' id='m${sent}'><body>hello</body></message>`)
  }
  const saying = setInterval(say, 1000 / PER_SECOND)
  await until('all is asked for', 900, () => isAsked(before))
  const span = (performance.now() - began) / 1000
  clearInterval(saying)
  await sleep((CONFIRM_WITHIN + 5) * 1000)
  const sorted = took.toSorted((a, b) => a - b)
  console.log(
    [
      `${pairs} pairs of contacts, link away for ${away} s:`,
      `up ${((began - restored) / 1000).toFixed(1)} s after it could be had again, all asked for ${span.toFixed(0)} s later`,
      `wrongly shown as gone: ${told.gone} of ${2 * pairs}`,
      `messages meanwhile: ${sorted.length} of ${sent} came, p50 ${quantile(sorted, 0.5)}, p99 ${quantile(sorted, 0.99)}, the slowest ${quantile(sorted, 1)}`,
    ].join('\n'),
  )
})
