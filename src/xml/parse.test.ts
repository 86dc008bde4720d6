import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from './element.ts'
import { XmlError } from './error.ts'
import { children, parseElement } from './parse.ts'
import { encode, wire } from './wire.ts'

test('children are the elements, without the text between them', () => {
  const content = encode(" <a/>text<b xmlns='urn:b' c='é'>x<d/></b><![CDATA[<e/>]]>")
  assert.deepEqual(children(content, 'urn:x'), [el('a', 'urn:x'), el('b', 'urn:b', { c: 'é' }, 'x', el('d', 'urn:b'))])
  assert.deepEqual(children(wire('text'), 'urn:x'), [])
  assert.deepEqual(children(wire(''), 'urn:x'), [])
})

test('Namespaces in XML 6.2: the default namespace ends with its element, and may be none', () => {
  const tree = parseElement(wire("<a xmlns='urn:a'><b xmlns='urn:b'/><c xmlns=''><d/></c><e/></a>"))
  assert.deepEqual(
    tree.elements.map((e) => e.ns),
    ['urn:b', '', 'urn:a'],
  )
  assert.equal(tree.elements[1]!.elements[0]!.ns, '')
  assert.equal(parseElement(wire('<a/>')).ns, '')
})

test('Namespaces in XML 6.1: a prefix holds in its element, and may be declared after its use there', () => {
  const tree = parseElement(wire("<p:a p:x='1' x='2' xmlns:p='urn:1'><p:b xmlns:p='urn:2'/><p:c/></p:a>"))
  assert.deepEqual(tree, el('a', 'urn:1', { 'x': '2', '{urn:1}x': '1' }, el('b', 'urn:2'), el('c', 'urn:1')))
  assert.deepEqual(children(wire('<q:a/>'), '', [{ prefix: 'q', uri: 'urn:q' }]), [el('a', 'urn:q')])
})

test('what is no element is an XmlError', () => {
  const wrong = [
    '',
    'x',
    '<a/><b/>',
    '<a/>x',
    '<a>',
    '</a>',
    '<a></b>',
    '<',
    '<a',
    '<a b',
    '<a b=',
    "<a b='",
    "<a b='1'",
    '<a/',
    '<a></a',
    '<![CDATA[',
    '<a>&foo;</a>',
    '<a>&#0;</a>',
    '<a>&',
    '<p:a/>',
    '<!--',
  ]
  for (const text of wrong) assert.throws(() => parseElement(wire(text)), XmlError, text)
})
