import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el, type Element } from '../../xml/element.ts'
import type { Caps } from '../../xmpp/caps.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { readInfo, verOf } from './hash.ts'
import { Resolver, type Features } from './resolver.ts'
import { Verified } from './verified.ts'

const NS = 'http://jabber.org/protocol/disco#info'
const server = jid('example.net')
const LIMITS = { entriesMax: 10, bytesMax: 100_000, featuresMax: 10, waitingMax: 3 }
const info = (...features: string[]): Element =>
  el(
    'query',
    NS,
    {},
    el('identity', NS, { category: 'client', type: 'pc' }),
    ...features.map((name) => el('feature', NS, { var: name })),
  )
const capsFor = (query: Element, hash = 'sha-1'): Caps => ({ hash, node: 'urn:x', ver: verOf(readInfo(query)!.s, hash) })
const list = (features: Features): string[] | null => (features === null ? null : [...features])

/** A resolver whose questions wait for the test to answer. */
function bench(limits = LIMITS) {
  const asked: { readonly to: string; readonly node: string | undefined; readonly answer: (query: Element | null) => void }[] = []
  const ask = (from: Jid, to: Jid, payload: Element, answered: (answer: Packet | null) => void): void => {
    const answer = (query: Element | null): void =>
      answered(query === null ? null : Packet.of({ kind: 'iq', type: 'result', from: to, to: from, payload: Payload.of(query) }))
    asked.push({ to: to.full, node: payload.attr('node'), answer })
  }
  const got: (string[] | null)[] = []
  const resolver = new Resolver(ask, ({ domain }) => domain === 'example.net', limits)
  const resolve = (who: string, caps: Caps): void =>
    resolver.resolve(server, jid(who), caps, (features) => got.push(list(features)))
  return { asked, got, resolver, resolve }
}
const A = info('urn:a')

test('CAPS-3: the question goes to the exact full JID, with node#ver', () => {
  const { asked, resolve } = bench()
  const caps = capsFor(A)
  resolve('romeo@example.net/orchard', caps)
  assert.deepEqual(
    asked.map(({ to, node }) => [to, node]),
    [['romeo@example.net/orchard', `urn:x#${caps.ver}`]],
  )
})

test('CAPS-2: what fits the hash is known for everybody from then on', () => {
  const { asked, got, resolve } = bench()
  resolve('romeo@example.net/1', capsFor(A))
  asked[0]!.answer(A)
  resolve('juliet@example.net/2', { ...capsFor(A), node: 'urn:other' })
  assert.equal(asked.length, 1)
  assert.deepEqual(got, [['urn:a'], ['urn:a']])
})

test('CAPS-2: what does not fit counts for who said it, and the next one is asked', () => {
  const { asked, got, resolve, resolver } = bench()
  resolve('liar@example.net/1', capsFor(A))
  resolve('romeo@example.net/2', capsFor(A))
  resolve('juliet@example.net/3', capsFor(A))
  assert.equal(asked.length, 1, 'one question at a time for one hash')
  asked[0]!.answer(info('urn:lie'))
  assert.equal(resolver.known, 0)
  assert.deepEqual(
    asked.map(({ to }) => to),
    ['liar@example.net/1', 'romeo@example.net/2'],
  )
  asked[1]!.answer(A)
  assert.deepEqual(got, [['urn:lie'], ['urn:a'], ['urn:a']])
  assert.equal(asked.length, 2)
})

test('CAPS-2: silence and ill-formed answers tell nothing, and the next one is asked', () => {
  for (const nothing of [null, info('urn:a', 'urn:a'), el('query', 'urn:other')]) {
    const { asked, got, resolve } = bench()
    resolve('romeo@example.net/1', capsFor(A))
    resolve('juliet@example.net/2', capsFor(A))
    asked[0]!.answer(nothing)
    asked[1]!.answer(A)
    assert.deepEqual(got, [null, ['urn:a']])
  }
})

test('CAPS-2: with a hash that is not known the answer counts for this JID alone', () => {
  const { asked, got, resolve, resolver } = bench()
  const caps = { ...capsFor(A), hash: 'sha3-256' }
  resolve('romeo@example.net/1', caps)
  resolve('juliet@example.net/2', caps)
  assert.equal(asked.length, 2)
  asked[1]!.answer(info('urn:b'))
  asked[0]!.answer(A)
  assert.deepEqual(got, [['urn:b'], ['urn:a']])
  assert.equal(resolver.known, 0)
})

test('CAPS-6: an answer with too many features is not believed', () => {
  const { asked, got, resolve } = bench()
  const many = info(...Array.from({ length: 11 }, (_, i) => `urn:${i}`))
  resolve('romeo@example.net/1', capsFor(many))
  asked[0]!.answer(many)
  assert.deepEqual(got, [null])
})

test('CAPS-6: so many wait for one hash, and so many questions are open to one remote domain', () => {
  const { asked, got, resolve } = bench()
  for (let i = 0; i < 4; i++) resolve(`romeo@example.net/${i}`, capsFor(A))
  assert.deepEqual(got, [null])
  for (let i = 0; i < 4; i++) resolve(`x@far.example/${i}`, capsFor(info(`urn:${i}`)))
  assert.equal(asked.filter(({ to }) => to.startsWith('x@far.example')).length, 3)
  assert.deepEqual(got, [null, null])
  asked.at(-1)!.answer(null)
  resolve('x@far.example/5', capsFor(info('urn:5')))
  assert.equal(asked.at(-1)!.to, 'x@far.example/5')
})

test('CAPS-6: the store of what is known stays within both limits and forgets the longest unneeded', () => {
  const verified = new Verified({ entriesMax: 2, bytesMax: 1000 })
  for (const key of ['1', '2']) verified.set(key, new Set(['urn:a']))
  verified.get('1')
  verified.set('3', new Set(['urn:a']))
  assert.deepEqual(
    ['1', '2', '3'].map((key) => verified.get(key) !== undefined),
    [true, false, true],
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 60 }))), (steps) => {
      const store = new Verified({ entriesMax: 5, bytesMax: 100 })
      for (const [key, length] of steps) store.set(`${key}`, new Set(['x'.repeat(length)]))
      assert(store.size <= 5 && store.bytes <= 100)
      assert.equal(store.bytes === 0, store.size === 0)
    }),
  )
})
