import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, Handshake, REPLY } from './socks5.ts'

const HASH = 'a'.repeat(40)
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const request = (hash = HASH, port = '0000'): Buffer =>
  Buffer.concat([hex('05 01 00 03'), Buffer.of(hash.length), Buffer.from(hash), hex(port)])

test('S5B-21: a greeting without authentication and a request, in one piece or octet by octet', () => {
  const whole = new Handshake()
  assert.deepEqual(whole.take(Buffer.concat([hex('05 02 02 00'), request(), hex('ff')])), { is: 'greeted', reply: hex('05 00') })
  assert.deepEqual(whole.take(Buffer.alloc(0)), { is: 'request', hash: HASH })
  assert.equal(whole.rest, 1)
  const slow = new Handshake()
  const heard = [...Buffer.concat([hex('05 01 00'), request()])].map((octet) => slow.take(Buffer.of(octet)).is)
  assert.deepEqual(
    heard.filter((is) => is !== 'waiting'),
    ['greeted', 'request'],
  )
  assert.deepEqual(answer(REPLY.succeeded, HASH), Buffer.concat([hex('05 00 00 03 28'), Buffer.from(HASH), hex('00 00')]))
})

test('S5B-21: whatever else is asked for is refused with the reply that names it', () => {
  const afterGreeting = (octets: Buffer): string => {
    const handshake = new Handshake()
    handshake.take(hex('05 01 00'))
    const heard = handshake.take(octets)
    return heard.is === 'wrong' ? heard.reply.toString('hex').slice(0, 4) : heard.is
  }
  assert.deepEqual(new Handshake().take(hex('05 01 02')), { is: 'wrong', reply: hex('05 ff') }, 'a password')
  assert.deepEqual(new Handshake().take(hex('04 01')), { is: 'wrong', reply: Buffer.alloc(0) }, 'SOCKS4')
  assert.equal(afterGreeting(hex('05 02')), '0507', 'BIND')
  assert.equal(afterGreeting(hex('05 01 00 01')), '0508', 'an IPv4 address')
  assert.equal(afterGreeting(hex('05 01 00 03 0b')), '0502', 'a host')
  assert.equal(afterGreeting(request('A'.repeat(40))), '0502', 'upper case')
  assert.equal(afterGreeting(request(HASH, '0050')), '0502', 'a port')
})
