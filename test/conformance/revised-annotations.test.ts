/** docs/xep-0310/: what its examples show and what the server writes is as its schema says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { annotation, DOUBTS, since } from '../../src/xmpp/state-annotation.ts'
import { LANGUAGES, Annotations } from '../../src/xep/0310-presence-state-annotations/descriptions.ts'
import { wire, decode } from '../../src/xml/wire.ts'
import { checkAnnotations, examples, faultsOf } from '../support/psa-schema.ts'
import { parseXml } from '../support/xml-reader.ts'

const parsed = (xml: string) => parseXml(xml)[0]!
const annotated = (inside: string, attrs = ''): string =>
  `<state-annotation xmlns='urn:xmpp:psa:0' from='a.example'${attrs}>${inside}</state-annotation>`

test('the examples', () => {
  const counts = examples.map((example) => checkAnnotations(parsed(example.trim())))
  assert.deepEqual(counts, [0, 1, 1, 1, 1, 1, 2, 1])
})

test('what the server writes: each condition, in each language, with and without a time', () => {
  const texts = new Annotations('en', true)
  for (const doubt of DOUBTS) {
    for (const lang of LANGUAGES) {
      const xml = parsed(decode(texts.text('a.example', { doubt, since: 0 }, wire(lang), 'revised')))
      assert.deepEqual(faultsOf(xml), [], xml.show())
      assert.deepEqual([xml.attr('since'), xml.child('description')!.attr('xml:lang')], ['1970-01-01T00:00:00Z', lang])
    }
    assert.deepEqual(faultsOf(parsed(decode(annotation('a.example', [doubt], null, 'revised')))), [])
  }
  assert.deepEqual(faultsOf(parsed(decode(annotation('a.example', [], null, 'revised')))), [])
  const all = since(annotation('a.example', DOUBTS.toReversed(), { lang: 'en', text: 'x' }, 'revised'), 1.5)
  assert.deepEqual(faultsOf(parsed(decode(all))), [], 'the conditions are in the order of the schema')
})

test('the schema refuses what is not so', () => {
  const wrong = [
    `<state-annotation xmlns='urn:xmpp:psa' from='a.example'/>`,
    `<state-annotation xmlns='urn:xmpp:psa:0'/>`,
    annotated('', ` since='yesterday'`),
    annotated('', ` by='b.example'`),
    annotated('<unknown/><server-unavailable/>'),
    annotated('<unknown/><unknown/>'),
    annotated('<unknown>why</unknown>'),
    annotated('<description>words</description>'),
    annotated(`<description xml:lang='en'>words</description><unknown/>`),
    annotated('<gone/>'),
  ]
  for (const one of wrong) assert.notDeepEqual(faultsOf(parsed(one)), [], one)
  assert.deepEqual(faultsOf(parsed(annotated(`<unknown/><x xmlns='urn:other'/>`))), [])
})
