import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEADER, opened, ROOMY, XmlRecorder } from '../../test/support/xml-recorder.ts'
import { el } from './element.ts'
import { valueOf } from './entities.ts'
import type { RawElement } from './scanner.ts'

const STREAM = 'http://etherx.jabber.org/streams'

/** How scanning ends, in one piece and octet by octet. */
function ending(input: string | Buffer, before = HEADER): string | null {
  const whole = new XmlRecorder().push(before).push(input)
  const pieces = new XmlRecorder().push(before).push(input, 1)
  assert.equal(pieces.condition, whole.condition)
  assert.equal(pieces.elements.length, whole.elements.length)
  return whole.condition
}
/** The one element that is in `input`. */
function only(input: string, header = HEADER): RawElement {
  const seen = new XmlRecorder().push(header).push(input)
  assert.equal(seen.condition, null)
  assert.equal(seen.elements.length, 1)
  return seen.elements[0]!
}
const utf16 = (s: string): Buffer => Buffer.from(s, 'utf16le')

test('RFC 6120 4.2: the header, decoded and without its declarations', () => {
  const { headers } = new XmlRecorder().push(
    `<?xml version='1.0'?>\n<s:stream xmlns:s="${STREAM}" xmlns='jabber:client' to='ex&#97;mple.org'\nxml:lang='en'>`,
  )
  assert.deepEqual(headers, [
    {
      name: 'stream',
      prefix: 's',
      ns: STREAM,
      defaultNs: 'jabber:client',
      attrs: { 'to': 'example.org', 'xml:lang': 'en' },
      prefixes: headers[0]!.prefixes,
    },
  ])
})

test('RFC 6120 4.8.1: a header in no namespace, or whose default namespace is its own', () => {
  const seen = new XmlRecorder().push("<stream version='1.0'>")
  assert.deepEqual(seen.headers, [{ name: 'stream', prefix: '', ns: '', defaultNs: '', attrs: { version: '1.0' }, prefixes: [] }])
  const [own] = new XmlRecorder().push(`<stream xmlns='${STREAM}'>`).headers
  assert.deepEqual([own!.ns, own!.defaultNs], [STREAM, STREAM])
})

test('T-C15 SEC-1: comment, processing instruction, DTD and entity reference are restricted', () => {
  for (const part of ['<!-- x -->', '<?pi x?>', '<!DOCTYPE x>', '<?xml version="1.0"?>']) {
    assert.equal(ending(part), 'restricted-xml', part)
    assert.equal(ending(`<message>${part}`), 'restricted-xml', part)
  }
  assert.equal(ending('<!DOCTYPE foo [<!ENTITY bar "baz">]>', ''), 'restricted-xml')
  assert.equal(ending('<!-- x --><stream>', ''), 'restricted-xml')
  assert.equal(ending('<?pi?><stream>', ''), 'restricted-xml')
  assert.equal(ending('<?xml-stylesheet?><stream>', ''), 'restricted-xml')
  assert.equal(ending('<message><body>&foo;'), 'restricted-xml')
  assert.equal(ending("<message to='&foo;'/>"), 'restricted-xml')
  assert.equal(ending(`<message><body>&${'lol'.repeat(40)};`), 'restricted-xml')
})

test('T-C16 SEC-1: what is not well-formed', () => {
  const parts = [
    '<message><body></message>',
    '<message></Message>',
    '<message></messages>',
    '</message>',
    '<a',
    '<a <b/>',
    '<1/>',
    '<-a/>',
    '< a/>',
    '<>',
    '<a b/>',
    '<a b=c/>',
    "<a b='1'c='2'/>",
    "<a b='<'/>",
    "<a b='1' b='2'/>",
    '<a b=\'1\' b="1"/>',
    '<a/ >',
    "<a b='&'/>",
    '<a>&</a>',
    '<a>& </a>',
    '<a>&;</a>',
    '<a>&amp</a>',
    '<a>&#;</a>',
    '<a>&#x;</a>',
    '<a>&#xg;</a>',
    '<a>&#-1;</a>',
    '<a>&#0;</a>',
    '<a>&#8;</a>',
    '<a>&#xD800;</a>',
    '<a>&#xFFFE;</a>',
    '<a>&#x110000;</a>',
    '<a>&#99999999999999999999;</a>',
    '<a>]]></a>',
    '<a>\x01</a>',
    "<a b='\x1f'/>",
    '<a>\0</a>',
    '<a><![CDATA[\x02]]></a>',
    '<a>\uffff</a>',
    '<a>\ufffe</a>',
    "<a b='\uffff'/>",
    '<\u00d7/>',
    '<a\u2028/>',
  ]
  for (const part of parts) assert.equal(ending(`${part}<x `), 'not-well-formed', part)
})

test('T-C16 RFC 6120 11.3: what is not namespace-well-formed', () => {
  const XML = 'http://www.w3.org/XML/1998/namespace'
  const XMLNS = 'http://www.w3.org/2000/xmlns/'
  const parts = [
    '<foo:a/>',
    "<a foo:b='1'/>",
    '<a><foo:b/></a>',
    "<a><b xmlns:p='u'/><p:c/></a>",
    "<a xmlns:p='u'/><p:a/>",
    '<a:b:c/>',
    '<:a/>',
    '<a:/>',
    "<a :b='1'/>",
    "<a p:='1'/>",
    "<p:1 xmlns:p='u'/>",
    "<a xmlns:p=''/>",
    "<a xmlns:xmlns='u'/>",
    "<a xmlns:xml='u'/>",
    `<a xmlns:p='${XML}'/>`,
    `<a xmlns:p='${XMLNS}'/>`,
    `<a xmlns='${XML}'/>`,
    `<a xmlns='${XMLNS}'/>`,
    `<a xmlns='${XML.replace('h', '&#104;')}'/>`,
    '<xmlns:a/>',
    "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
    "<a xmlns:p='u' xmlns:q='&#117;' p:b='1' q:b='2'/>",
    "<a xmlns='u' xmlns='v'/>",
  ]
  for (const part of parts) assert.equal(ending(part), 'not-well-formed', part)
  for (const part of [
    `<a xmlns:xml='${XML}'/>`,
    "<a p:b='1' b='2' xmlns:p='u'/>",
    '<xml:a/>',
    "<a xmlns='u' xmlns:p='u' p:b='1' b='1'/>",
  ])
    assert.equal(ending(part), null, part)
})

test('T-C16 RFC 6120 11.6: UTF-8 and nothing else', () => {
  const document = "<?xml version='1.0'?><stream>"
  assert.equal(ending(utf16(document), ''), 'unsupported-encoding')
  assert.equal(ending(utf16(`\ufeff${document}`), ''), 'unsupported-encoding')
  assert.equal(ending(Buffer.from(utf16(document)).swap16(), ''), 'unsupported-encoding')
  assert.equal(ending(Buffer.from(utf16(`\ufeff${document}`)).swap16(), ''), 'unsupported-encoding')
  assert.equal(ending(`\ufeff${document}`, ''), 'unsupported-encoding')
  for (const encoding of ['UTF-16', 'ISO-8859-1', 'utf8', 'US-ASCII'])
    assert.equal(ending(`<?xml version='1.0' encoding='${encoding}'?>`, ''), 'unsupported-encoding')
  for (const wrong of [
    [0xff],
    [0x80],
    [0xc0, 0xaf],
    [0xe0, 0x80, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xed, 0xb0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
  ]) {
    assert.equal(
      ending(Buffer.concat([Buffer.from('<a>'), Buffer.from(wrong), Buffer.from('</a>')])),
      'unsupported-encoding',
      `${wrong}`,
    )
    assert.equal(
      ending(Buffer.concat([Buffer.from("<a b='"), Buffer.from(wrong), Buffer.from("'/>")])),
      'unsupported-encoding',
      `${wrong}`,
    )
    assert.equal(
      ending(Buffer.concat([Buffer.from('<a><![CDATA['), Buffer.from(wrong), Buffer.from(']]></a>')])),
      'unsupported-encoding',
      `${wrong}`,
    )
    assert.equal(
      ending(Buffer.concat([Buffer.from("<stream to='"), Buffer.from(wrong), Buffer.from("'>")]), ''),
      'unsupported-encoding',
      `${wrong}`,
    )
  }
  assert.equal(
    only('<a>\ufeff\ud7ff\ue000\ufffd\u{10000}\u{10ffff}</a>').tree().text,
    '\ufeff\ud7ff\ue000\ufffd\u{10000}\u{10ffff}',
  )
})

test('RFC 6120 11.5: the XML declaration, at the very beginning only', () => {
  const good = [
    "<?xml version='1.0'?>",
    '<?xml version="1.1"?>',
    "<?xml version = '1.0' encoding='utf-8' standalone='no' ?>",
    '<?xml\nversion=\'1.0\'\tencoding="UTF-8"?>',
  ]
  for (const declaration of good) assert.equal(ending(`${declaration}<stream>`, ''), null, declaration)
  const wrong = [
    '<?xml?>',
    '<?xml ?>',
    "<?xml encoding='UTF-8'?>",
    "<?xml version='2.0'?>",
    '<?xml version=\'1.0"?>',
    "<?xml version='1.0'encoding='UTF-8'?>",
    "<?xml version='1.0' standalone='maybe'?>",
    "<?xml version='1.0'>?>",
  ]
  for (const declaration of wrong)
    assert.ok(['not-well-formed', 'restricted-xml'].includes(ending(`${declaration}<stream>`, '')!), declaration)
  assert.equal(ending(" <?xml version='1.0'?><stream>", ''), 'restricted-xml')
})

test('RFC 6120 4.4, 4.9.3.1: white space may stand between stanzas, text may not', () => {
  assert.equal(ending('\r\n\t  <presence/> <presence/>\n</stream:stream>\n'), null)
  for (const text of ['x', '&amp;', '\u00a0', '<![CDATA[]]>']) assert.equal(ending(`<presence/>${text}<x`), 'bad-format', text)
  assert.equal(ending('x<stream>', ''), 'not-well-formed')
  for (const after of ['x', '<a/>', HEADER.slice(21)]) assert.equal(ending(`</stream:stream>${after}`), 'not-well-formed')
})

test('RFC 6120 4.4: the footer has the name of the header', () => {
  const seen = opened().push('<presence/></stream:stream >')
  assert.deepEqual([seen.elements.length, seen.footers, seen.condition], [1, 1, null])
  assert.equal(ending('</stream:strea>'), 'not-well-formed')
  assert.equal(ending('</stream:streams>'), 'not-well-formed')
  assert.equal(ending('</stream>'), 'not-well-formed')
  const empty = new XmlRecorder().push(`<stream xmlns='${STREAM}'/>`)
  assert.deepEqual([empty.headers.length, empty.footers], [1, 1])
})

test('RFC 6120 8.1: the attributes of a stanza are at hand, the rest is in extra', () => {
  const e = only(
    `<message a="1" to='a@b/&lt;' from="c@d" id='&#65;' type="chat" xml:lang='de' xml:b="c" xmlns='jabber:client'><b/></message>`,
  )
  assert.deepEqual(
    [e.name, e.ns, e.to, e.from, e.id, e.type, e.lang],
    ['message', 'jabber:client', 'a@b/&lt;', 'c@d', '&#65;', 'chat', 'de'],
  )
  assert.equal(e.extra, " a='1' xml:b='c'")
  assert.equal(e.content, '<b/>')
  assert.equal(valueOf(e.to!), 'a@b/<')
  assert.equal(valueOf(e.id!), 'A')
  const bare = only('<presence/>')
  assert.deepEqual(
    [bare.to, bare.from, bare.id, bare.type, bare.lang, bare.extra, bare.content, bare.bytes],
    [null, null, null, null, null, '', '', 11],
  )
})

test('attribute values are safe between apostrophes, white space in them is normalised (XML 1.0 3.3.3)', () => {
  const e = only(`<message to="it's" id='"' from='a\tb\nc\r\nd\re&#10;f' x="'>" xmlns:p="u'" p:y="'"/>`)
  assert.deepEqual([e.to, e.id, e.from], ['it&apos;s', '"', 'a b c d e&#10;f'])
  assert.equal(e.extra, " x='&apos;>' xmlns:p='u&apos;' p:y='&apos;'")
  assert.equal(valueOf(e.from!), 'a b c d e\nf')
  assert.deepEqual(e.tree().attrs, { 'to': "it's", 'id': '"', 'from': 'a b c d e\nf', 'x': "'>", "{u'}y": "'" })
})

test('octets go through as they came', () => {
  const body = '<body>日本 🎉 &amp; ]] > <![CDATA[<&]]>\r\n</body>'
  const e = only(`<message>${body}</message>`)
  assert.equal(Buffer.from(e.content, 'latin1').toString(), body)
  assert.equal(e.bytes, Buffer.byteLength(`<message>${body}</message>`))
  assert.equal(e.tree().child('body')!.text, '日本 🎉 & ]] > <&\n')
})

test('CORE-9 RFC 6120 4.8.5: prefixes of the stream header are declared again where they are used', () => {
  const header = `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAM}' xmlns:p='urn:p'>`
  const inside = only('<message><p:x a="1"/>text</message>', header)
  assert.equal(inside.content, "<x xmlns='urn:p' a='1'/>text")
  assert.equal(inside.extra, '')
  const attribute = only("<message p:a='1' p:b='2'><body/></message>", header)
  assert.equal(attribute.extra, " xmlns:p='urn:p' p:a='1' p:b='2'")
  assert.equal(attribute.content, '<body/>')
  const own = only("<message><x xmlns:p='urn:q'><p:x/></x></message>", header)
  assert.equal(own.content, "<x xmlns:p='urn:q'><p:x/></x>")
})

test('CORE-9 a stanza with a prefix, or with prefixes for its children, means the same without', () => {
  const prefixed = only(
    "<c:message xmlns:c='jabber:client' to='a'><c:body>x</c:body><y/></c:message>",
    `<s:stream xmlns:s='${STREAM}'>`,
  )
  assert.deepEqual([prefixed.name, prefixed.ns, prefixed.to], ['message', 'jabber:client', 'a'])
  assert.equal(prefixed.content, "<body>x</body><y xmlns=''/>")
  const outer = only("<message xmlns:p='urn:p'><p:x/></message>")
  assert.equal(outer.content, "<x xmlns='urn:p'/>")
  const features = only("<stream:features><bind xmlns='urn:b'/><own/></stream:features>")
  assert.deepEqual([features.name, features.ns], ['features', STREAM])
  assert.equal(features.content, "<bind xmlns='urn:b'/><own xmlns='jabber:client'/>")
})

test('XML 1.0 2.11: line ends are LF in a tree, CDATA and text are one', () => {
  const tree = only('<a>1\r\n2\r3\n4&#13;<![CDATA[5\r\n<&amp;>]]>6<b/>7</a>').tree()
  assert.deepEqual(tree.children, ['1\n2\n3\n4\r5\n<&amp;>6', el('b', 'jabber:client'), '7'])
})

test('an attribute may be called like what every object has', () => {
  const tree = only("<a __proto__='1' constructor='2'/>").tree()
  assert.deepEqual([tree.attr('__proto__'), tree.attr('constructor'), tree.attr('toString')], ['1', '2', undefined])
  assert.equal(only('<a/>').tree().attr('constructor'), undefined)
})

test('stop() from a handler: the rest of the chunk is not looked at (RFC 6120 5.4.3.3)', () => {
  const seen = opened()
  seen.element = (e) => {
    seen.elements.push(e)
    seen.scanner.stop()
  }
  seen.push('<starttls/><presence/><injected').push('not even xml')
  assert.deepEqual([seen.elements.map((e) => e.name), seen.condition, seen.scanner.pendingBytes], [['starttls'], null, 0])
})

test('reset() from a handler: what follows is a new document (RFC 6120 6.4.6)', () => {
  for (const size of [Infinity, 1]) {
    const seen = opened()
    seen.element = (e) => {
      seen.elements.push(e)
      if (e.name === 'response') seen.scanner.reset()
    }
    seen.push(`<response/>${HEADER.replace('jabber:client', 'urn:new')}<presence/></stream:stream>`, size)
    assert.deepEqual(
      [seen.condition, seen.headers.length, seen.elements.map((e) => e.ns), seen.footers],
      [null, 2, ['jabber:client', 'urn:new'], 1],
    )
  }
})

test('reset() outside of a handler forgets the old document', () => {
  const seen = opened().push('<message><unfinished')
  seen.scanner.reset()
  assert.equal(seen.scanner.pendingBytes, 0)
  seen.push(`${HEADER}<presence/>`)
  assert.deepEqual([seen.headers.length, seen.elements.length, seen.condition], [2, 1, null])
})

test('after an error the scanner is stopped', () => {
  const seen = opened().push('<presence/><a></b><presence/>')
  seen.push('<presence/>')
  assert.deepEqual([seen.elements.length, seen.condition, seen.scanner.pendingBytes], [1, 'not-well-formed', 0])
})

test('RFC 7395 3.3.3: frames are complete elements, each with its declarations', () => {
  const frames = (...input: string[]): XmlRecorder => new XmlRecorder(ROOMY, 'fragment').pushAll(input.map((s) => Buffer.from(s)))
  const seen = frames(
    "<open xmlns='urn:f' to='a'/>",
    "<?xml version='1.0'?><message xmlns='jabber:client'><body>é</body></message> <r xmlns='urn:r'/>",
  )
  assert.deepEqual(
    seen.elements.map((e) => [e.name, e.ns]),
    [
      ['open', 'urn:f'],
      ['message', 'jabber:client'],
      ['r', 'urn:r'],
    ],
  )
  assert.deepEqual([seen.headers.length, seen.condition], [0, null])
  for (const wrong of ['<message>', '<a', '</a>', '<a/></a>', '<p:a/>', '<a><b></a>'])
    assert.equal(frames(wrong).condition, 'not-well-formed', wrong)
  assert.equal(frames('<a/>x').condition, 'bad-format')
  assert.equal(frames('<a/>', '<!-- -->').condition, 'restricted-xml')
})
