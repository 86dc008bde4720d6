import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el, type Element } from '../../xml/element.ts'
import { encode } from '../../xml/wire.ts'
import { isKnownHash, readInfo, verOf } from './hash.ts'

const NS = 'http://jabber.org/protocol/disco#info'
const query = (...children: Element[]): Element => el('query', NS, {}, ...children)
const identity = (attrs: Record<string, string>): Element => el('identity', NS, { category: 'client', type: 'pc', ...attrs })
const feature = (name: string): Element => el('feature', NS, { var: name })
const field = (name: string, type: string | undefined, ...values: string[]): Element =>
  el('field', 'jabber:x:data', { var: name, type }, ...values.map((value) => el('value', 'jabber:x:data', {}, value)))
const form = (...fields: Element[]): Element => el('x', 'jabber:x:data', { type: 'result' }, ...fields)
const sha1 = (q: Element): string => verOf(readInfo(q)!.s, 'sha-1')
const COMMON = [
  'http://jabber.org/protocol/caps',
  'http://jabber.org/protocol/disco#info',
  'http://jabber.org/protocol/disco#items',
  'http://jabber.org/protocol/muc',
].map(feature)

test('CAPS-1, XEP-0115 5.2: the simple example', () => {
  assert.equal(sha1(query(identity({ name: 'Exodus 0.9.1' }), ...COMMON)), 'QgayPKawpkPSDYmwT/WM94uAlu0=')
})

const COMPLEX = [
  identity({ 'xml:lang': 'en', 'name': 'Psi 0.11' }),
  identity({ 'xml:lang': 'el', 'name': '\u03a8 0.11' }),
  ...COMMON,
  form(
    field('FORM_TYPE', 'hidden', 'urn:xmpp:dataforms:softwareinfo'),
    field('ip_version', 'text-multi', 'ipv4', 'ipv6'),
    field('os', undefined, 'Mac'),
    field('os_version', undefined, '10.5.1'),
    field('software', undefined, 'Psi'),
    field('software_version', undefined, '0.11'),
  ),
]

test('CAPS-1, XEP-0115 5.3: the complex example, in whatever order it is told', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(COMPLEX, { minLength: COMPLEX.length }), (children) => {
      assert.equal(sha1(query(...children)), 'q07IKJEyjvHSyhy//CH0CxmKi8w=')
    }),
  )
})

test('CAPS-1: identities are sorted by category, then type, then language, not as one text', () => {
  const s = readInfo(
    query(el('identity', NS, { category: 'a-b', type: 'x' }), el('identity', NS, { category: 'a', type: 'x' })),
  )!.s
  assert.equal(s, 'a/x//<a-b/x//<')
})

test('CAPS-1: sorting is by octets of UTF-8: U+FF5E before U+1D11E', () => {
  assert.equal(readInfo(query(feature('\u{1d11e}'), feature('\uff5e')))!.s, encode('\uff5e<\u{1d11e}<'))
})

test('CAPS-1: fields are sorted by var, values by text', () => {
  const shuffled = form(field('z', undefined, '2', '1'), field('FORM_TYPE', 'hidden', 't'), field('a', undefined, 'v'))
  assert.equal(readInfo(query(shuffled))!.s, 't<a<v<z<1<2<')
})

test('CAPS-2, XEP-0115 5.4 step 3: duplicate identities, features and forms, and two form types, are ill-formed', () => {
  const typed = form(field('FORM_TYPE', 'hidden', 'urn:a'))
  assert.equal(readInfo(query(identity({ name: 'x' }), identity({ name: 'x' }))), null)
  assert.equal(readInfo(query(feature('urn:a'), feature('urn:a'))), null)
  assert.equal(readInfo(query(typed, typed)), null)
  assert.equal(readInfo(query(form(field('FORM_TYPE', 'hidden', 'urn:a', 'urn:b')))), null)
  assert.notEqual(readInfo(query(form(field('FORM_TYPE', 'hidden', 'urn:a', 'urn:a')))), null)
  assert.notEqual(readInfo(query(identity({ name: 'x' }), identity({ 'name': 'x', 'xml:lang': 'en' }))), null)
})

test('CAPS-2, XEP-0115 5.4 step 3.6: a form without a hidden FORM_TYPE is ignored', () => {
  const plain = query(feature('urn:a'))
  assert.equal(readInfo(query(feature('urn:a'), form(field('FORM_TYPE', undefined, 'urn:f'))))!.s, readInfo(plain)!.s)
  assert.equal(readInfo(query(feature('urn:a'), form(field('os', undefined, 'Mac'))))!.s, readInfo(plain)!.s)
})

test('XEP-0115 9.3: a part that contains the separator is ill-formed, wherever it stands', () => {
  assert.equal(readInfo(query(feature('urn:a<urn:b'))), null)
  assert.equal(readInfo(query(identity({ name: 'x<urn:b' }))), null)
  assert.equal(readInfo(query(form(field('FORM_TYPE', 'hidden', 't'), field('a', undefined, 'v<w')))), null)
})

test('XEP-0115 9.1: SHA-1 is known, and SHA-2; others are not, nor what every object inherits', () => {
  for (const hash of ['sha-1', 'sha-256', 'sha-512']) assert.equal(isKnownHash(hash), true)
  for (const hash of ['md5', 'SHA-1', 'constructor', '']) assert.equal(isKnownHash(hash), false)
  assert.equal(verOf(encode('abc'), 'sha-256'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
})
