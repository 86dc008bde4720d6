import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { valueOf } from '../xml/entities.ts'
import { encode, escape, wire } from '../xml/wire.ts'
import { addressIn, jid, Jid, JidError, jidOf, jidOfWire, prepareDomain, prepareLocal, prepareResource } from './jid.ts'

type Parts = readonly [local: string, domain: string, resource: string]
const partsOf = ({ local, domain, resource }: Jid): Parts => [local, domain, resource]
const refused = (text: string, why?: RegExp): void => {
  const expected = (error: unknown): boolean => error instanceof JidError && (why === undefined || why.test(error.message))
  assert.throws(() => jid(text), expected, JSON.stringify(text))
}

test('RFC 7622 3.5, table 1: legal addresses', () => {
  const examples: readonly (readonly [string, Parts])[] = [
    ['juliet@example.com', ['juliet', 'example.com', '']],
    ['juliet@example.com/foo', ['juliet', 'example.com', 'foo']],
    ['juliet@example.com/foo bar', ['juliet', 'example.com', 'foo bar']],
    ['juliet@example.com/foo@bar', ['juliet', 'example.com', 'foo@bar']],
    ['foo\\20bar@example.com', ['foo\\20bar', 'example.com', '']],
    ['fussball@example.com', ['fussball', 'example.com', '']],
    ['fu\u00DFball@example.com', ['fu\u00DFball', 'example.com', '']],
    ['\u03C0@example.com', ['\u03C0', 'example.com', '']],
    ['\u03A3@example.com/foo', ['\u03C3', 'example.com', 'foo']],
    ['\u03C3@example.com/foo', ['\u03C3', 'example.com', 'foo']],
    ['\u03C2@example.com/foo', ['\u03C2', 'example.com', 'foo']],
    ['king@example.com/\u265A', ['king', 'example.com', '\u265A']],
    ['example.com', ['', 'example.com', '']],
    ['example.com/foobar', ['', 'example.com', 'foobar']],
    ['a.example.com/b@example.net', ['', 'a.example.com', 'b@example.net']],
  ]
  for (const [text, parts] of examples) assert.deepEqual(partsOf(jid(text)), parts, text)
})

test('RFC 7622 3.5, table 2: strings that are no addresses', () => {
  refused('"juliet"@example.com', /^local part: /)
  refused('foo bar@example.com', /^local part: U\+0020 /)
  refused('@example.com/', /^local part: .*empty/)
  refused('henry\u2163@example.com', /^local part: /)
  refused('\u265A@example.com', /^local part: U\+265A /)
  refused('juliet@', /^domain part: .*empty/)
  refused('/foobar', /^domain part: .*empty/)
})

test('RFC 7622 3.5, example 18: a leading space is legal in a resource part (RFC Errata 4560)', () => {
  assert.equal(jid('juliet@example.com/ foo').resource, ' foo')
})

test('RFC 7622 3.1 and 3.2: the separators are found before anything is mapped', () => {
  assert.deepEqual(partsOf(jid('a@b/c/d')), ['a', 'b', 'c/d'])
  assert.deepEqual(partsOf(jid('b/@')), ['', 'b', '@'])
  refused('')
  refused('@')
  refused('/')
  refused('a@/r')
  refused('a@b/', /^resource part: .*empty/)
  refused('a@b@c', /^domain part: /)
  refused('a\uFF20b', /^domain part: /) // FULLWIDTH COMMERCIAL AT separates nothing
  refused('a\uFF20b@c', /^local part: @ /)
})

test('RFC 7622 3.3.1: excluded from local parts', () => {
  for (const c of '"&\'/:<>@') {
    assert.throws(() => prepareLocal(`a${c}b`), JidError, c)
    assert.throws(() => prepareLocal(`a${String.fromCharCode(c.charCodeAt(0) + 0xfee0)}b`), JidError, `fullwidth ${c}`)
  }
  const others = '!#$%()*+,-.0123456789;=?[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
  assert.equal(prepareLocal(others), others)
  for (const c of '\u0000\t\n \u007F') assert.throws(() => prepareLocal(`a${c}`), JidError)
})

test('JID-1, RFC 7622 3.3 and 3.4: 1 to 1023 octets, after preparation', () => {
  for (const prepare of [prepareLocal, prepareResource]) {
    assert.throws(() => prepare(''), JidError)
    for (const [unit, times] of [
      ['a', 1023],
      ['\u00DF', 511],
      ['漢', 341],
      ['𠀀', 255],
    ] as const) {
      assert.equal(prepare(unit.repeat(times)), unit.repeat(times))
      assert.throws(() => prepare(unit.repeat(times + 1)), JidError, unit)
    }
    // Two octets each before NFC makes them one of two: e and U+0301 are three.
    assert.equal(prepare('e\u0301'.repeat(511)), '\u00E9'.repeat(511))
    assert.throws(() => prepare('a'.repeat(1 << 20)), JidError)
  }
  assert.equal(prepareLocal('Ａ'.repeat(1023)), 'a'.repeat(1023))
  assert.throws(() => prepareLocal('A'.repeat(1024)), JidError)
})

test('JID-5: the case of local and domain part does not matter, that of the resource does', () => {
  assert.equal(jid('Garry@IM.Company.org/Desk').full, 'garry@im.company.org/Desk')
  assert.equal(jid('Juliet@B\u00DCCHER.example').full, 'juliet@b\u00FCcher.example')
})

test('JID-4: a final dot and A-labels do not matter', () => {
  assert.equal(jid('a@example.com./r').full, 'a@example.com/r')
  assert.equal(jid('a@xn--bcher-kva.example').bare, 'a@b\u00FCcher.example')
  assert.equal(prepareDomain('Example.Com.'), 'example.com')
})

test('ESC-1, XEP-0106 4.1: escapes are ordinary characters', () => {
  assert.equal(jid('d\\27artagnan@musketeers.lit').local, 'd\\27artagnan')
  assert.notEqual(jid('a\\5cb@c').full, jid('a\\b@c').full)
})

test('bare, full, asBare and withResource fit together', () => {
  const full = jid('juliet@example.com/balcony')
  assert.equal(full.isBare, false)
  assert.equal(full.bare, 'juliet@example.com')
  assert.equal(full.asBare.full, 'juliet@example.com')
  assert.equal(full.asBare, full.asBare)
  assert.equal(full.asBare.isBare, true)
  assert.equal(full.asBare.asBare, full.asBare)
  const other = full.withResource('chamber')
  assert.equal(other.full, 'juliet@example.com/chamber')
  assert.equal(`${other}`, 'juliet@example.com/chamber')
  assert.equal(other.asBare.full, 'juliet@example.com')
  assert.equal(full.withResource('balcony'), full)
  assert.equal(full.withResource(''), full.asBare)
  const server = jid('example.com/x')
  assert.deepEqual([server.bare, server.asBare.domain, server.asBare.local], ['example.com', 'example.com', ''])
})

test('equal addresses share one bare address', () => {
  const bare = jidOfWire(wire('tybalt@example.com'))
  assert.equal(jidOfWire(wire('tybalt@example.com/a')).asBare, bare)
  assert.equal(jidOfWire(wire('tybalt@example.com/b')).asBare, bare)
  assert.equal(jid('Tybalt@example.com/c').asBare, bare)
  assert.equal(jidOf('tybalt', 'example.com', 'd').asBare, bare)
  assert.equal(jidOf('b\u00E9', 'example.com', 'd').asBare, jidOfWire(encode('b\u00E9@example.com')))
})

test('jidOfWire resolves references and decodes octets (XML 1.0 4.1, 3.3.3)', () => {
  const escaped = wire('&#x41;nna@example.com/a&amp;b&lt;&gt;&quot;&apos;&#9786;')
  assert.equal(jidOfWire(escaped).full, 'anna@example.com/a&b<>"\'\u263A')
  assert.equal(jidOfWire(encode('k\u00F6nig@example.com/\u{1F451}')).full, 'k\u00F6nig@example.com/\u{1F451}')
  assert.equal(jidOfWire(wire('a@b/x\r\ny')).full, 'a@b/x y')
  assert.throws(() => jidOfWire(wire('a@b/x&#10;y')), JidError)
  assert.throws(() => jidOfWire(wire('a&amp;b@c')), /^Error: local part: & /)
})

test('jidOfWire remembers what a value meant, and refuses a bad one each time', () => {
  const text = 'JULIET@example.com/Balcony'
  const remembered = jidOfWire(wire(text))
  assert.equal(jidOfWire(wire(`x${text}y`.slice(1, -1))), remembered)
  for (let i = 0; i < 2; i++) assert.throws(() => jidOfWire(wire('@nowhere')), JidError)
})

test('what is longer than 512 octets is not remembered: nobody fills the cache with large addresses', () => {
  const long = (octets: number): Jid => jidOfWire(wire(`a@b/${'r'.repeat(octets - 4)}`))
  assert.equal(long(512), long(512))
  assert.notEqual(long(513), long(513))
  assert.equal(long(513).full, long(513).full)
})

test('the cache forgets: 20 000 newer addresses drive an unused one out', () => {
  const first = jidOfWire(wire('unused@example.com'))
  for (let i = 0; i < 20_000; i++) jidOfWire(wire(`u${i}@example.com`))
  assert.notEqual(jidOfWire(wire('unused@example.com')), first)
})

test('the wire form is escaped, and the same string as `full` where nothing needs it', () => {
  assert.equal(jid('a@b/<\'&">').wire, 'a@b/&lt;&apos;&amp;&quot;&gt;')
  assert.equal(jid('a@b/\u00E9').wire, 'a@b/\u00C3\u00A9')
  assert.equal(jid('juliet@example.com/balcony').wire, 'juliet@example.com/balcony')
})

const nasty = fc.constantFrom(
  ...'aZ09.-_@/:&<>"\' \\',
  ...'\u00DF\u03A3\u03C2\u0130\u0301\u00AD\u200C\u200D\u094D\u05D0\u0628',
  ...'\u0663\u3002\uFF0F\uFF20\uFF41\uAC00\u1100\u1161\u2163\u265A\uFE0F\u{1F600}[]%',
)
const part = fc.oneof(fc.string({ unit: nasty }), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.string())
const domain = fc.oneof(
  fc.domain(),
  part,
  fc.ipV6().map((s) => `[${s}]`),
  fc.domain().map((s) => `xn--${s}`),
)
const address = fc.oneof(
  part,
  fc.tuple(part, domain, part).map(([l, d, r]) => `${l}@${d}/${r}`),
  fc.tuple(part, fc.domain()).map(([l, d]) => `${l}@${d}`),
)

test('T-X07: any string is an address that enforcing again leaves as it is, or a JidError', () => {
  fc.assert(
    fc.property(address, (text) => {
      let parsed: Jid
      try {
        parsed = jid(text)
      } catch (error) {
        assert.ok(error instanceof JidError, String(error))
        return
      }
      assert.deepEqual(partsOf(jid(parsed.full)), partsOf(parsed))
      for (const p of [parsed.local, parsed.domain, parsed.resource]) assert.ok(Buffer.byteLength(p) <= 1023)
      assert.equal(parsed.bare, parsed.asBare.full)
      assert.equal(jidOf(parsed.local, parsed.domain, parsed.resource).full, parsed.full)
      assert.equal(valueOf(parsed.wire), parsed.full)
      assert.match(parsed.wire, /^[^<>"'\u0100-\uFFFF]+$/)
      assert.equal(jidOfWire(escape(text)).full, parsed.full)
    }),
    { numRuns: 5000 },
  )
})

test('T-X07: each part by itself, enforced again, is as it was', () => {
  for (const prepare of [prepareLocal, prepareDomain, prepareResource]) {
    fc.assert(
      fc.property(prepare === prepareDomain ? domain : part, (s) => {
        let once: string
        try {
          once = prepare(s)
        } catch (error) {
          assert.ok(error instanceof JidError, String(error))
          return
        }
        assert.equal(prepare(once), once)
      }),
      { numRuns: 2000 },
    )
  }
})

test('DEVIATES(21): what breaks PRECIS is taken as it stands, part by part, and says so', () => {
  for (const [text, full] of [
    ['u@S2.test/Eva · work', 'u@s2.test/Eva · work'],
    ['Romeo@s2.test/\u2764\ufe0f', 'romeo@s2.test/\u2764\ufe0f'],
    ['\u2603@s2.test', '\u2603@s2.test'],
    ['A\u2603@s2.test/\u00a0x', 'A\u2603@s2.test/ x'],
    ['\u2603@s2.test/a/b@c', '\u2603@s2.test/a/b@c'],
  ] as const) {
    assert.throws(() => jid(text), JidError, text)
    const other = jidOfWire(escape(text))
    assert.equal(other.full, full)
    assert.notEqual(other.fault, null)
    assert.equal(valueOf(other.wire), full)
    assert.equal(other.asBare.full, other.bare)
    assert.equal(jidOfWire(escape(full)).full, full)
  }
  assert.equal(jidOfWire(escape('Romeo@S2.test/x')).fault, null)
})

test('DEVIATES(21): what nobody can be called is refused all the same', () => {
  const long = 'x'.repeat(1023)
  for (const text of [
    '@s2.test',
    's2.test/',
    'a b@s2.test',
    "\u2603'@s2.test",
    '\u2603<@s2.test',
    'u@s2.test/a\tb',
    `u@s2.test/·${long}`,
  ])
    assert.throws(() => addressIn(text), JidError, text)
  for (const text of ['\u2603@', '\u2603@a b', 'u@-s2.test/x', 'u@s2..test/x'])
    assert.throws(() => addressIn(text), JidError, text)
})
