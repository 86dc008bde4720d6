/** What a stranger can make a scanner keep or do: bounded in every direction (SEC-2, RFC 6120 13.12). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { opened, ROOMY, XmlRecorder } from '../../test/support/xml-recorder.ts'

test('SEC-2 limits: octets of an element, exactly', () => {
  const presence = `<presence>${'x'.repeat(50)}</presence>`
  for (const size of [Infinity, 1]) {
    assert.equal(opened({ ...ROOMY, stanzaBytes: presence.length }).push(presence, size).elements.length, 1)
    const over = opened({ ...ROOMY, stanzaBytes: presence.length - 1 }).push(presence, size)
    assert.deepEqual([over.condition, over.elements.length], ['policy-violation', 0])
  }
})

test('SEC-2 limits may be raised while the scanner works', () => {
  const seen = opened({ ...ROOMY, stanzaBytes: 20 })
  seen.scanner.limits = ROOMY
  assert.equal(seen.push(`<presence>${'x'.repeat(50)}</presence>`).elements.length, 1)
})

test('limits: depth', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
  const seen = opened({ ...ROOMY, depth: 5 }).push(nested(5))
  assert.deepEqual([seen.condition, seen.elements.length], [null, 1])
  assert.equal(opened({ ...ROOMY, depth: 5 }).push(nested(6)).condition, 'policy-violation')
  assert.equal(opened().push('<a>'.repeat(50_000)).condition, 'policy-violation')
})

test('limits: attributes, before they are compared with one another', () => {
  const many = (count: number): string => `<a${Array.from({ length: count }, (_, i) => ` a${i}='${i}'`).join('')}/>`
  assert.equal(opened({ ...ROOMY, attributes: 10 }).push(many(10)).elements.length, 1)
  assert.equal(opened({ ...ROOMY, attributes: 10 }).push(many(11)).condition, 'policy-violation')
  assert.equal(opened().push(many(5000)).condition, 'policy-violation')
})

test('limits: a tag, a reference, a declaration that will not end', () => {
  for (const begun of ["<a b='", '<a ', '<a></a', '<a><b c="'])
    assert.equal(opened({ ...ROOMY, tagBytes: 80 }).push(begun + ' '.repeat(100), 1).condition, 'policy-violation', begun)
  for (const begun of ['<', '<a '])
    assert.equal(opened({ ...ROOMY, tagBytes: 80 }).push(begun + 'n'.repeat(100), 1).condition, 'policy-violation', begun)
  assert.equal(opened({ ...ROOMY, tagBytes: 80 }).push(`<a b='${'x'.repeat(90)}'/>`).condition, 'policy-violation')
  assert.equal(opened().push(`<a>&#${'0'.repeat(100)}65;</a>`).condition, 'policy-violation')
  assert.equal(opened().push(`<a>&#${'0'.repeat(20)}65;</a>`).elements.length, 1)
  assert.equal(new XmlRecorder({ ...ROOMY, tagBytes: 80 }).push(`<?xml ${' '.repeat(100)}`, 1).condition, 'policy-violation')
  assert.equal(new XmlRecorder({ ...ROOMY, tagBytes: 80 }).push(`<stream ${' '.repeat(100)}>`).condition, 'policy-violation')
})

test('an element of 100 MB is refused once it passes the limit; what is held never passes it', () => {
  const seen = opened({ ...ROOMY, stanzaBytes: 10_000 })
  const chunk = Buffer.alloc(1460, 'x')
  seen.push('<message><body>')
  let pushed = 0
  let most = 0
  while (seen.condition === null && pushed < 100e6) {
    seen.push(chunk)
    pushed += chunk.length
    most = Math.max(most, seen.scanner.pendingBytes)
  }
  assert.equal(seen.condition, 'policy-violation')
  assert.ok(pushed < 13_000 && most <= 10_000, `${pushed} ${most}`)
})

test('white space for ever is not kept', () => {
  const seen = opened({ ...ROOMY, stanzaBytes: 1000 })
  for (let i = 0; i < 1000; i++) seen.push(Buffer.alloc(1000, ' '))
  assert.deepEqual([seen.condition, seen.scanner.pendingBytes], [null, 0])
})

test('a long element in many pieces is put together again', () => {
  const seen = opened({ ...ROOMY, stanzaBytes: 4_000_000 })
  seen
    .push('<message><body><![CDATA[')
    .push(Buffer.alloc(1_000_000, ']'), 100)
    .push(']]>')
    .push(Buffer.alloc(1_000_000, 'é'), 101)
    .push('</body></message>')
  assert.deepEqual([seen.condition, seen.elements.length], [null, 1])
  assert.equal(seen.elements[0]!.tree().child('body')!.text.length, 1_500_000)
})
