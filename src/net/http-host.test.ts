import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerFault, meansUs } from './http-host.ts'

test('RFC 9112 3.2: a request has one Host, and that reads like one', () => {
  for (const host of ['a.example', 'a.example:80', '[::1]:5280', '127.0.0.1', 'xn--bcher-kva.example', ''])
    assert.equal(headerFault({ rawHeaders: ['Host', host] }), null, host)
  for (const host of ['a example', 'a@b.example', 'a.example/x', 'a.example:x', '[::1', 'a.example, b.example'])
    assert.notEqual(headerFault({ rawHeaders: ['Host', host] }), null, host)
})

test('what may stand once is refused the second time, though it says the same', () => {
  for (const name of ['Host', 'Origin', 'Content-Type', 'Content-Length'])
    assert.notEqual(headerFault({ rawHeaders: [name, 'x', 'accept', '*/*', name.toLowerCase(), 'x'] }), null, name)
  assert.equal(headerFault({ rawHeaders: ['accept', 'a', 'accept', 'b'] }), null)
})

test('names that a page of somebody else can have do not mean us', () => {
  for (const host of [
    undefined,
    'localhost:9090',
    '127.0.0.1:9090',
    '[::1]:9090',
    '192.0.2.7',
    'porchlight:9090',
    'Xmpp.Example.org',
  ])
    assert.equal(meansUs(host, ['xmpp.example.org']), true, String(host))
  for (const host of [
    'rebind.evil.example',
    'rebind.evil.example:9090',
    'xmpp.example.org.evil.example',
    '127.0.0.1.evil.example',
  ])
    assert.equal(meansUs(host, ['xmpp.example.org']), false, host)
})
