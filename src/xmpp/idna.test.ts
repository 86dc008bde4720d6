import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DomainError, domainOf } from './idna.ts'

const same = (given: string, expected = given): void => assert.equal(domainOf(given), expected)
const refused = (...names: readonly string[]): void => {
  for (const s of names) assert.throws(() => domainOf(s), DomainError, JSON.stringify(s))
}

test('RFC 7622 3.2: domain names and unqualified host names', () => {
  for (const s of ['example.com', 'localhost', 'a', '3com.example', 'a-b.c-d', 'a--b.example', 'straße.example']) same(s)
})

test('RFC 7622 3.2.2: case, width and normal form', () => {
  same('Example.COM', 'example.com')
  same('ＥＸＡＭＰＬＥ．com', 'example.com')
  same('example\u3002com', 'example.com')
  same('BU\u0308CHER.example', 'bücher.example')
  same('ΒΌΛΟΣ.gr', 'βόλοσ.gr')
  same('βόλος.gr')
})

test('JID-4, RFC 7622 3.2: one final dot is stripped', () => {
  same('example.com.', 'example.com')
  same('Bücher.example.', 'bücher.example')
  refused('.', '..', 'example.com..', 'example.com\u3002')
})

test('JID-4, RFC 7622 3.2.1: A-labels become U-labels', () => {
  same('xn--bcher-kva.example', 'bücher.example')
  same('XN--BCHER-KVA.Example', 'bücher.example')
  same('xn--fa-hia.de', 'faß.de')
  refused('xn--a', 'xn--abc-', 'xn--', 'xn--u-ccb.com', 'xn--\u00FC.com')
  refused('xn--n3h.com') // decodes to a symbol
})

test('RFC 1034 3.1: no label is empty', () => {
  refused('', '.com', 'a..b', 'a.\u00AD.b')
})

test('RFC 5890 2.3.1: NR-LDH labels', () => {
  refused('-a.com', 'a-.com', 'ab--c.com', 'ex_ample.com', 'a b', 'a@b', 'a/b', 'a:5222', "it's", 'a\u0000b', 'a\uFF0Fb', '%41')
})

test('RFC 5892 section 3: U-labels have letters and digits only', () => {
  for (const s of ['пример.рф', '例え.テスト', 'உதாரணம்.பரிட்சை', 'ශ්\u200Dරී.com']) same(s)
  for (const s of ['نامه\u200Cای.com', 'col·legi.cat', '\u30FBカ.jp']) same(s)
  refused('♥.com', '😀.com', '\u2167\u20DD.com')
  refused('a\u20DD.com', '\u{1D165}a.com', 'a\u0640b.com', '\u1100.com', '\u0378.com', '\uE000.com')
  refused('·.com', 'a·b.com', '\u30FB.jp', 'カ.\u30FB.jp', 'a\u200Cb.com', 'a\u200Db.com', '\u0301a.com', 'ب\u0660\u06F0.com')
})

test('RFC 5893 section 2: every label of a name with right-to-left text obeys the Bidi Rule', () => {
  for (const s of ['אבג.com', 'אבג1.example', 'مثال.إختبار']) same(s)
  refused('אa.com', '1אב.com', '1a.אבג', 'ب1٣.com')
})

test('RFC 1034 3.1: 63 octets for a label, 253 for a name, as the DNS has them', () => {
  const label = 'a'.repeat(63)
  same(label)
  same(`${label}.${label}.${label}.${'a'.repeat(61)}`)
  refused(`${label}a`, `${label}.${label}.${label}.${'a'.repeat(62)}`)
  refused('ü'.repeat(60), 'ü'.repeat(5000), `${'\u00AD'.repeat(2000)}a`)
})

test('RFC 7622 3.1: IPv4 addresses, and IPv6 addresses in brackets', () => {
  same('192.0.2.1')
  same('[2001:db8::1]')
  same('[2001:DB8::1].', '[2001:db8::1]')
  same('[::ffff:192.0.2.1]')
  refused('2001:db8::1', '[2001:db8::1', '[]', '[::g]', '[192.0.2.1]', '[v1.a]')
  refused('[fe80::1%25eth0]', '[fe80::1%eth0]', '[::1]a', '[[::1]]')
})
