/**
 * The server is killed at any moment, while many change their rosters and leave messages for somebody who is away:
 * what it has acknowledged is there when it runs again. A roster change is acknowledged by its result (RFC 6121
 * 2.3.2); a message by the answer to a ping behind it, because a session's stanzas are processed in order, or by the
 * server's count of what it has handled (XEP-0198 section 4).
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import tls from 'node:tls'
import { client, xml, type Client, type Element } from '@xmpp/client'
import { DOMAIN, startServer, type ServerProcess } from '../support/server-process.ts'
import { within } from '../support/within.ts'
import { PATIENCE_MS } from './person.ts'
import { request, start } from './xmpp-js/managed.ts'

const ROSTER = 'jabber:iq:roster'
const PASSWORD = 'secret'
const ROUNDS = 8
const WRITERS = ['benvolio', 'mercutio', 'nurse', 'paris']
const ABSENT = `rosaline@${DOMAIN}`
const LAST = 'that was all'
/** The server is killed when so many things were acknowledged in a round, at the least and at the most. */
const [SOON, LATE] = [20, 200]
/** Contacts that each writer changes again and again. */
const CONTACTS = 10

/** How a writer learns that a message is safe. */
type Acknowledgement = 'ping' | 'count'

async function connect(server: ServerProcess, username: string): Promise<Client> {
  tls.setDefaultCACertificates([readFileSync(server.certificateFile, 'utf8')])
  const entity = client({
    service: `xmpp://127.0.0.1:${server.port}`,
    domain: DOMAIN,
    // The library's SCRAM takes a second; how they log in does not matter here.
    credentials: (authenticate) => authenticate({ username, password: PASSWORD }, 'PLAIN'),
  })
  entity.reconnect.stop()
  entity.on('error', () => {}) // the crash is expected
  await within(PATIENCE_MS, `${username} to log in`, start(entity))
  return entity
}

/** One who changes a roster and leaves messages, and knows what was acknowledged. */
class Writer {
  readonly name: string
  /** Contact: its name in the last change that was acknowledged, and in the one that was under way at the crash. */
  readonly acknowledged = new Map<string, string>()
  underWay: { readonly jid: string; readonly name: string } | null = null
  readonly #acknowledgement: Acknowledgement
  #count = 0

  constructor(name: string, acknowledgement: Acknowledgement) {
    this.name = name
    this.#acknowledgement = acknowledgement
  }
  /** Until the connection breaks. */
  async write(entity: Client, ledger: Ledger): Promise<void> {
    const broken = once(entity, 'disconnect').then(() => Promise.reject(new Error('disconnected')))
    for (;;) {
      this.#count += 1
      const change = { jid: `contact${this.#count % CONTACTS}@${DOMAIN}`, name: `change ${this.#count}` }
      this.underWay = change
      await Promise.race([request(entity, 'set', xml('query', ROSTER, xml('item', change))), broken])
      this.acknowledged.set(change.jid, change.name)
      this.underWay = null
      ledger.acknowledge()

      const body = `${this.name} ${this.#count}`
      ledger.sent.add(body)
      const message = xml('message', { to: ABSENT, type: 'chat' }, xml('body', {}, body))
      await Promise.race([this.#sent(entity, message), broken])
      ledger.stored.add(body)
      ledger.acknowledge()
    }
  }
  /** Until the server has said that it has done what it does with `message`. */
  async #sent(entity: Client, message: Element): Promise<void> {
    if (this.#acknowledgement === 'ping') {
      await entity.send(message)
      await request(entity, 'get', xml('ping', 'urn:xmpp:ping'), DOMAIN)
      return
    }
    const counted = new Promise<void>((resolve) => {
      const look = (stanza: Element): void => {
        if (stanza !== message) return
        entity.streamManagement.off('ack', look)
        resolve()
      }
      entity.streamManagement.on('ack', look)
    })
    await entity.send(message)
    await entity.send(xml('r', 'urn:xmpp:sm:3'))
    await counted
  }
  async check(server: ServerProcess): Promise<void> {
    const entity = await connect(server, this.name)
    const items = (await request(entity, 'get', xml('query', ROSTER)))!.getChildren('item')
    const found = new Map(items.map(({ attrs }) => [attrs['jid']!, attrs['name']!]))
    const { underWay } = this
    for (const [jid, name] of this.acknowledged) {
      const possible = underWay?.jid === jid ? [name, underWay.name] : [name]
      assert.ok(possible.includes(found.get(jid)!), `${this.name} has ${jid} as ${possible.join(' or ')}, not ${found.get(jid)}`)
    }
    // What was under way is now known: it happened or it did not.
    if (underWay !== null && found.get(underWay.jid) === underWay.name) this.acknowledged.set(underWay.jid, underWay.name)
    assert.deepEqual(found, this.acknowledged)
    await entity.stop()
  }
}

/** What all have left for the one who is away, and how far they are. */
class Ledger {
  readonly sent = new Set<string>()
  readonly stored = new Set<string>()
  readonly enough: Promise<void>
  #left: number
  #done: () => void = () => {}

  constructor(acknowledgements: number) {
    this.#left = acknowledgements
    this.enough = new Promise((resolve) => (this.#done = resolve))
  }
  acknowledge(): void {
    if ((this.#left -= 1) === 0) this.#done()
  }
}

/** All that was kept for the absent one: nothing overtakes it, so it ends with what she says to herself. */
async function collect(server: ServerProcess): Promise<readonly string[]> {
  const rosaline = await connect(server, ABSENT.split('@', 1)[0]!)
  const read: string[] = []
  const all = new Promise<void>((resolve) => {
    rosaline.on('stanza', (stanza) => {
      if (!stanza.is('message')) return
      const body = stanza.getChildText('body')!
      if (body === LAST) resolve()
      else read.push(body)
    })
  })
  await rosaline.send(xml('presence'))
  await rosaline.send(xml('message', { to: ABSENT, type: 'chat' }, xml('body', {}, LAST)))
  await within(PATIENCE_MS, 'the last message', all)
  await rosaline.stop()
  return read
}

test('SIGKILL under load loses nothing that was acknowledged', async (t) => {
  // The library binds by XEP-0386 and reads no archive. What waits is sent to it before anything else
  const atOnce = { 'offline-messages': { 'archive-wait': '0 s' } }
  const server = await startServer(t, { rate: { 'stanzas-per-second': 0 }, sasl: { plain: true }, ...atOnce })
  const writers = WRITERS.map((name, i) => new Writer(name, i % 2 === 0 ? 'ping' : 'count'))
  for (const name of [...WRITERS, 'rosaline']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
  for (let round = 1; round <= ROUNDS; round += 1) {
    const moment = SOON + Math.floor(Math.random() * (LATE - SOON))
    await t.test(`round ${round}: killed upon acknowledgement ${moment}`, async () => {
      const ledger = new Ledger(moment)
      const clients = await Promise.all(WRITERS.map((name) => connect(server, name)))
      const written = writers.map((writer, i) => assert.rejects(writer.write(clients[i]!, ledger)))
      await within(PATIENCE_MS, `${moment} acknowledgements`, ledger.enough)
      await server.kill()
      await Promise.all(written)

      await server.start()
      for (const writer of writers) await writer.check(server)
      const read = await collect(server)
      assert.equal(new Set(read).size, read.length, 'nothing is delivered twice')
      assert.deepEqual(
        [...ledger.stored].filter((body) => !read.includes(body)),
        [],
      )
      assert.deepEqual(
        read.filter((body) => !ledger.sent.has(body)),
        [],
      )
      assert.deepEqual(await collect(server), [], 'what was delivered is no longer kept')
    })
  }
})

const MAM = 'urn:xmpp:mam:2'
const RSM = 'http://jabber.org/protocol/rsm'

/** All that the archive of the user has: the body and the id of each message, in its order. */
async function archiveOf(entity: Client): Promise<readonly (readonly [body: string, id: string])[]> {
  const found: (readonly [string, string])[] = []
  const hear = (stanza: Element): void => {
    const result = stanza.getChild('result', MAM)
    if (result === undefined) return
    const message = result.getChild('forwarded')!.getChild('message')!
    found.push([message.getChildText('body')!, result.attrs['id']!])
  }
  entity.on('stanza', hear)
  for (let last: string | undefined, isComplete = false; !isComplete; last = found.at(-1)?.[1]) {
    const after = last === undefined ? [] : [xml('after', {}, last)]
    const fin = await archivePage(entity, xml('query', MAM, xml('set', RSM, xml('max', {}, '250'), ...after)))
    isComplete = fin.attrs['complete'] === 'true'
  }
  entity.off('stanza', hear)
  return found
}
/** XEP-0313 4.2: the answer to a query has another name than the query. */
let queries = 0
function archivePage(entity: Client, query: Element): Promise<Element> {
  const id = `page-${(queries += 1)}`
  return new Promise((resolve) => {
    const look = (stanza: Element): void => {
      if (!stanza.is('iq') || stanza.attrs['id'] !== id) return
      entity.off('stanza', look)
      resolve(stanza.getChild('fin', MAM)!)
    }
    entity.on('stanza', look)
    void entity.send(xml('iq', { type: 'set', id }, query))
  })
}

test('MAM-22, SIGKILL between store and delivery: what was acknowledged or shown is in both archives once', async (t) => {
  // They are strangers to each other. In four rounds one writes more than the share of a stranger has room for
  const roomForAll = { 'message-archive': { 'strangers-messages': 100 * LATE } }
  const server = await startServer(t, { rate: { 'stanzas-per-second': 0 }, sasl: { plain: true }, ...roomForAll })
  for (const name of ['romeo', 'juliet']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
  const acknowledged: string[] = []
  /** By body. */
  const shown = new Map<string, string>()
  for (let round = 1; round <= 4; round += 1) {
    const [romeo, juliet] = [await connect(server, 'romeo'), await connect(server, 'juliet')]
    juliet.on('stanza', (stanza) => {
      const body = stanza.is('message') ? stanza.getChildText('body') : null
      if (body !== null && body !== '') shown.set(body, stanza.getChild('stanza-id')!.attrs['id']!)
    })
    await juliet.send(xml('presence'))
    await request(juliet, 'get', xml('ping', 'urn:xmpp:ping'), DOMAIN)
    const enough = SOON + Math.floor(Math.random() * (LATE - SOON))
    let isEnough = (): void => {}
    const count = new Promise<void>((resolve) => (isEnough = resolve))
    const broken = once(romeo, 'disconnect').then(() => Promise.reject(new Error('disconnected')))
    const say = async (): Promise<void> => {
      for (let n = 1; ; n += 1) {
        const body = `${round} ${n}`
        await romeo.send(xml('message', { to: `juliet@${DOMAIN}`, type: 'chat', id: body }, xml('body', {}, body)))
        await Promise.race([request(romeo, 'get', xml('ping', 'urn:xmpp:ping'), DOMAIN), broken])
        acknowledged.push(body)
        if (n === enough) isEnough()
      }
    }
    const said = assert.rejects(say())
    await within(PATIENCE_MS, `${enough} acknowledgements`, count)
    await server.kill()
    await said
    await server.start()
    const archives: (readonly (readonly [string, string])[])[] = []
    for (const name of ['romeo', 'juliet']) {
      const reader = await connect(server, name)
      archives.push(await within(PATIENCE_MS, `the archive of ${name}`, archiveOf(reader)))
      await reader.stop()
    }
    assert.deepEqual(archives[0], archives[1], 'both have the same, under the same ids')
    const ids = new Map(archives[0])
    assert.equal(ids.size, archives[0]!.length, 'nothing is there twice')
    assert.deepEqual(
      acknowledged.filter((body) => !ids.has(body)),
      [],
    )
    for (const [body, id] of shown) assert.equal(ids.get(body), id, body)
    assert.ok(shown.size > 0)
  }
})
