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
  pause: 'kept', // its end
  vacant: 'learnt again',
  handled: 'kept in stream-management', // as the count that its client knows
  connection: 'forgotten', // it was lost
  lane: 'forgotten', // what had come is done before
  room: 'forgotten',
  correspondents: 'forgotten',
  ended: 'forgotten',
  sign: 'forgotten', // nothing was heard since the session was restored
  signAt: 'forgotten',
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
  const elsewhere = ['jid', 'account', 'pause'] // the address and the end are columns
  const kept = Object.keys(OF_SESSION).filter((name) => OF_SESSION[name] === 'kept' && !elsewhere.includes(name))
  const { version, parts, ...written } = JSON.parse(state) as Record<string, unknown>
  assert.equal(typeof version, 'number')
  assert.deepEqual(parts, {})
  assert.deepEqual(Object.keys(written).sort(), kept.sort())
})
