import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { Shown } from './ledger.ts'

const presence = (from: string, type = '', payload = '', id: string | null = null): Packet =>
  Packet.of({
    kind: 'presence',
    type,
    from: jid(from),
    id: id === null ? null : wire(id),
    payload: Payload.ofText(wire(payload)),
  })

test('Shown: nothing is certain of a contact that was shown before we began to look', () => {
  const shown = new Shown(false)
  assert.equal(shown.isGone('a@b/x'), false)
  shown.note(presence('a@b/x', 'unavailable'))
  assert.equal(shown.isGone('a@b/x'), true)
})

test('Shown: from the beginning, whoever was not shown is not there', () => {
  const shown = new Shown(true)
  assert.equal(shown.isGone('a@b/x'), true)
  shown.note(presence('a@b/x'))
  assert.equal(shown.isGone('a@b/x'), false)
  shown.note(presence('a@b', 'unavailable'))
  assert.equal(shown.isGone('a@b/x'), true)
})

test('Shown: a bare JID closes its own resources and no others', () => {
  const shown = new Shown(true)
  for (const from of ['b', 'b/x', 'bb/x', 'a@b/x']) shown.note(presence(from))
  shown.note(presence('b', 'unavailable'))
  assert.deepEqual(
    ['b', 'b/x', 'bb/x', 'a@b/x'].map((full) => shown.isGone(full)),
    [true, true, false, false],
  )
})

test('Shown: the same presence is known whatever its id; any other is not', () => {
  const shown = new Shown(true)
  shown.note(presence('a@b/x', '', '<show>away</show>', '1'))
  assert.equal(shown.isKnown(presence('a@b/x', '', '<show>away</show>', '2')), true)
  assert.equal(shown.isKnown(presence('a@b/x', '', '<show>xa</show>', '1')), false)
  assert.equal(shown.isKnown(presence('a@b/y', '', '<show>away</show>', '1')), false)
  shown.note(presence('a@b/x', 'unavailable'))
  assert.equal(shown.isKnown(presence('a@b/x', '', '<show>away</show>', '1')), false)
})

test('Shown: with more contacts than it can remember it is no longer certain of those that it does not know', () => {
  const shown = new Shown(true)
  for (let i = 0; i < 2001; i++) shown.note(presence(`a@b/${i}`))
  assert.equal(shown.isGone('a@b/2000'), false)
  assert.equal(shown.isGone('never@b/x'), false)
  shown.note(presence('a@b/1', 'unavailable'))
  assert.equal(shown.isGone('a@b/1'), true)
})
