import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, STREAM, type Client } from '../../../test/support/memory-server.ts'
import { section } from '../../base/settings.ts'
import { defineFeature } from '../../server/feature.ts'
import { LOGOUT } from '../../server/account/endings.ts'
import type { Element } from '../../xml/element.ts'
import { serviceDiscovery } from '../0030-service-discovery/index.ts'
import { readInfo, verOf } from './hash.ts'
import { capsOf, entityCapabilities } from './index.ts'

/** Of XEP-0115 5.2. */
const VER = 'QgayPKawpkPSDYmwT/WM94uAlu0='
const FEATURES = [
  'http://jabber.org/protocol/caps',
  'http://jabber.org/protocol/disco#info',
  'http://jabber.org/protocol/disco#items',
  'http://jabber.org/protocol/muc',
]
const c = (ver = VER): string => `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:exodus' ver='${ver}'/>`
const presence = (ver = VER): string => `<presence>${c(ver)}</presence>`
const INFO = `<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc' name='Exodus 0.9.1'/>${FEATURES.map((f) => `<feature var='${f}'/>`).join('')}</query>`
const isQuestion = (e: Element): boolean => e.name === 'iq' && e.attr('type') === 'get'

async function capulets() {
  const server = await memoryServer({ features: [serviceDiscovery, entityCapabilities] })
  const caps = capsOf(server.host)
  const told: string[] = []
  caps.onKnown((session, features) => told.push(`${session.jid.resource} ${features.size}`))
  const romeo = await server.bind('romeo@example.net', 'orchard')
  return { server, caps, told, romeo }
}
const questionsTo = (client: Client): Element[] => client.sent().filter(isQuestion)
const answer = (client: Client, question: Element, query = INFO): Promise<void> =>
  client.send(`<iq type='result' id='${question.attr('id')!}' to='${question.attr('from')!}'>${query}</iq>`)

test('CAPS-3: a client whose hash is new is asked by the domain, and its features become known', async () => {
  const { caps, told, romeo } = await capulets()
  await romeo.send(presence())
  const [question] = questionsTo(romeo)
  assert.equal(question!.attr('from'), 'example.net')
  assert.equal(question!.attr('to'), 'romeo@example.net/orchard')
  assert.equal(question!.elements[0]!.attr('node'), `urn:exodus#${VER}`)
  assert.equal(caps.features(romeo.session), null)
  assert.deepEqual(told, [])
  await answer(romeo, question!)
  assert.deepEqual([...caps.features(romeo.session)!].toSorted(), FEATURES)
  assert.deepEqual(told, ['orchard 4'])
})

test('CAPS-3: what a client says anew is noticed, wherever it stands and whatever is written around it', async () => {
  const { romeo } = await capulets()
  await romeo.send(`<presence>${c()}<status>a</status></presence>`)
  await answer(romeo, questionsTo(romeo)[0]!)
  const asks = async (children: string): Promise<number> => {
    await romeo.send(`<presence>${children}</presence>`)
    return questionsTo(romeo).length
  }
  assert.equal(await asks(`<status>b</status>${c()}`), 0)
  assert.equal(await asks(`<x xmlns='urn:x'>${c('other')}</x>`), 0, 'not its own')
  assert.equal(await asks(`<x xmlns='urn:x'>${c()}</x>${c('other')}`), 1)
  assert.equal(await asks(c('third')), 1)
  assert.equal(await asks(c('fo>urth')), 1)
  assert.equal(await asks(c('fo>fth')), 1)
})

test('CAPS-2: the next client with that hash is not asked', async () => {
  const { server, caps, told, romeo } = await capulets()
  await romeo.send(presence())
  await answer(romeo, questionsTo(romeo)[0]!)
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await juliet.send(presence())
  assert.deepEqual(questionsTo(juliet), [])
  assert.equal(caps.features(juliet.session)?.size, 4)
  assert.deepEqual(told, ['orchard 4', 'balcony 4'])
})

test('the same hash again tells nothing new; presence without <c/> changes nothing', async () => {
  const { caps, told, romeo } = await capulets()
  await romeo.send(presence())
  await answer(romeo, questionsTo(romeo)[0]!)
  await romeo.send(presence())
  await romeo.send('<presence><show>away</show></presence>')
  assert.deepEqual(questionsTo(romeo), [])
  assert.deepEqual(told, ['orchard 4'])
  assert.equal(caps.features(romeo.session)?.size, 4)
})

test('another hash makes the old features void until the answer is there', async () => {
  const { caps, romeo } = await capulets()
  await romeo.send(presence())
  await answer(romeo, questionsTo(romeo)[0]!)
  await romeo.send(presence('other'))
  assert.equal(caps.features(romeo.session), null)
  const [question] = questionsTo(romeo)
  await answer(romeo, question!, "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:a'/></query>")
  assert.deepEqual([...caps.features(romeo.session)!], ['urn:a'], 'it does not fit the hash: what this client says of itself')
})

test('an answer to a hash that is not shown any more is too late', async () => {
  const { caps, told, romeo } = await capulets()
  await romeo.send(presence('old'))
  const [old] = questionsTo(romeo)
  await romeo.send(presence())
  await answer(romeo, old!, "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:old'/></query>")
  assert.equal(caps.features(romeo.session), null)
  assert.deepEqual(told, [])
})

test('who has not answered is asked again with its next presence', async () => {
  const { server, romeo } = await capulets()
  await romeo.send(presence())
  assert.equal(questionsTo(romeo).length, 1)
  await server.advance(31_000)
  await romeo.send(presence())
  assert.equal(questionsTo(romeo).length, 1)
})

test('XEP-0115 8.3: directed presence counts for who has broadcast none', async () => {
  const { caps, romeo } = await capulets()
  const directed = (ver: string): string => presence(ver).replace('<presence', "<presence to='room@far.example/romeo'")
  await romeo.send(directed(VER))
  await answer(romeo, questionsTo(romeo)[0]!)
  assert.equal(caps.features(romeo.session)?.size, 4)
  await romeo.send('<presence/>')
  await romeo.send(directed('other'))
  assert.deepEqual(questionsTo(romeo), [])
  assert.equal(caps.features(romeo.session)?.size, 4)
})

test('a session may end before it is answered for', async () => {
  const { server, told, romeo } = await capulets()
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await romeo.send(presence())
  await juliet.send(presence())
  server.host.sessions.end(juliet.session, LOGOUT)
  await answer(romeo, questionsTo(romeo)[0]!)
  assert.deepEqual(told, ['orchard 4'])
})

test("CAPS-4: the server's hash is that of its disco#info, on whose node it answers", async () => {
  const late = defineFeature({
    name: 'late',
    specs: [],
    settings: section({}),
    install: ({ disco }) => void disco.server.features.push('urn:example:late'),
  })
  const server = await memoryServer({ features: [serviceDiscovery, entityCapabilities, late] })
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const [offer] = server.server.streamFeatures.afterAuth
  const own = offer!(STREAM)!
  const node = `${own.attr('node')!}#${own.attr('ver')!}`
  const ask = (which: string): Promise<Element> =>
    romeo.ask(
      `<iq type='get' id='1' to='example.net'><query xmlns='http://jabber.org/protocol/disco#info' node='${which}'/></iq>`,
    )
  const info = (await ask(node)).elements[0]!
  assert.equal(info.attr('node'), node)
  assert.equal(own.attr('hash'), 'sha-1')
  assert.equal(own.attr('ver'), verOf(readInfo(info)!.s, 'sha-1'))
  const features = info.elements.filter((e) => e.name === 'feature').map((e) => e.attr('var'))
  assert(features.includes('http://jabber.org/protocol/caps') && features.includes('urn:example:late'))
  assert.equal((await ask(`${own.attr('node')!}#other`)).attr('type'), 'error')
})
