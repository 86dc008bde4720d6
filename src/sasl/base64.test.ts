import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, encodeBase64 } from './base64.ts'

test('CORE-16: what was encoded is decoded', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      assert.deepEqual(decodeBase64(encodeBase64(Buffer.from(octets))), Buffer.from(octets))
    }),
  )
})

test('CORE-16, RFC 6120 6.4.2: an equals sign alone is data of zero length', () => {
  assert.equal(decodeBase64('=')?.length, 0)
  assert.equal(encodeBase64(Buffer.alloc(0)), '=')
})

test('T-C07, RFC 6120 13.9.1: illegal characters, misplaced padding and padding bits are refused', () => {
  const illegal = [
    '=AAA',
    'BBBB=CCC',
    '==',
    '====',
    'A',
    'AA',
    'AAA',
    'AA=',
    'AAA==',
    'AAAA=',
    'AAAA====',
    'AAA=AAAA',
    ' AAAA',
    'AAAA\n',
    'AA AA',
    'AA-_',
    'AAA\u00e9',
    'AAA\u0100',
    'AB==',
    'AAB=',
    '\0AAA',
    'A=A=',
  ]
  for (const text of illegal) assert.equal(decodeBase64(text), null, JSON.stringify(text))
})

test('CORE-16: a text is accepted exactly when it is the canonical encoding of something', () => {
  const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/
  const text = fc.string({ unit: fc.constantFrom(...'AQgwBz09+/=-_ \n'), maxLength: 12 })
  fc.assert(
    fc.property(text, (s) => {
      assert.equal(decodeBase64(s) !== null, s === '=' || canonical.test(s))
    }),
    { numRuns: 2000 },
  )
})
