import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { certificateNames } from './certificate-names.ts'
import { der, IA5_STRING, implicit, OBJECT_IDENTIFIER, OCTET_STRING, oid, SEQUENCE, tagged, UTF8_STRING } from './der.ts'

/**
 * Made by OpenSSL: DNS:Im.Example.com, DNS:*.example.net, IP:127.0.0.1, email:j@x.y, an xmppAddr with an accent,
 * an SRVName and an otherName of a kind that is not ours.
 */
const JULIET = `-----BEGIN CERTIFICATE-----
MIIB6jCCAZGgAwIBAgIUVdF1FGhIJ5UYKp/aPNkrX2TTS0MwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGSnVsaWV0MB4XDTI2MTEyMTEyMTAyNVoXDTM2MTExODEyMTAy
NVowETEPMA0GA1UEAwwGSnVsaWV0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
uXJkG3E3xBrREIbF4WjeCrtWC4fGkFnoY4+5e2LAYzz0uvzvVPbrI56raUXQ8cn9
t42a4L03B0REAYIj4yv7dKOBxjCBwzCBoQYDVR0RBIGZMIGWgg5JbS5FeGFtcGxl
LmNvbYINKi5leGFtcGxlLm5ldIcEfwAAAYEFakB4LnmgJAYIKwYBBQUHCAWgGAwW
anVsacOpdEBpbS5leGFtcGxlLmNvbaApBggrBgEFBQcIB6AdFhtfeG1wcC1zZXJ2
ZXIuSW0uZXhhbXBsZS5jb22gFwYKKwYBBAGCNxQCA6AJDAd1cG5AeC55MB0GA1Ud
DgQWBBQbXS/qu+hKN38c6MAIFaBCL+VeozAKBggqhkjOPQQDAgNHADBEAiAw+kxC
GBeJ7LwY9JSCzY50iejyHVbS8V7XUAiLqHSRrwIgfAWbHaM7cjvWWiXiOCIMcaBr
gjngbz8gajNPIgWgCXM=
-----END CERTIFICATE-----
`
const raw = new X509Certificate(JULIET).raw

const sanWith = (...names: readonly Buffer[]): Buffer =>
  der(SEQUENCE, der(OBJECT_IDENTIFIER, oid('2.5.29.17')), der(OCTET_STRING, der(SEQUENCE, ...names)))
const certificateWith = (...extensions: readonly Buffer[]): Buffer =>
  der(
    SEQUENCE,
    der(SEQUENCE, der(tagged(0), der(2, '\x02')), der(tagged(3), der(SEQUENCE, ...extensions))),
    der(SEQUENCE),
    der(3, '\0'),
  )
const otherName = (id: string, value: Buffer): Buffer => der(tagged(0), der(OBJECT_IDENTIFIER, oid(id)), der(tagged(0), value))
const xmppAddr = (value: Buffer): Buffer => otherName('1.3.6.1.5.5.7.8.5', value)
const srvName = (value: Buffer): Buffer => otherName('1.3.6.1.5.5.7.8.7', value)
const dns = (name: string): Buffer => der(implicit(2), name)
const NONE = { dnsNames: [], srvNames: [], xmppAddrs: [] }

test('RFC 6120 13.7.1.2, 13.7.1.4: the names in a certificate that OpenSSL made', () => {
  assert.deepEqual(certificateNames(raw), {
    dnsNames: ['im.example.com', '*.example.net'],
    srvNames: ['_xmpp-server.im.example.com'],
    xmppAddrs: ['juli\u00e9t@im.example.com'],
  })
})

test('RFC 6120 13.7.1.4, RFC 4985: an otherName counts in its own string type alone', () => {
  const names = certificateNames(
    certificateWith(
      sanWith(
        xmppAddr(der(UTF8_STRING, 'romeo@a.example')),
        xmppAddr(der(IA5_STRING, 'ia5@a.example')),
        xmppAddr(Buffer.concat([der(UTF8_STRING, 'two@a.example'), der(UTF8_STRING, 'x')])),
        srvName(der(IA5_STRING, '_xmpp-client.a.example')),
        srvName(der(UTF8_STRING, '_xmpp-server.a.example')),
        otherName('1.3.6.1.5.5.7.8.6', der(UTF8_STRING, 'other@a.example')),
        dns('a.example'),
      ),
    ),
  )
  assert.deepEqual(names, { dnsNames: ['a.example'], srvNames: ['_xmpp-client.a.example'], xmppAddrs: ['romeo@a.example'] })
})

test('RFC 6125: a name with a NUL, a control character, a space or no character is none; its neighbours stay', () => {
  const names = certificateNames(
    certificateWith(
      sanWith(
        dns('good.example\0.evil.example'),
        dns('a b.example'),
        dns('b\u00fccher.example'),
        dns(''),
        dns('x'.repeat(2048)),
        dns('good.example'),
        xmppAddr(der(UTF8_STRING, 'a\0@b.example')),
        xmppAddr(der(UTF8_STRING, Buffer.from([0x61, 0xff]))),
        xmppAddr(der(UTF8_STRING, 'a\n@b.example')),
      ),
    ),
  )
  assert.deepEqual(names, { ...NONE, dnsNames: ['good.example'] })
})

test('RFC 5280 4.2: a certificate with two subjectAltNames has no names', () => {
  assert.deepEqual(certificateNames(certificateWith(sanWith(dns('a.example')))).dnsNames, ['a.example'])
  assert.deepEqual(certificateNames(certificateWith(sanWith(dns('a.example')), sanWith(dns('b.example')))), NONE)
})

test('X.690: lengths that lie, that are not the shortest, that are indefinite; too many names', () => {
  const indefinite = Buffer.concat([Buffer.from([SEQUENCE, 0x80]), der(SEQUENCE), Buffer.alloc(2)])
  const long = Buffer.concat([Buffer.from([implicit(2), 0x81, 9]), Buffer.from('a.example')])
  const many = Array.from({ length: 2000 }, () => dns('a.example'))
  for (const bad of [
    Buffer.alloc(0),
    Buffer.from([SEQUENCE]),
    Buffer.from([SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([SEQUENCE, 0xff]),
    indefinite,
    raw.subarray(0, -1),
    Buffer.concat([raw, Buffer.alloc(1)]),
    certificateWith(sanWith(long)),
    certificateWith(sanWith(...many)),
    Buffer.alloc(10_000, SEQUENCE),
  ])
    assert.deepEqual(certificateNames(bad), NONE)
})

test('certificate names: any octets, and any change to a certificate, are read without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      assert.deepEqual(certificateNames(Buffer.from(octets)), NONE)
    }),
  )
  const changes = fc.array(fc.tuple(fc.nat(raw.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(changes, fc.nat(raw.length), (edits, length) => {
      const bent = Buffer.from(raw)
      for (const [at, octet] of edits) bent[at] = octet
      const names = certificateNames(bent.subarray(0, length < raw.length / 2 ? length : raw.length))
      for (const name of [...names.dnsNames, ...names.srvNames, ...names.xmppAddrs]) assert.match(name, /^[^\x00-\x20\x7f]+$/)
    }),
    { numRuns: 1000 },
  )
})
