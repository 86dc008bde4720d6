/**
 * Nobody is hurt by what others send: while strangers attack, each in a way of their own, two innocent clients exchange
 * messages and presence. Nothing of theirs is lost, and 99 of 100 are there within a quarter of a second.
 *
 *     node --test test/endurance/attacks.test.ts
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { tcpLink, type Link, type StreamLink } from '../support/link.ts'
import { DOMAIN, startServer, type ServerProcess } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const P99_MS = 250
/** Before the attacks begin. */
const CALM_MS = 3000
const PATIENCE_MS = 30_000
const PASSWORD = 'open sesame'
const LARGE = 'x'.repeat(240_000)
const HOME = '127.0.0.1'
const SCANNER = '127.0.0.2'
const GUESSER = '127.0.0.3'
const STRANGER = '127.0.0.4'

const bare = (user: string): string => `${user}@${DOMAIN}`
const message = (to: string, id: string, body = id): string =>
  `<message to='${bare(to)}' type='chat' id='${id}'><body>${body}</body></message>`

/** Somebody who is logged in. */
class Person {
  readonly wire: WireClient
  readonly got: Xml[] = []
  #fences = 0

  constructor(wire: WireClient) {
    this.wire = wire
  }
  static async comes(server: ServerProcess, user: string, address = HOME, resource = '1'): Promise<Person> {
    const wire = new WireClient(await tcpLink(server.port, address), DOMAIN, PATIENCE_MS)
    await wire.login(user, PASSWORD, resource)
    wire.write('<presence/>')
    return new Person(wire)
  }
  /** Everything that was said before is done. */
  async fence(): Promise<void> {
    const id = `fence${(this.#fences += 1)}`
    this.wire.write(`<iq type='get' id='${id}' to='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await this.hears(id)
  }
  async hears(id: string): Promise<void> {
    for (;;) {
      const xml = await this.wire.element(id)
      if (xml.attr('id') === id) return
      this.got.push(xml)
    }
  }
  leaves(): void {
    this.wire.write('</stream:stream>')
    this.wire.link.drop()
  }
}

async function befriend(one: Person, other: Person, [a, b]: readonly [string, string]): Promise<void> {
  for (const [who, whom] of [
    [one, b],
    [other, a],
  ] as const)
    who.wire.write(`<presence type='subscribed' to='${bare(whom)}'/><presence type='subscribe' to='${bare(whom)}'/>`)
  for (const who of [one, other, one, other]) await who.fence()
}

/** Two who talk to each other, and look at the clock. */
class Innocents {
  readonly latencies: number[] = []
  readonly #sentAt = new Map<string, number>()
  readonly #links: readonly Link[]
  readonly #names: readonly string[]
  #count = 0
  #isOver = false
  #talking: Promise<void> | null = null

  constructor(people: readonly Person[], names: readonly string[]) {
    this.#links = people.map(({ wire }) => wire.link)
    this.#names = names
    for (const link of this.#links) {
      let rest = ''
      link.listener = (text) => {
        if (text === null && this.#isOver) return // the server stops
        assert(text !== null, 'an innocent client was thrown out')
        rest = (rest + text).slice(-100_000)
        const now = performance.now()
        rest = rest.replaceAll(/<body>(t\d+)<\/body>|<status>(t\d+)<\/status>/g, (_, inMessage: string, inPresence: string) => {
          const key = inMessage ?? inPresence
          const at = this.#sentAt.get(key)
          if (at !== undefined) this.latencies.push(now - at)
          this.#sentAt.delete(key)
          return ''
        })
      }
    }
  }
  begin(): void {
    this.#talking = this.#talk()
  }
  /** @returns how much was said that never came */
  async end(): Promise<number> {
    this.#isOver = true
    await this.#talking
    for (let i = 0; i < 100 && this.#sentAt.size > 0; i++) await pause(50)
    return this.#sentAt.size
  }
  async #talk(): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      for (const [i, link] of this.#links.entries()) {
        link.write(message(this.#names[1 - i]!, `${i}-${round}`, this.#next()))
        if (round % 25 === 0) link.write(`<presence><status>${this.#next()}</status></presence>`)
      }
      await pause(50)
    }
  }
  #next(): string {
    const key = `t${(this.#count += 1)}`
    this.#sentAt.set(key, performance.now())
    return key
  }
}

const quantile = (all: readonly number[], part: number): number =>
  all.toSorted((a, b) => a - b)[Math.ceil(all.length * part) - 1]!
const inWords = (all: readonly number[]): string => {
  const [median, p99, longest] = [0.5, 0.99, 1].map((part) => quantile(all, part).toFixed(1))
  return `${all.length} stanzas: median ${median} ms, p99 ${p99} ms, longest ${longest} ms`
}

type Attack = (server: ServerProcess) => Promise<void>

/** A stranger fills the store of somebody who is away, and asks to see them again and again: friends still get through. */
const fillsTheStore: Attack = async (server) => {
  const stranger = await Person.comes(server, 'mallory', STRANGER)
  for (let i = 0; i < 8; i++) stranger.wire.write(message('carol', `flood${i}`, LARGE))
  stranger.wire.write(`<presence type='subscribe' to='${bare('carol')}'><status>${'x'.repeat(7000)}</status></presence>`)
  await stranger.fence()
  assert.deepEqual(
    stranger.got.filter(({ name }) => name === 'message'),
    [],
    'a stranger learns nothing',
  )
  const friend = await Person.comes(server, 'dave')
  friend.wire.write(message('carol', 'friend'))
  await friend.fence()
  assert.deepEqual(
    friend.got.filter((xml) => xml.attr('type') === 'error'),
    [],
  )
  const carol = await Person.comes(server, 'carol')
  await carol.hears('friend')
  for (const person of [stranger, friend, carol]) person.leaves()
}

/** A stranger writes to somebody whose client does not read for a while: the session goes on. */
const crowdsASlowReader: Attack = async (server) => {
  const slow = await Person.comes(server, 'erin')
  await slow.fence()
  ;(slow.wire.link as StreamLink).pause()
  const stranger = await Person.comes(server, 'trudy', STRANGER)
  for (let i = 0; i < 8; i++) stranger.wire.write(message('erin', `burst${i}`, LARGE))
  await stranger.fence()
  ;(slow.wire.link as StreamLink).resume()
  await slow.fence()
  for (const person of [stranger, slow]) person.leaves()
}

/** Port scans and health checks: connections that end before or in their TLS handshake. */
const scansPorts: Attack = async (server) => {
  for (let i = 0; i < 300; i++) {
    const probe = connect({ port: server.directTlsPort, host: '127.0.0.1', localAddress: SCANNER, allowHalfOpen: true })
    probe.on('error', () => {})
    await once(probe, 'connect')
    probe.end(i % 2 === 0 ? Buffer.alloc(0) : Buffer.from([22, 3, 1, 2, 0, 1]))
    probe.resume()
  }
  const neighbour = await Person.comes(server, 'frank', SCANNER)
  await neighbour.fence()
  neighbour.leaves()
}

/** Passwords are guessed, on several connections at a time: few guesses are heard, and the owner gets in. */
const guessesPasswords: Attack = async (server) => {
  let heard = 0
  const until = performance.now() + 8000
  const guess = async (): Promise<void> => {
    while (performance.now() < until) {
      const wire = new WireClient(await tcpLink(server.port, GUESSER), DOMAIN, PATIENCE_MS)
      await wire.open()
      await wire.features()
      const outcome = await wire.authenticate('bob', 'a guess')
      if (outcome.elements[0]?.name === 'not-authorized') heard += 1
      wire.link.drop()
      await pause(20)
    }
  }
  await Promise.all([guess(), guess(), guess(), guess()])
  assert.ok(heard <= 10 + 2 + 4, `${heard} guesses were heard`) // ten at once, ten a minute, those under way
  const owner = await Person.comes(server, 'bob', HOME, 'owner')
  owner.leaves()
}

/** Stanzas beyond every limit of form, and a large roster that is asked for again and again. */
const strains: Attack = async (server) => {
  const odd = await Person.comes(server, 'grace', STRANGER)
  odd.wire.write(`<message to='${bare('alice')}' id='deep'>${'<a>'.repeat(80)}${'</a>'.repeat(80)}</message>`)
  odd.wire.write(`<message to='${bare('alice')}' id='wide'><a b='${'x'.repeat(17_000)}'/></message>`)
  odd.wire.write(`<message to='u@${DOMAIN}/${'x'.repeat(2000)}' id='far'/>`)
  const groups = Array.from({ length: 20 }, (_, i) => `<group>${i}${'g'.repeat(900)}</group>`).join('')
  for (let i = 0; i < 40; i++)
    odd.wire.write(
      `<iq type='set' id='r${i}'><query xmlns='jabber:iq:roster'><item jid='c${i}@x.example'>${groups}</item></query></iq>`,
    )
  for (let i = 0; i < 10; i++) odd.wire.write(`<iq type='get' id='g${i}'><query xmlns='jabber:iq:roster'/></iq>`)
  await odd.fence()
  odd.leaves()
}

/** Bodies of BOSH that are none, and requests with two Hosts. */
const misusesTheWeb: Attack = async (server) => {
  const said = async (text: string): Promise<string> => {
    const socket = connect({ port: server.httpPort, host: '127.0.0.1', localAddress: STRANGER })
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1'))).on('error', () => {})
    socket.write(text)
    await once(socket, 'data')
    socket.destroy()
    return answer
  }
  for (let i = 0; i < 100; i++) {
    const body = `<body rid='1' to='${DOMAIN}' xmlns='http://jabber.org/protocol/httpbind'><a></b></body>`
    const head = `POST /http-bind HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n`
    assert.match(await said(`${head}\r\n${body}`), /bad-request/)
    assert.match(await said(`${head}host: y\r\n\r\n${body}`), /^HTTP\/1.1 400/)
  }
}

test('while strangers attack, two innocent clients lose nothing and wait for nothing', { timeout: 120_000 }, async (t) => {
  const server = await startServer(
    { after: (work) => t.after(work), diagnostic: (text) => t.diagnostic(text), passed: true },
    {
      streams: { 'require-tls': false },
    },
  )
  for (const user of ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'mallory', 'trudy'])
    await server.addUser(bare(user), PASSWORD)
  const [alice, bob, carol, dave] = await Promise.all(['alice', 'bob', 'carol', 'dave'].map((user) => Person.comes(server, user)))
  await befriend(alice!, bob!, ['alice', 'bob'])
  await befriend(carol!, dave!, ['carol', 'dave'])
  for (const person of [carol!, dave!]) person.leaves()

  const innocents = new Innocents([alice!, bob!], ['alice', 'bob'])
  innocents.begin()
  const attacks = [fillsTheStore, crowdsASlowReader, scansPorts, guessesPasswords, strains, misusesTheWeb]
  await pause(CALM_MS)
  const calm = innocents.latencies.splice(0)
  await Promise.all(attacks.map((attack) => attack(server)))
  const lost = await innocents.end()

  const { latencies } = innocents
  t.diagnostic(`before the attacks ${inWords(calm)}`)
  t.diagnostic(`during the attacks ${inWords(latencies)}`)
  assert.equal(lost, 0, 'stanzas were lost')
  assert.ok(latencies.length > 200, 'the innocent clients have talked')
  assert.ok(quantile(latencies, 0.99) < P99_MS, `during the attacks ${inWords(latencies)}`)
})
