import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { inForm } from './annotation-forms.ts'
import { jid } from './jid.ts'
import { Packet, Payload } from './packet.ts'
import { annotation, doubtersAfter, doubtsIn, formIn, honest, plain, saysAllOf, since, sinceIn } from './state-annotation.ts'

const presence = (content: string): Packet =>
  Packet.of({ kind: 'presence', from: jid('juliet@b.example/orchard'), payload: Payload.ofText(wire(content)) })
const text = (packet: Packet): string => packet.payload.text
const AT = Date.parse('2026-01-01T12:00:00Z')
const [WORDS, STAMP] = [{ lang: 'de', text: 'weg & da' }, '2026-01-01T12:00:00Z']

const first = (from: string, inside: string): string =>
  `<state-annotation xmlns='urn:xmpp:psa' from='${from}'>${inside}</state-annotation>`
const revised = (from: string, inside: string, attr = ''): string =>
  `<state-annotation xmlns='urn:xmpp:psa:0' from='${from}'${attr}>${inside}</state-annotation>`
const DOUBTED = `<doubted xmlns='urn:porchlight:doubted:0' since='${STAMP}'/>`
const SINCE = ` since='${STAMP}'`

test('PSA-40: the revised form has the time as an attribute, and a word for what is unknown', () => {
  const written = since(annotation('a.example', ['unknown'], WORDS, 'revised'), AT)
  assert.equal(
    written,
    `<state-annotation since='${STAMP}' xmlns='urn:xmpp:psa:0' from='a.example'><unknown/><description xml:lang='de'>weg &amp; da</description></state-annotation>`,
  )
  assert.deepEqual(
    [doubtsIn(presence(written.replace('a.example', 'b.example'))), text(plain(presence(written)))],
    [['unknown'], ''],
  )
  assert.equal(annotation('a.example', [], null, 'revised'), `<state-annotation xmlns='urn:xmpp:psa:0' from='a.example'/>`)
  assert.equal(
    annotation('a.example', ['unknown', 'server-unavailable'], null),
    first('a.example', '<server-unavailable/>'),
    'version 0.1 has one word for both',
  )
})

test('PSA-43: each annotation is there once, in the form that is asked for', () => {
  const inFirst = first('b.example', `<connection-paused/><description xml:lang='en'>x</description>${DOUBTED}`)
  const inRevised = revised('b.example', `<connection-paused/><description xml:lang='en'>x</description>`, SINCE)
  const show = '<show>away</show>'
  for (const both of [inFirst, inRevised, inFirst + inRevised, inRevised + inFirst]) {
    assert.equal(text(inForm(presence(show + both), 'first')), show + inFirst, both)
    assert.equal(text(inForm(presence(show + both), 'revised')), show + inRevised, both)
  }
  const other = revised('a.example', '<unknown/>')
  assert.equal(text(inForm(presence(inFirst + other), 'first')), inFirst + first('a.example', '<server-unavailable/>'))
  for (const form of ['first', 'revised'] as const) {
    const unannotated = presence(show)
    assert.equal(inForm(unannotated, form), unannotated)
  }
})

test('PSA-32: of one domain one annotation stays, the revised one if there is one', () => {
  const [old, now] = [first('b.example', '<server-unavailable/>'), revised('b.example', '<unknown/>', SINCE)]
  for (const both of [old + now, now + old]) assert.equal(text(honest(presence(both))), now)
  assert.equal(text(honest(presence(revised('evil.example', '<unknown/>')))), '')
  assert.equal(sinceIn(presence(now)), STAMP)
})

test('PSA-42: a stanza in the revised form says all', () => {
  const [ours, theirs] = [revised('a.example', '<unknown/>'), revised('b.example', '<connection-paused/>')]
  assert(saysAllOf(presence(ours), presence(theirs)))
  assert(!saysAllOf(presence(first('a.example', '')), presence(first('b.example', '<connection-paused/>'))))
  assert.deepEqual(doubtersAfter(['b.example'], presence(ours)), ['a.example'])
  assert.deepEqual(doubtersAfter(['b.example'], presence(first('a.example', '<server-unavailable/>'))), [
    'a.example',
    'b.example',
  ])
})

test('PSA-40: who knows both is told in the revised form', () => {
  const forms = [['urn:xmpp:psa'], ['urn:xmpp:psa:0'], ['urn:xmpp:psa', 'urn:xmpp:psa:0'], ['urn:xmpp:ping']]
  assert.deepEqual(
    forms.map((features) => formIn(new Set(features))),
    ['first', 'revised', 'revised', null],
  )
  assert.equal(formIn(null), null)
})
