/** What strangers do to a server, each in a way of their own; and that those whom it is aimed at get through all the same. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Certified } from '../support/authority.ts'
import { tcpLink, type StreamLink } from '../support/link.ts'
import { PeerWire } from '../support/peer-wire.ts'
import { DOMAIN, type ServerProcess } from '../support/server-process.ts'
import { ENABLE, resume } from '../support/stream-management.ts'
import { WireClient } from '../support/wire-client.ts'
import { bare, HOME, message, PASSWORD, PATIENCE_MS, Person } from './person.ts'

export const FAR = 'far.example'
const LARGE = 'x'.repeat(240_000)
const SCANNER = '127.0.0.2'
const GUESSER = '127.0.0.3'
const STRANGER = '127.0.0.4'
const ELSEWHERE = '127.0.0.5'

export interface Scene {
  readonly server: ServerProcess
  /** Of the server of strangers elsewhere. */
  readonly certified: Certified
}
export type Attack = (scene: Scene) => Promise<void>

/** A friend writes to somebody who is away, and is not refused; they come and have it. */
async function friendGetsThrough(server: ServerProcess, name: string, owner: string): Promise<void> {
  const friend = await Person.comes(server.port, name)
  friend.wire.write(message(owner, 'friend'))
  await friend.fence()
  assert.deepEqual(
    friend.got.filter((xml) => xml.attr('type') === 'error'),
    [],
  )
  const person = await Person.comes(server.port, owner)
  await person.hears('friend')
  for (const one of [friend, person]) one.leaves()
}

/** A stranger fills the store of somebody who is away, and asks to see them again and again: friends still get through. */
const fillsTheStore: Attack = async ({ server }) => {
  const stranger = await Person.comes(server.port, 'mallory', STRANGER)
  for (let i = 0; i < 8; i++) stranger.wire.write(message('carol', `flood${i}`, LARGE))
  stranger.wire.write(`<presence type='subscribe' to='${bare('carol')}'><status>${'x'.repeat(7000)}</status></presence>`)
  await stranger.fence()
  assert.deepEqual(
    stranger.got.filter(({ name }) => name === 'message'),
    [],
    'a stranger learns nothing',
  )
  await friendGetsThrough(server, 'dave', 'carol')
  stranger.leaves()
}

/** The same from another server, over a link: one domain, many addresses, some of them such as only others allow. */
const floodsFromElsewhere: Attack = async ({ server, certified }) => {
  const far = new PeerWire(await tcpLink(server.serversPort, ELSEWHERE), DOMAIN, PATIENCE_MS)
  await far.proved(FAR, certified)
  const from = (i: number): string => `from='u${i}@${FAR}/Eva · work'`
  for (let i = 0; i < 8; i++)
    far.write(`<message ${from(i)} to='${bare('heidi')}' type='chat' id='m${i}'><body>${LARGE}</body></message>`)
  for (let i = 0; i < 300; i++) {
    far.write(`<presence ${from(i)} to='${bare('heidi')}' type='subscribe'><status>${'x'.repeat(7000)}</status></presence>`)
    far.write(`<presence ${from(i)} to='${bare('alice')}'><status>${'x'.repeat(1000)}</status></presence>`)
    far.write(`<iq ${from(i)} to='${bare('alice')}/1' type='result' id='i${i}'><a xmlns='urn:example'/></iq>`)
  }
  far.write(`<message ${from(0)} to='${bare('alice')}' id='deep'>${'<a>'.repeat(80)}${'</a>'.repeat(80)}</message>`)
  far.write(`<message ${from(0)} to='${bare('alice')}' id='wide'><a b='${'x'.repeat(17_000)}'/></message>`)
  far.write(`<iq from='${FAR}' to='${DOMAIN}' type='get' id='fence'><ping xmlns='urn:xmpp:ping'/></iq>`)
  while ((await far.element('the link is still there')).attr('id') !== 'fence');
  await friendGetsThrough(server, 'ivan', 'heidi')
  far.link.drop()
}

/** Nine sessions of one account wait for their clients, and somebody writes to it again and again: all of it is written down. */
const fillsCheckpoints: Attack = async ({ server }) => {
  const clients: Person[] = []
  for (let i = 0; i < 9; i++) {
    const client = await Person.comes(server.port, 'peggy', HOME, `${i}`)
    client.wire.write(ENABLE)
    await client.fence()
    clients.push(client)
  }
  const { got } = clients[0]!
  const id = got.find(({ name }) => name === 'enabled')!.attr('id')!
  for (const { wire } of clients) wire.link.drop()
  const writer = await Person.comes(server.port, 'victor', STRANGER)
  const names = Array.from({ length: 60 }, (_, i) => `tiny${i}`)
  for (const name of names) {
    writer.wire.write(message('peggy', name, 'x'.repeat(3000)))
    await pause(100)
  }
  await writer.fence()
  const back = new WireClient(await tcpLink(server.port, HOME), DOMAIN, PATIENCE_MS)
  await back.open()
  await back.features()
  assert.equal((await back.authenticate('peggy', PASSWORD)).name, 'success')
  await back.open()
  await back.features()
  back.write(resume(id, 0))
  const heard = new Set<string>()
  while (names.some((name) => !heard.has(name))) {
    const next = await back.element('what came meanwhile')
    if (next.name === 'message') heard.add(next.attr('id')!)
  }
  writer.leaves()
  back.link.drop()
}

/** A user writes to many domains that there are not: nobody waits for them, and the log is not full of them. */
const writesToNowhere: Attack = async ({ server }) => {
  const user = await Person.comes(server.port, 'trent', STRANGER)
  for (let i = 0; i < 300; i++) user.wire.write(`<message to='u@d${i}.invalid' id='n${i}'><body>hello</body></message>`)
  await user.fence()
  user.leaves()
  const lines = server.log.split('\n').filter((line) => line.includes('.invalid'))
  assert.ok(lines.length <= 60, `${lines.length} lines of the log`)
}

/** A stranger writes to somebody whose client does not read for a while: the session goes on. */
const crowdsASlowReader: Attack = async ({ server }) => {
  const slow = await Person.comes(server.port, 'erin')
  await slow.fence()
  ;(slow.wire.link as StreamLink).pause()
  const stranger = await Person.comes(server.port, 'trudy', STRANGER)
  for (let i = 0; i < 8; i++) stranger.wire.write(message('erin', `burst${i}`, LARGE))
  await stranger.fence()
  ;(slow.wire.link as StreamLink).resume()
  await slow.fence()
  for (const person of [stranger, slow]) person.leaves()
}

/** Port scans and health checks: connections that end before or in their TLS handshake. */
const scansPorts: Attack = async ({ server }) => {
  for (let i = 0; i < 300; i++) {
    const probe = connect({ port: server.directTlsPort, host: '127.0.0.1', localAddress: SCANNER, allowHalfOpen: true })
    probe.on('error', () => {})
    await once(probe, 'connect')
    probe.end(i % 2 === 0 ? Buffer.alloc(0) : Buffer.from([22, 3, 1, 2, 0, 1]))
    probe.resume()
  }
  const neighbour = await Person.comes(server.port, 'frank', SCANNER)
  await neighbour.fence()
  neighbour.leaves()
}

/** Passwords are guessed, on several connections at a time: few guesses are heard, and the owner gets in. */
const guessesPasswords: Attack = async ({ server }) => {
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
  const owner = await Person.comes(server.port, 'bob', HOME, 'owner')
  owner.leaves()
}

/** Stanzas beyond every limit of form, and a large roster that is asked for again and again. */
const strains: Attack = async ({ server }) => {
  const odd = await Person.comes(server.port, 'grace', STRANGER)
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
const misusesTheWeb: Attack = async ({ server }) => {
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

export const attacks: readonly Attack[] = [
  ...[fillsTheStore, crowdsASlowReader, scansPorts, guessesPasswords, strains, misusesTheWeb],
  ...[floodsFromElsewhere, fillsCheckpoints, writesToNowhere],
]
