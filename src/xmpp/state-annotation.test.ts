import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { jid } from './jid.ts'
import { Packet, Payload } from './packet.ts'
import { annotated, annotation, doubtsIn, honest, plain, sayingSomething } from './state-annotation.ts'

const presence = (content: string, type = '', from = 'juliet@b.example/orchard'): Packet =>
  Packet.of({ kind: 'presence', type, from: jid(from), payload: Payload.ofText(wire(content)) })
const says = (from: string, content = '<server-unavailable/>'): string =>
  `<state-annotation xmlns='urn:xmpp:psa' from='${from}'>${content}</state-annotation>`
const ROMEO = jid('romeo@a.example/orchard')
const text = (packet: Packet): string => packet.payload.text

test('PSA-3, PSA-4: who annotates, why, and in words', () => {
  assert.equal(
    annotation('a.example', ['connection-paused'], { lang: 'de', text: 'weg & da' }),
    `<state-annotation xmlns='urn:xmpp:psa' from='a.example'><connection-paused/><description xml:lang='de'>weg &amp; da</description></state-annotation>`,
  )
})

test('PSA-5: one without a doubt is empty', () => {
  assert.equal(annotation('a.example', [], null), `<state-annotation xmlns='urn:xmpp:psa' from='a.example'/>`)
})

test('PSA-16: the old presence is complete, the annotation behind it', () => {
  const old = presence(`<show>away</show><x:y xmlns:x='urn:x'/>`)
  const both = annotated(old, ROMEO, annotation('a.example', [], null))
  assert.equal(text(both), `${text(old)}<state-annotation xmlns='urn:xmpp:psa' from='a.example'/>`)
  assert.equal(both.to, ROMEO)
  assert.equal(text(plain(both)), text(old))
  assert.equal(text(plain(annotated(presence(''), ROMEO, annotation('a.example', [], null)))), '')
})

test('PSA-32: annotations of the domain that the presence comes from, one of them, stay', () => {
  const own = presence(`<show>xa</show>${says('b.example')}`)
  assert.equal(honest(own), own)
  assert.equal(honest(presence('<show>xa</show>')).payload.text, '<show>xa</show>')
  for (const forger of ['evil.example', 'a.example', 'juliet@b.example/orchard', '', 'no address @'])
    assert.equal(text(honest(presence(`<show>xa</show>${says(forger)}`))), '<show>xa</show>', forger)
  assert.equal(text(honest(presence(says('b.example') + says('b.example', '')))), says('b.example'))
  assert.equal(text(honest(presence(says('B.Example')))), says('B.Example'))
})

test('PSA-7: what is no available presence is not annotated', () => {
  for (const type of ['unavailable', 'subscribe', 'subscribed', 'error', 'probe'])
    assert.equal(text(honest(presence(`<a/>${says('b.example')}`, type))), '<a/>', type)
})

test('an element of that name in another namespace is nobody’s business', () => {
  const other = presence(`<state-annotation xmlns='urn:other'/>`)
  assert.equal(plain(other), other)
  assert.deepEqual(doubtsIn(other), [])
})

test('however the element is written, it is found, and the rest stays as it was', () => {
  const forms = [
    `<p:state-annotation xmlns:p='urn:xmpp:psa' from='b.example'/>`,
    `<state-annotation from='b.example' xmlns='urn:xmpp:ps&#97;'/>`,
    `<state-annotation xmlns='urn:xmpp:psa'><state-annotation/></state-annotation>`,
  ]
  const rests = [`<show>away</show>`, `<x xmlns='urn:x'><state-annotation/></x>`, '']
  for (const form of forms)
    for (const rest of rests)
      for (const content of [rest + form, form + rest]) assert.equal(text(plain(presence(content))), rest, content)
})

test('PSA-30: an annotation that names no doubt says nothing, one that names some says something', () => {
  assert.equal(text(sayingSomething(presence(`<show>away</show>${says('b.example', '')}`))), '<show>away</show>')
  const doubted = presence(says('b.example', '<connection-paused/>') + says('a.example', '<description>x</description>'))
  assert.equal(text(sayingSomething(doubted)), says('b.example', '<connection-paused/>'))
})

test('what the domain of the presence doubts', () => {
  assert.deepEqual(doubtsIn(presence(says('b.example', '<connection-paused/><server-unavailable/>'))), [
    'server-unavailable',
    'connection-paused',
  ])
  assert.deepEqual(doubtsIn(presence(says('a.example'))), [])
  assert.deepEqual(doubtsIn(presence('<show>away</show>')), [])
})
