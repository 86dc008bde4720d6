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

/** What is said of each element; '-' of one that goes past no limit. Then the condition that ended the scanning. */
const excess = ({ elements, condition }: XmlRecorder): readonly (string | null)[] => [
  ...elements.map((e) => e.excess ?? '-'),
  condition,
]
const LAST = '<last/>'

test('limits: depth costs one element', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
  for (const size of [Infinity, 1, 7]) {
    const seen = opened({ ...ROOMY, depth: 5 }).push(nested(5) + nested(6) + LAST, size)
    assert.deepEqual(excess(seen), ['-', 'more than 5 elements inside one another', '-', null])
  }
  assert.deepEqual(excess(opened().push(nested(30_000) + LAST)), ['more than 64 elements inside one another', '-', null])
  assert.equal(opened().push('<a>'.repeat(60_000)).condition, null)
  assert.equal(opened().push('<a>'.repeat(90_000)).condition, 'policy-violation')
})

test('limits: attributes cost one element, and are not each compared with each', () => {
  const many = (count: number, more = ''): string =>
    `<a${Array.from({ length: count }, (_, i) => ` a${i}='${i}'`).join('')}${more}/>`
  const seen = opened({ ...ROOMY, attributes: 10 }).push(many(10) + many(11) + LAST)
  assert.deepEqual(excess(seen), ['-', 'an element with more than 10 attributes', '-', null])
  const before = process.cpuUsage().user
  assert.equal(opened().push(many(15_000)).elements.length, 1)
  assert.ok(process.cpuUsage().user - before < 500_000)
  for (const count of [31, 32, 33, 100]) {
    assert.equal(opened().push(many(count, ` a0='x'`)).condition, 'not-well-formed', `${count}`)
    assert.equal(opened().push(many(count, ` a${count - 1}='x'`)).condition, 'not-well-formed', `${count}`)
  }
})

test('limits: prefixes without number are found at once', () => {
  const some = Array.from({ length: 6000 }, (_, i) => i)
  const declared = some.map((i) => ` xmlns:p${i}='urn:${i}'`).join('')
  const used = some.map((i) => `<p${i}:x/>`).join('')
  const before = process.cpuUsage().user
  assert.deepEqual(excess(opened().push(`<a${declared}>${used}</a>`)), ['a tag of more than 16384 octets', null])
  assert.ok(process.cpuUsage().user - before < 500_000)
})

test('limits: a long tag costs one element, wherever it is', () => {
  const why = 'a tag of more than 3000 octets'
  const [xs, gap] = ['x'.repeat(4000), ' '.repeat(4000)]
  const long = [
    `<a b='${xs}>"'/>`,
    `<a b="${xs}>'"></a>`,
    `<a${gap}/>`,
    `<a></a${gap}>`,
    `<a><b c='${xs}'/>y</a>`,
    `<a><b></b${gap}></a>`,
    `<${xs}/>`,
    `<a ${xs}='1'/>`,
  ]
  for (const size of [Infinity, 1, 1460])
    for (const xml of long) {
      const seen = opened({ ...ROOMY, tagBytes: 3000 }).push(xml + LAST, size)
      assert.deepEqual(excess(seen), [why, '-', null], xml.slice(0, 10))
      assert.throws(() => seen.elements[0]!.tree(), { condition: 'policy-violation', message: why })
      assert.throws(() => seen.elements[0]!.content, { condition: 'policy-violation', message: why })
    }
  const [seen] = opened({ ...ROOMY, tagBytes: 3000 }).push(`<a id='1' to='x@y' b='${xs}'/>`).elements
  assert.deepEqual([seen?.name, seen?.id, seen?.to], ['a', '1', 'x@y'])
})

test('limits: what is broken ends the stream, however long it is', () => {
  for (const broken of [`<a b='${'x'.repeat(4000)}<'/>`, `<a b='${'x'.repeat(4000)}' b=''/>`, `<a><b ${' '.repeat(4000)}></a>`])
    for (const size of [Infinity, 1])
      assert.equal(opened({ ...ROOMY, tagBytes: 3000 }).push(broken, size).condition, 'not-well-formed', broken.slice(0, 8))
  for (const endless of ["<a b='", '<a x', '<a><b c="', '<a>&#'])
    assert.equal(
      opened({ ...ROOMY, stanzaBytes: 5000 }).push(endless + '0'.repeat(6000), 7).condition,
      'policy-violation',
      endless,
    )
})

test('a reference may have as many zeros as there is room for', () => {
  for (const size of [Infinity, 1, 1460]) {
    const seen = opened().push(`<a b='&#${'0'.repeat(5000)}66;'>&#x${'0'.repeat(5000)}41;</a>`, size)
    assert.deepEqual([seen.condition, seen.elements[0]?.tree().text, seen.elements[0]?.tree().attr('b')], [null, 'A', 'B'])
    assert.equal(opened().push(`<a>&#${'0'.repeat(5000)};</a>`, size).condition, 'not-well-formed')
    assert.equal(opened().push(`<a>&#${'0'.repeat(5000)}z;</a>`, size).condition, 'not-well-formed')
  }
})

test('octets that come one by one cost no more than linear work', () => {
  const before = process.cpuUsage().user
  assert.deepEqual(excess(opened().push(`<a b='${'x'.repeat(250_000)}'/>`, 1)), ['a tag of more than 16384 octets', null])
  assert.ok(process.cpuUsage().user - before < 3_000_000)
})

test('limits: a header or a declaration that is too long ends the stream', () => {
  const narrow = { ...ROOMY, tagBytes: 80, attributes: 3 }
  assert.equal(new XmlRecorder(narrow).push(`<?xml ${' '.repeat(100)}`, 1).condition, 'policy-violation')
  assert.equal(new XmlRecorder(narrow).push(`<stream ${' '.repeat(100)}>`).condition, 'policy-violation')
  assert.equal(new XmlRecorder(narrow).push(`<stream ${' '.repeat(100)}`).condition, 'policy-violation')
  assert.equal(new XmlRecorder(narrow).push(`<stream a='' b='' c='' d=''>`).condition, 'policy-violation')
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
