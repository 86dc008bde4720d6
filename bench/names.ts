/**
 * Does the time of an answer tell a stranger which names exist? What a stranger can ask is asked of accounts whose users are
 * here, of accounts whose users are away, and of names that nobody has, in turns and in an order that chance makes. What is not
 * answered is timed by the stanza behind it. The table has, in milliseconds, the mean with its standard error, the median, and
 * how many standard deviations the ranks are from those of names that nobody has (Mann-Whitney).
 *   node bench/names.ts
 *   node bench/names.ts --samples=300
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { tcpLink } from '../test/support/link.ts'
import { ScramClient } from '../test/support/sasl.ts'
import { DOMAIN, startServer, type ServerProcess } from '../test/support/server-process.ts'
import { base64, SASL, WireClient } from '../test/support/wire-client.ts'
import type { Afterwards } from '../test/support/afterwards.ts'
import { measured } from './pair.ts'

const { values } = parseArgs({ options: { samples: { type: 'string', default: '200' } } })
const SAMPLES = Number(values.samples)
/** Of each kind. */
const NAMES = 40
const PASSWORD = 'open sesame'
const PATIENCE_MS = 20_000
/** Of more, chance is no explanation, however many figures there are. */
const TOO_FAR = 4
const KINDS = ['nobody', 'away', 'here'] as const
type Kind = (typeof KINDS)[number]

/** Guesses on one stream; the next one takes another. */
const ATTEMPTS = 100

/** No limit stops the measurement, and accounts of users who are away are read from the disk each time. */
const SETTINGS = {
  streams: { 'login-attempts': ATTEMPTS, 'requests-before-login': 0, 'login-timeout': '1 hour', 'logins-per-second': 0 },
  sasl: { 'plain': true, 'iterations': 10_000, 'failures-per-address': 0, 'failures-per-account': 0 },
  limits: { 'idle-accounts': NAMES / 4 },
  rate: { 'stanzas-per-second': 0, 'bytes-per-second': '0 B', 'recipients-per-second': 0 },
  log: { level: 'warn', format: 'json' },
}

/** All of one length. */
const nameOf = (kind: Kind, i: number): string => `${kind[0]}${100 + (i % NAMES)}`
const bareOf = (name: string): string => `${name}@${DOMAIN}`

/** Asks once, and returns when the answer is there. */
type Probe = (name: string, n: number) => Promise<unknown>

async function secured(server: ServerProcess): Promise<WireClient> {
  const wire = new WireClient(await tcpLink(server.port), DOMAIN, PATIENCE_MS)
  await wire.open()
  await wire.features()
  await wire.startTls()
  await wire.open()
  await wire.features()
  return wire
}
async function online(server: ServerProcess, user: string): Promise<WireClient> {
  const wire = new WireClient(await tcpLink(server.port), DOMAIN, PATIENCE_MS)
  await wire.login(user, PASSWORD, 'bench', { startTls: true })
  wire.write('<presence/>')
  return wire
}
async function answerTo(wire: WireClient, id: string): Promise<void> {
  while ((await wire.element(id)).attr('id') !== id);
}

/** @param what the answer's name, or its condition */
async function answered(wire: WireClient, what: string): Promise<void> {
  const answer = await wire.element(what)
  assert.ok(answer.name === what || answer.child(what) !== undefined, answer.show())
}

/** What is said on a stream before anybody has logged in. @param streamOf the present stream */
function guesses(streamOf: () => WireClient): Readonly<Record<string, Probe>> {
  return {
    async 'SCRAM, first step'(username) {
      const wire = streamOf()
      const { first } = new ScramClient('sha-256', 'a guess', { username })
      wire.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${base64(first)}</auth>`)
      await answered(wire, 'challenge')
    },
    async 'PLAIN, wrong password'(name) {
      const wire = streamOf()
      wire.write(`<auth xmlns='${SASL}' mechanism='PLAIN'>${base64(`\0${name}\0a guess`)}</auth>`)
      await answered(wire, 'not-authorized')
    },
  }
}
/** What a user says to somebody who does not know them. */
function stanzas(wire: WireClient): Readonly<Record<string, Probe>> {
  const timed =
    (said: (bare: string, n: number) => string): Probe =>
    (name, n) => {
      wire.write(`${said(bareOf(name), n)}<iq type='get' id='f${n}' to='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>`)
      return answerTo(wire, `f${n}`)
    }
  const asked =
    (resource: string): Probe =>
    (name, n) => {
      const to = bareOf(name) + resource
      wire.write(`<iq type='get' id='q${n}' to='${to}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
      return answerTo(wire, `q${n}`)
    }
  return {
    'IQ to the account': asked(''),
    'IQ to a resource': asked('/bench'),
    'subscription request': timed((bare, n) => `<presence type='subscribe' to='${bare}'><status>${n}</status></presence>`),
    'message to the account': timed((bare, n) => `<message type='chat' to='${bare}' id='m${n}'><body>hello</body></message>`),
    'message to a resource': timed((bare) => `<message type='chat' to='${bare}/bench'><body>hello</body></message>`),
  }
}

const mean = (all: readonly number[]): number => all.reduce((sum, x) => sum + x, 0) / all.length
function errorOf(all: readonly number[]): number {
  const middle = mean(all)
  return Math.sqrt(all.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (all.length - 1) / all.length)
}
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!
/** The statistic of Mann and Whitney in standard deviations. */
function apart(ones: readonly number[], others: readonly number[]): number {
  let u = 0
  for (const one of ones) for (const other of others) u += one > other ? 1 : one === other ? 0.5 : 0
  const [n, m] = [ones.length, others.length]
  return (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
}

type Times = Readonly<Record<Kind, number[]>>

/** Asks of all kinds in turns. @param afterwards what has to be said before the next one, and is not timed */
async function take(probe: Probe, afterwards: () => Promise<unknown>): Promise<Times> {
  const times: Times = { nobody: [], away: [], here: [] }
  for (let i = -10; i < SAMPLES; i++) {
    for (const kind of KINDS.toSorted(() => Math.random() - 0.5)) {
      const name = nameOf(kind, i + 10)
      const begun = performance.now()
      await probe(name, (count += 1))
      if (i >= 0) times[kind].push(performance.now() - begun)
      await afterwards()
    }
  }
  return times
}
let count = 0
let isFar = false

function print(what: string, times: Times): void {
  for (const kind of KINDS) {
    const all = times[kind]
    const z = kind === 'nobody' ? 0 : apart(all, times.nobody)
    if (Math.abs(z) > TOO_FAR) isFar = true
    console.log(
      (kind === 'nobody' ? what : '').padEnd(24),
      kind.padEnd(7),
      `${mean(all).toFixed(3)} ± ${errorOf(all).toFixed(3)}`.padStart(16),
      median(all).toFixed(3).padStart(9),
      kind === 'nobody' ? '' : z.toFixed(1).padStart(7),
    )
  }
}

await measured(async (t: Afterwards) => {
  const server = await startServer(t, SETTINGS)
  for (const kind of ['away', 'here'] as const)
    for (let i = 0; i < NAMES; i++) await server.addUser(bareOf(nameOf(kind, i)), PASSWORD)
  await server.addUser(bareOf('stranger'), PASSWORD)
  const there: WireClient[] = []
  for (let i = 0; i < NAMES; i++) there.push(await online(server, nameOf('here', i)))
  let before = await secured(server)
  const stranger = await online(server, 'stranger')
  console.log(`${SAMPLES} samples of each, in ms`)
  console.log(''.padEnd(32), 'mean ± error'.padStart(16), 'median'.padStart(9), 'ranks'.padStart(7))
  let guessed = 0
  const next = async (): Promise<void> => {
    if ((guessed += 1) % (ATTEMPTS - 1) > 0) return
    before.link.drop()
    before = await secured(server)
  }
  const abort = async (): Promise<void> => {
    before.write(`<abort xmlns='${SASL}'/>`)
    await answered(before, 'aborted')
    await next()
  }
  const nothing = async (): Promise<void> => {}
  for (const [what, probe] of Object.entries(guesses(() => before)))
    print(what, await take(probe, what.startsWith('SCRAM') ? abort : next))
  for (const [what, probe] of Object.entries(stanzas(stranger))) print(what, await take(probe, nothing))
  for (const wire of [before, stranger, ...there]) wire.link.drop()
})
if (isFar) {
  console.log(`The time of an answer tells which names exist: ranks are more than ${TOO_FAR} standard deviations apart.`)
  process.exitCode = 1
}
