/** Domains of ours with something behind them that is no account: a small service, told as stories. */
import assert from 'node:assert/strict'
import { componentsOf } from '../support/component.ts'
import { ECHO, echoService } from '../support/echo-service.ts'
import { Cast, story } from '../support/story.ts'
import { chat, comeBack, enable, got, RESUME_MS, UNASKED } from '../support/stream-management.ts'
import { federation } from '../support/two-servers.ts'
import { until } from '../support/until.ts'
import { refusal } from '../support/xml-pattern.ts'

const SERVICE = 'echo.a.example'
const HALL = `hall@${SERVICE}`
const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const get = (to: string, payload: string): string => `<iq type='get' id='q' to='${to}'>${payload}</iq>`
const query = (ns: string): string => `<query xmlns='${ns}'/>`
const echo = (text: string): string => `<echo xmlns='${ECHO}'>${text}</echo>`

const withEcho = { beside: [echoService().feature] }

story('XEP-0030 4.1: the server lists its services, and components while they are connected', withEcho, async (cast) => {
  const backstage = await componentsOf(cast, 'gw.a.example')
  const alice = await cast.client('alice', '1')
  const service = `<item jid='conference.a.example' name='Rooms'/><item jid='pubsub.a.example' name='Nodes'/><item jid='search.a.example' name='Search'/><item jid='${SERVICE}' name='Echo'/>`
  const listed = (...items: string[]): string => `<iq type='result' id='q'><query xmlns='${ITEMS}'>${items.join('')}</query></iq>`
  alice.send(get('a.example', query(ITEMS)))
  await alice.expect(listed(service))
  await backstage.connected()
  alice.send(get('a.example', query(ITEMS)))
  await alice.expect(listed(service, `<item jid='gw.a.example'/>`))
})

story('XEP-0030 3.1: a service describes itself, and answers as every service does', withEcho, async (cast) => {
  const alice = await cast.client('alice', '1')
  const features = [INFO, ITEMS, 'urn:xmpp:ping', 'jabber:iq:version', ECHO].map((name) => `<feature var='${name}'/>`).join('')
  const identity = `<identity category='component' type='generic' name='Echo'/>`
  alice.send(get(SERVICE, query(INFO)))
  await alice.expect(`<iq type='result' id='q' from='${SERVICE}'><query xmlns='${INFO}'>${identity}${features}</query></iq>`)
  alice.send(get(SERVICE, query(ITEMS)))
  await alice.expect(`<iq type='result' id='q' from='${SERVICE}'><query xmlns='${ITEMS}'/></iq>`)
  alice.send(get(SERVICE, `<ping xmlns='urn:xmpp:ping'/>`))
  await alice.expect(`<iq type='result' id='q' from='${SERVICE}'/>`)
})

story('a service and a thing in it have IQs of their own; what nobody answers is refused', withEcho, async (cast) => {
  const alice = await cast.client('alice', '1')
  for (const [to, answer] of [
    [SERVICE, 'of all'],
    [HALL, `of ${HALL}`],
  ] as const) {
    alice.send(get(to, `<echo xmlns='${ECHO}'/>`))
    await alice.expect(`<iq type='result' id='q' from='${to}'>${echo(answer)}</iq>`)
  }
  alice.send(get('a.example', `<echo xmlns='${ECHO}'/>`))
  await alice.expect(refusal('iq', `id='q' from='a.example'`, 'cancel', 'service-unavailable'))
  alice.send(get(HALL, `<ping xmlns='urn:xmpp:ping'/>`))
  await alice.expect(refusal('iq', `id='q' from='${HALL}'`, 'cancel', 'service-unavailable'))
  alice.send(get(`${HALL}/echo`, `<echo xmlns='${ECHO}'/>`))
  await alice.expect(refusal('iq', `id='q' from='${HALL}/echo'`, 'cancel', 'feature-not-implemented'))
  alice.send(chat(SERVICE, '1'))
  await alice.expect(refusal('message', `id='1' from='${SERVICE}'`, 'modify', 'not-acceptable'))
})

story(
  'RFC 6120 10.1: what two users send to one thing is done in order, though the first has to wait',
  withEcho,
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const slow = `slow@${SERVICE}`
    alice.send(chat(slow, '1'), chat(slow, '2'), chat(HALL, '3'))
    bob.send(chat(slow, '4'))
    await alice.expect(got(slow, alice.jid, '1'), got(slow, alice.jid, '2'), got(HALL, alice.jid, '3'))
    await bob.expect(got(slow, bob.jid, '4'))
  },
)

story('a thing that waits for an answer gets it, though it takes nothing else meanwhile', withEcho, async (cast) => {
  const alice = await cast.client('alice', '1')
  const curious = `curious@${SERVICE}`
  alice.send(chat(curious, '1'), chat(curious, '2'))
  await alice.expect(got(curious, alice.jid, '1'), got(curious, alice.jid, '2'))
})

{
  const { feature, present } = echoService()
  story('RFC 6121 4.6.3: a service that was told of a client is told of its end', { beside: [feature] }, async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(`<presence to='${HALL}'/>`)
    await cast.settle()
    assert.deepEqual([...present.get(HALL)!], [alice.jid])
    alice.drop()
    await until('the service knows that alice has gone', () => present.get(HALL)!.size === 0)
  })
}

story('a restart: a session goes on with the services that it had', { ...UNASKED, ...withEcho, on: ['memory'] }, async (cast) => {
  const alice = await cast.client('alice', '1')
  const id = await enable(alice)
  alice.send(`<presence to='${HALL}'/>`, chat(HALL, '1'))
  await alice.expect(got(HALL, alice.jid, '1'))
  const { feature, present, kept } = echoService()
  const next = new Cast(await cast.server.restart({ ...UNASKED, beside: [feature] }, 1000))
  cast.atEnd(() => next.end())
  assert.deepEqual([...present.get(HALL)!], [alice.jid])
  assert.deepEqual([...kept], [[HALL, 'for a restart']])
  const again = await comeBack(next, alice, id, 1, 2)
  again.send(chat(HALL, '2'))
  await again.expect(got(HALL, alice.jid, '2'))
  again.send('</stream:stream>')
  await until('the service knows that alice has gone', () => present.get(HALL)!.size === 0)
})

/** What the store keeps of the service, and not of other parts of the server. */
const halls = async (cast: Cast) => (await cast.server.stores.keptStates.all()).filter(({ key }) => key.endsWith(`@${SERVICE}`))

story(
  'a crash: a service knows who was there, and that it may be old',
  { ...UNASKED, ...withEcho, on: ['memory'] },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await enable(alice)
    alice.send(`<presence to='${HALL}'/>`)
    bob.send(`<presence to='small@${SERVICE}'/>`, `<presence to='small@${SERVICE}' type='unavailable'/>`)
    await cast.settle()
    await cast.server.server.checkpoints.write()
    const { feature, present, kept } = echoService()
    const next = new Cast(await cast.server.crash({ ...UNASKED, beside: [feature] }))
    cast.cut()
    cast.atEnd(() => next.end())
    assert.deepEqual([...kept], [[HALL, 'while running']])
    assert.deepEqual([...present.get(HALL)!], [alice.jid])
    next.pass(RESUME_MS)
    await next.settle()
    assert.equal(present.get(HALL)!.size, 0, 'her relic has ended')
    await next.server.server.checkpoints.write()
    assert.deepEqual(await halls(next), [])
  },
)

story('a stop: the next run of the server knows of nobody', { ...UNASKED, ...withEcho, on: ['memory'] }, async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(`<presence to='${HALL}'/>`)
  await cast.settle()
  const { server } = cast.server
  await server.checkpoints.write()
  assert.equal((await halls(cast)).length, 1)
  cast.server.shutDown()
  await server.keptSessions.keepNothing()
  assert.deepEqual(await halls(cast), [])
  await alice.wire.expectStreamError('system-shutdown')
})

{
  const { feature, present } = echoService()
  const a = { beside: [feature], shows: { dns: ['a.example', SERVICE] } }
  federation('RFC 6120 10.4: a service talks with users of other servers', { a }, async (realm) => {
    realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
    const dave = await realm.client('dave@b.example/1')
    dave.send(chat(HALL, '1'), get(SERVICE, `<echo xmlns='${ECHO}'/>`), `<presence to='${HALL}'/>`)
    await dave.expectAll(got(HALL, dave.jid, '1'), `<iq type='result' id='q' from='${SERVICE}'>${echo('of all')}</iq>`)
    await realm.until('the service knows of dave', () => present.get(HALL)?.has(dave.jid) === true)
    dave.send('</stream:stream>')
    await realm.until('the service knows that dave has gone', () => present.get(HALL)!.size === 0)
  })
}
