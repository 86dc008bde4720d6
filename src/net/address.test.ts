import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, isPrivate, textOf } from './address.ts'

test('addresses with their ports are read and written alike', () => {
  for (const text of ['127.0.0.1:5222', '[::]:5222', '[::1]:0', 'localhost:65535']) assert.equal(textOf(addressOf(text)!), text)
})

test('what is no address with a port is none', () => {
  for (const text of ['', '5222', ':5222', '::1:5222', '[::g]:5222', '[127.0.0.1]:1', 'a:b', 'a:65536', 'a b:1', 'a:1:2', 'a:'])
    assert.equal(addressOf(text), null, text)
})

test('COMP-4, RFC 1918, RFC 4193: which hosts the world cannot reach', () => {
  for (const host of [
    'localhost',
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.1.1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ])
    assert.ok(isPrivate(host), host)
  for (const host of ['0.0.0.0', '::', '172.32.0.1', '8.8.8.8', '2001:db8::1', 'example.org']) assert.ok(!isPrivate(host), host)
})
