import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { networkOf } from './network.ts'

const hextet = fc.integer({ min: 1, max: 0xffff }).map((n) => n.toString(16))
const half = fc.tuple(hextet, hextet, hextet, hextet)

test('IPv6 addresses of one /64 are one address', () => {
  fc.assert(
    fc.property(half, half, half, (net, host, other) => {
      const network = `${net.join(':')}::/64`
      assert.equal(networkOf([...net, ...host].join(':')), network)
      assert.equal(networkOf([...net, ...other].join(':').toUpperCase()), network)
    }),
  )
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64')
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
  assert.equal(networkOf('fe80::1%eth0'), networkOf('fe80::2%eth0'))
})

test('an IPv4 address is one address, however it is written', () => {
  for (const written of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:0201', '0:0:0:0:0:ffff:192.0.2.1'])
    assert.equal(networkOf(written), '192.0.2.1')
  assert.notEqual(networkOf('192.0.2.2'), '192.0.2.1')
})

test('what is no address stands for itself', () => {
  for (const text of ['', 'localhost', 'a:b', '1:2:3:4:5:6:7:8:9', 'zz::1']) assert.equal(networkOf(text), text)
})
