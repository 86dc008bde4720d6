import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '../../xmpp/jid.ts'
import { SentLog } from './sent-log.ts'

const DESK = jid('alice@example.net/desk')
const PHONE = jid('alice@example.net/phone')
const BOB = jid('bob@example.net')
const BOBS = ['a', 'b'].map((resource) => BOB.withResource(resource))

test('of each resource the last, for each client', () => {
  const log = new SentLog(10)
  log.note(DESK, BOBS[0]!, '', 1)
  log.note(PHONE, BOBS[0]!, '', 2)
  log.note(DESK, BOBS[1]!, '', 3)
  log.note(DESK, BOBS[0]!, 'unavailable', 4)
  log.note(DESK, jid('carol@example.net/x'), '', 5)
  const all = Array.from(log.lastTo(DESK, BOB), ({ from, type, at }) => [from.resource, type, at])
  assert.deepEqual(all, [
    ['a', 'unavailable', 4],
    ['b', '', 3],
  ])
})

test('it holds so many and no more, and of none nothing', () => {
  const log = new SentLog(3)
  for (let at = 0; at < 8; at++) log.note(DESK, BOB.withResource(`r${at}`), '', at)
  assert.deepEqual(
    Array.from(log.lastTo(DESK, BOB), ({ at }) => at),
    [7, 6, 5],
  )
  const none = new SentLog(0)
  none.note(DESK, BOB, '', 1)
  assert.deepEqual([...none.lastTo(DESK, BOB)], [])
})
