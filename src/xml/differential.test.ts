/**
 * The scanner against another, unrelated parser: on generated documents, whole and damaged, it accepts what that one
 * accepts, less what RFC 6120 section 11 forbids, and reads the same trees.
 */
import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { XmlRecorder } from '../../test/support/xml-recorder.ts'
import { Element, setAttr, type Node } from './element.ts'
import { children, parseElement } from './parse.ts'
import { XML_NS } from './prefixes.ts'
import type { RawElement } from './scanner.ts'
import { encode, escape, wire } from './wire.ts'
import { serialise } from './write.ts'

const RUNS = 3000

// Generated documents

const prefix = fc.constantFrom('', '', '', '', '', '', '', 'p', 'p', 'p', 'q', 'stream', 'xml')
const local = fc.constantFrom('a', 'b', 'c', 'body', 'x-1._', '_', 'é', '名前', 'to', 'id', 'type', 'constructor', '__proto__')
const uri = fc.constantFrom(
  'urn:p',
  'urn:p',
  'urn:p',
  'urn:q',
  'urn:q',
  'jabber:client',
  '',
  'urn:&amp;',
  'urn:é',
  XML_NS,
  'http://www.w3.org/2000/xmlns/',
)
const space = fc.constantFrom(' ', ' ', ' ', '\n', '\t ', '\r\n')
const character = fc.constantFrom(
  'x',
  'yz',
  ' ',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '&amp;',
  '&lt;',
  '&quot;',
  '&apos;',
  '&#x41;',
  '&#065;',
  '&#13;',
  '>',
  ']',
  ']]',
  'é',
  '日本',
  '🎉',
  '\ufeff',
  '&#x1F600;',
  '\u0085',
  '\u2028',
  '\x7f',
)
const section = fc.constantFrom('<![CDATA[]]>', '<![CDATA[<&>]]]>', '<![CDATA[\r\né]]>')
const part = fc.oneof({ weight: 8, arbitrary: character }, { weight: 1, arbitrary: section })
const text = fc.array(part, { maxLength: 4 }).map((t) => t.join(''))
const value = fc.array(character, { maxLength: 3 }).map((v) => v.join(''))
const quoted = fc.oneof(
  value.map((v) => `'${v}'`),
  value.map((v) => `"${v}"`),
  value.map((v) => `"'${v}"`),
)
const qname = fc.tuple(prefix, local).map(([p, l]) => (p === '' ? l : `${p}:${l}`))
const declaration = fc
  .tuple(fc.constantFrom('xmlns', 'xmlns:p', 'xmlns:q', 'xmlns:xml'), uri)
  .map(([name, u]) => `${name}='${u}'`)
const attribute = fc.tuple(fc.oneof(qname, fc.constant('xml:lang')), quoted).map(([name, v]) => `${name}=${v}`)
const attributes = fc
  .array(
    fc.tuple(space, fc.oneof({ weight: 4, arbitrary: attribute }, { weight: 1, arbitrary: declaration })).map(([s, a]) => s + a),
    { maxLength: 3 },
  )
  .map((a) => a.join(''))

const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(qname, attributes, fc.constantFrom('', '', ' '), fc.option(tie('content'), { nil: null, freq: 3 }))
    .map(([name, attrs, gap, content]) =>
      content === null ? `<${name}${attrs}${gap}/>` : `<${name}${attrs}${gap}>${content}</${name}${gap}>`,
    ),
  content: fc
    .array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, tie('element')), { maxLength: 3 })
    .map((c) => c.join('')),
}))
const start = fc.constantFrom(
  '',
  '',
  "<?xml version='1.0'?>",
  '<?xml version="1.0" encoding="utf-8" standalone=\'yes\' ?>\n',
  "<?xml version='1.0' encoding='latin1'?>",
)
const headerTag = fc.constantFrom(
  "<stream:stream xmlns='jabber:client' xmlns:stream='urn:stream' xmlns:p='urn:header' xmlns:q='urn:p'>",
  "<stream:stream xmlns='jabber:client' xmlns:stream='urn:stream' p:a='1' xmlns:p='urn:p' to='&lt;'>",
  "<stream:stream xmlns:stream='urn:stream'>",
)
const document = fc
  .tuple(
    start,
    headerTag,
    fc.array(fc.oneof({ weight: 4, arbitrary: element }, { weight: 1, arbitrary: space }), { maxLength: 4 }),
  )
  .map(([decl, header, parts]) => `${decl}${header}${parts.join('')}</stream:stream>`)

// Damage

const octets = (...o: number[]): Buffer => Buffer.from(o)
const splinter = fc.oneof(
  fc
    .constantFrom(
      '<!--x-->',
      '<?pi?>',
      '<!DOCTYPE a>',
      '&foo;',
      '&',
      '&#0;',
      '&#xFFFE;',
      '&#xD800;',
      '&#;',
      '&;',
      '<',
      '>',
      '"',
      "'",
      ']]>',
      ']',
      '\x01',
      '\ufffe',
      ' ',
      '/',
      ':',
      '=',
      '!',
      '?',
      '[',
      '1',
      '-',
      '</a>',
      '<a>',
      'é',
      '\u00d7',
      "x='1'",
      " xmlns:p=''",
      " xmlns=''",
      '<![CDATA[',
      '<?xml version="1.0"?>',
      'xmlns:',
    )
    .map((s) => Buffer.from(s)),
  fc.constantFrom(
    octets(0xed, 0xa0, 0x80),
    octets(0xc0, 0xaf),
    octets(0xff),
    octets(0x80),
    octets(0xf4, 0x90, 0x80, 0x80),
    octets(0xef, 0xbf, 0xbf),
    octets(0),
    octets(0xe2, 0x82),
  ),
)
/** Half of the blows fall on the character data or the tag that begins after the place, for there is little text. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  inText: fc.boolean(),
  removed: fc.nat(3),
  put: splinter,
  puts: fc.boolean(),
})
const damaged = fc.tuple(document, fc.array(damage, { maxLength: 2 })).map(([doc, damages]) => {
  let whole = Buffer.from(doc)
  for (const d of damages) {
    const place = Math.floor(d.at * whole.length)
    const at = d.inText ? whole.indexOf('>', place) + 1 : place
    whole = Buffer.concat([whole.subarray(0, at), d.puts ? d.put : Buffer.alloc(0), whole.subarray(at + d.removed)])
  }
  return whole
})

// The other parser

interface Reading {
  readonly root: Element
  readonly elements: readonly Element[]
}
class Refused extends Error {}
const refuse = (why: string): never => {
  throw new Refused(why)
}
/** Stands for `&#13;`, so that text between stanzas is white space only if it is so as written. */
const CR_REFERENCE = '\ue00d'
const restored = (s: string): string => s.replaceAll(CR_REFERENCE, '\r')
/** A local name begins like any name: Namespaces in XML 1.0 production [4], which the other parser does not look at. */
const checkLocal = (name: string): unknown => /^[-.0-9]/.test(name) && refuse('local name')

interface Attribute {
  prefix: string
  local: string
  uri: string
  name: string
  value: string
}
function attrsOf(attributes: Readonly<Record<string, Attribute>>): Record<string, string> {
  const attrs: Record<string, string> = {}
  for (const { prefix, local, uri, name, value } of Object.values(attributes)) {
    checkLocal(local)
    if (name === 'xmlns' || prefix === 'xmlns') continue
    setAttr(attrs, prefix === '' || prefix === 'xml' ? name : `{${restored(uri)}}${local}`, restored(value))
  }
  return attrs
}

/** What the document says, or why it is refused. */
function reference(octets: Buffer): Reading | string {
  if (!isUtf8(octets)) return 'not UTF-8'
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true, position: false })
  const open: { element: Element; children: Node[] }[] = []
  let root: Element | null = null
  const addText = (s: string): void => {
    const top = open.at(-1) ?? (/[^ \t\r\n]/.test(s) ? refuse('text outside') : null)
    if (top === null) return
    if (open.length === 1 && /[^ \t\r\n]/.test(s)) refuse('text between stanzas')
    if (s === '') return
    if (typeof top.children.at(-1) === 'string') top.children.push(top.children.pop() + restored(s))
    else top.children.push(restored(s))
  }
  parser.on('comment', () => refuse('comment'))
  parser.on('processinginstruction', () => refuse('processing instruction'))
  parser.on('doctype', () => refuse('doctype'))
  parser.on('xmldecl', (d) => d.encoding !== undefined && d.encoding.toLowerCase() !== 'utf-8' && refuse('encoding'))
  parser.on('text', addText)
  parser.on('cdata', (s) => (open.length < 2 ? refuse('CDATA between stanzas') : addText(s)))
  parser.on('opentag', (tag) => {
    checkLocal(tag.local)
    const children: Node[] = []
    const element = new Element(tag.local, restored(tag.uri), attrsOf(tag.attributes), children)
    open.at(-1)?.children.push(element)
    root ??= element
    open.push({ element, children })
  })
  parser.on('closetag', () => void open.pop())
  const source = octets.toString()
  if (source.startsWith('\ufeff')) return 'byte order mark'
  try {
    parser.write(source.replaceAll('&#13;', `&#x${CR_REFERENCE.charCodeAt(0).toString(16)};`)).close()
  } catch (error) {
    return String(error)
  }
  return { root: root!, elements: root!.elements }
}

/** The other parser trims namespace names, which XML does not: such documents prove nothing. */
const trims = (octets: Buffer): boolean => /xmlns[^='"]*=\s*(?:'\s|"\s|'[^']*\s'|"[^"]*\s")/.test(octets.toString('latin1'))

const chunked = (octets: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...cuts.map((c) => c % (octets.length + 1)).sort((a, b) => a - b), octets.length]
  return places.slice(1).map((end, i) => octets.subarray(places[i], end))
}
const cuts = fc.array(fc.nat(2000), { maxLength: 6 })

test('RFC 6120 11.1, 11.3, 11.6: what another parser accepts, less what XMPP forbids; the trees agree', () => {
  let accepted = 0
  const property = fc.property(damaged, cuts, (octets, places) => {
    fc.pre(!trims(octets))
    const expected = reference(octets)
    const seen = new XmlRecorder().pushAll(chunked(octets, places))
    if (typeof expected === 'string') {
      const whole = seen.footers === 1 && seen.scanner.pendingBytes === 0
      assert.ok(seen.condition !== null || !whole, `accepted although: ${expected}`)
      return
    }
    accepted++
    assert.deepEqual([seen.condition, seen.headers.length, seen.footers], [null, 1, 1])
    assert.deepEqual(
      seen.elements.map((e) => e.tree()),
      expected.elements,
    )
    assert.equal(seen.headers[0]!.name, expected.root.name)
    assert.equal(seen.headers[0]!.ns, expected.root.ns)
  })
  fc.assert(property, { numRuns: RUNS })
  assert.ok(accepted > RUNS / 20, `only ${accepted} documents were in order`)
})

const facts = (r: XmlRecorder): unknown => [
  r.condition,
  r.headers,
  r.footers,
  r.elements.map((e) => [e.name, e.ns, e.to, e.from, e.id, e.type, e.lang, e.extra, e.content, e.bytes]),
]

test('every chunking of a document gives the same events, one octet at a time included', () => {
  const property = fc.property(damaged, cuts, (octets, places) => {
    const whole = facts(new XmlRecorder().push(octets))
    assert.deepEqual(facts(new XmlRecorder().pushAll(chunked(octets, places))), whole)
    assert.deepEqual(facts(new XmlRecorder().push(octets, 1)), whole)
  })
  fc.assert(property, { numRuns: RUNS / 2 })
})

/** The element as somebody forwards it: its start tag written anew round its content. */
function rebuilt(e: RawElement): Element {
  let head = `<${encode(e.name)} xmlns='${escape(e.ns)}'`
  for (const [name, v] of Object.entries({ 'to': e.to, 'from': e.from, 'id': e.id, 'type': e.type, 'xml:lang': e.lang }))
    if (v !== null) head += ` ${name}='${v}'`
  return parseElement(wire(`${head}${e.extra}>${e.content}</${encode(e.name)}>`))
}

test('RFC 6120 4.8.5: a first-level element taken out of its stream says the same', () => {
  const property = fc.property(document, (doc) => {
    for (const e of new XmlRecorder().push(doc).elements) {
      const tree = e.tree()
      assert.deepEqual(rebuilt(e), tree)
      assert.deepEqual(children(e.content, e.ns), tree.elements)
      assert.deepEqual(
        children(e.content, e.ns).map((c) => parseElement(serialise(c, e.ns), e.ns)),
        tree.elements,
      )
      const written = serialise(tree)
      assert.deepEqual(parseElement(written), tree)
      assert.deepEqual((reference(Buffer.from(`<r>${written}</r>`, 'latin1')) as Reading).elements, [tree])
    }
  })
  fc.assert(property, { numRuns: RUNS })
})

test('the reader never crashes or loops on text that nobody checked', () => {
  const property = fc.property(damaged, (octets) => {
    try {
      children(wire(octets.toString('latin1')), '')
    } catch (error) {
      assert.equal((error as Error).constructor.name, 'XmlError')
    }
  })
  fc.assert(property, { numRuns: RUNS })
})
