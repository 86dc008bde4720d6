import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import { mayComeTwice, outOfDate } from './repeating.ts'

const DAVE = jid('dave@b.example')
const presence = (from: string, type = '', isUnsure = true) => ({
  packet: Packet.of({ kind: 'presence', type, from: jid(from), to: DAVE }),
  isUnsure,
})

test('of presence that may have got through the last word of each resource is said again', () => {
  const [gone, back] = [presence('alice@a.example/1', 'unavailable'), presence('alice@a.example/1')]
  const [other, asked] = [presence('alice@a.example/2', 'unavailable'), presence('alice@a.example', 'subscribe')]
  assert.deepEqual([...outOfDate([gone, other, asked, back])], [gone])
  assert.deepEqual([...outOfDate([back, gone])], [back])
})

test('an answer that nobody was there for may be old: it is not said again', () => {
  const answer = presence('alice@a.example', 'unavailable')
  assert.deepEqual([...outOfDate([answer])], [answer])
})

test('what was never written is in order', () => {
  const all = [presence('alice@a.example/1', 'unavailable', false), presence('alice@a.example/1', '', false)]
  assert.deepEqual([...outOfDate(all)], [])
  assert.deepEqual([...outOfDate([presence('alice@a.example', 'unavailable', false)])], [])
})

test('of who may see whom only the last word is said, in each direction, whether the others have got through or not', () => {
  const words = (isUnsure: boolean) =>
    ['unsubscribe', 'subscribed', 'subscribe', 'unsubscribed'].map((type) => presence('alice@a.example', type, isUnsure))
  for (const isUnsure of [true, false]) {
    const [leaves, grants, asks, refuses] = words(isUnsure)
    assert.deepEqual(outOfDate([leaves!, grants!, asks!, refuses!]), new Set([leaves, grants]))
    assert.deepEqual(outOfDate([leaves!, presence('alice@a.example/1'), refuses!]), new Set())
  }
})

test('requests and probes do not come twice', () => {
  const ofKind = (kind: 'iq' | 'presence' | 'message', type: string) =>
    Packet.of({ kind, type, from: jid('alice@a.example/1'), to: DAVE })
  assert.deepEqual([ofKind('iq', 'get'), ofKind('iq', 'set'), ofKind('presence', 'probe')].map(mayComeTwice), [
    false,
    false,
    false,
  ])
  assert.deepEqual([ofKind('iq', 'result'), ofKind('presence', ''), ofKind('message', 'chat')].map(mayComeTwice), [
    true,
    true,
    true,
  ])
})
