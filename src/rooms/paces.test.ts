import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PACES, Paces } from './paces.ts'
import { said } from './testing.ts'

const romeo = { jid: 'romeo@a.example', session: null, transaction: null }
const saying = { do: 'append', said: said('hello') } as const

test('ROOM-157: a room that rests forgets those who may do everything again, and nobody else', () => {
  const paces = new Paces({ ...PACES, messagesMax: 2 })
  const isTooFast = (now: number): boolean => paces.isTooFast(romeo, saying, now)
  assert.deepEqual([isTooFast(0), isTooFast(0), isTooFast(0)], [false, false, true])
  paces.rest(1000)
  assert.equal(isTooFast(1000), true)
  paces.rest(11_000)
  assert.deepEqual([isTooFast(11_000), isTooFast(11_000), isTooFast(11_000)], [false, false, true])
})
