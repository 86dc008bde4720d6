import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { el } from './element.ts'
import { parseElement } from './parse.ts'
import { XML_NS } from './prefixes.ts'
import { decode, escape, escapeText, unpin, wire } from './wire.ts'
import { serialise } from './write.ts'

test('RFC 6120 4.8.5: a namespace is declared where it changes, on the element that is in it', () => {
  const e = el('a', 'urn:a', {}, el('b', 'urn:a'), el('c', 'urn:c', {}, el('d', 'urn:c'), el('e', 'urn:a')), el('f', ''))
  assert.equal(serialise(e), "<a xmlns='urn:a'><b/><c xmlns='urn:c'><d/><e xmlns='urn:a'/></c><f xmlns=''/></a>")
  assert.equal(serialise(el('a', 'urn:a', {}, el('b', 'urn:a')), 'urn:a'), '<a><b/></a>')
  assert.equal(serialise(el('a', "urn:'<&>")), "<a xmlns='urn:&apos;&lt;&amp;&gt;'/>")
})

test('attributes stand between apostrophes; those with a namespace get a prefix, one for each namespace', () => {
  const e = el('a', '', { 'x': `'"<`, 'xml:lang': 'en', '{urn:1}x': '1', '{urn:2}x': '2', '{urn:1}y': '3' })
  const text = "<a x='&apos;&quot;&lt;' xml:lang='en' xmlns:ns0='urn:1' ns0:x='1' xmlns:ns1='urn:2' ns1:x='2' ns0:y='3'/>"
  assert.equal(serialise(e), text)
  assert.deepEqual(parseElement(wire(text)), e)
})

test('Namespaces in XML section 3: the XML namespace has its prefix and no other name', () => {
  assert.equal(serialise(el('a', 'urn:a', {}, el('b', XML_NS, {}, el('c', 'urn:a')))), "<a xmlns='urn:a'><xml:b><c/></xml:b></a>")
})

test('XML 1.0 2.11, 3.3.3: line ends and tabs survive the next reader', () => {
  const e = el('a', '', { b: 'x\t\n\r y' }, 'x\t\n\r\r\n y')
  assert.equal(serialise(e), "<a b='x&#9;&#10;&#13; y'>x\t\n&#13;&#13;\n y</a>")
  assert.deepEqual(parseElement(serialise(e)), e)
})

test('RFC 6120 11.3 rule 1: what XML cannot carry is not sent', () => {
  for (const c of ['\0', '\x01', '\x1f', '\ufffe', '\uffff', '\ud800', '\udc00']) {
    assert.equal(decode(escape(`a${c}b`)), 'a\ufffdb')
    assert.equal(decode(escapeText(`a${c}b`)), 'a\ufffdb')
  }
  assert.equal(decode(escapeText('\ud83d\ude00 é')), '\ud83d\ude00 é')
})

test('unpin: what stands alone keeps no chunk alive, long or short', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const chunk = Buffer.alloc(60_000, 'x')
  const inUse = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  for (const length of [1, 12, 13, 20]) {
    const before = inUse()
    const kept = Array.from({ length: 50 }, () => unpin(wire(chunk.toString('latin1').substring(100, 100 + length))))
    assert(inUse() - before < 1_000_000, `${kept.length} strings of ${length}`)
  }
})

test('unpin is the same text', () => {
  assert.equal(unpin(escape('日本 é a')), escape('日本 é a'))
})
