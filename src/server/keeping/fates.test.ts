/** What becomes of each field of a session and of an account in another run of the server. Slots say it themselves (slots.ts). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../../test/support/memory-server.ts'
import type { Fate } from '../account/slots.ts'

const OF_SESSION: Readonly<Record<string, Fate>> = {
  jid: 'kept',
  account: 'kept',
  boundAt: 'kept',
  lang: 'kept',
  device: 'kept',
  resumableMs: 'kept',
  presence: 'kept',
  priority: 'kept',
  directed: 'kept',
  interested: 'kept',
  invisible: 'kept',
  pause: 'kept', // its end and its beginning
  vacant: 'learnt again',
  handled: 'kept in stream-management', // as the count that its client knows
  connection: 'forgotten', // it was lost
  lane: 'forgotten', // what had come is done before
  room: 'forgotten',
  isCrowded: 'forgotten', // until it is asked, it may be
  correspondents: 'forgotten',
  ended: 'forgotten',
  sign: 'forgotten', // nothing was heard since the session was restored
  actedAt: 'forgotten',
  signAt: 'forgotten',
  optionalStages: 'learnt again', // from the slots
}
const OF_ACCOUNT: Readonly<Record<string, Fate>> = {
  bare: 'learnt again',
  roster: 'learnt again',
  lastUnavailable: 'learnt again',
  policy: 'learnt again',
  disabled: 'learnt again',
  resources: 'kept', // as sessions
  serial: 'forgotten', // what was under way is done before
  arriving: 'forgotten',
  besideOctets: 'learnt again', // with what it counts
  optionalStages: 'learnt again', // from the slots
}

test('each field of a session and of an account says what becomes of it', async () => {
  const server = await memoryServer()
  const { session } = await server.bind('juliet@example.net', 'balcony')
  assert.deepEqual(Object.keys(session).sort(), Object.keys(OF_SESSION).sort())
  assert.deepEqual(Object.keys(session.account).sort(), Object.keys(OF_ACCOUNT).sort())
})

test('what is kept of a session by itself is in the row that is written', async () => {
  const server = await memoryServer()
  const { session } = await server.bind('juliet@example.net', 'balcony')
  const { owner, resource, until, state } = server.server.keptSessions.row(session, 'for a restart')
  assert.deepEqual([owner, resource, until], ['juliet@example.net', 'balcony', 0])
  const elsewhere = ['jid', 'account', 'pause'] // the address and the end are columns, the beginning has another name
  const kept = Object.keys(OF_SESSION).filter((name) => OF_SESSION[name] === 'kept' && !elsewhere.includes(name))
  const { version, parts, pausedAt, ...written } = JSON.parse(state) as Record<string, unknown>
  assert.equal(typeof version, 'number')
  assert.equal(pausedAt, null)
  assert.deepEqual(parts, {})
  assert.deepEqual(Object.keys(written).sort(), kept.sort())
})
