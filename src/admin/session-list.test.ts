import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandError } from './command.ts'
import { sessionPage, SESSION_ORDERS, type SessionQuery, type SessionRow } from './session-list.ts'

const row = (jid: string, more: Partial<SessionRow> = {}): SessionRow => ({
  jid,
  boundAt: 0,
  pausedAt: null,
  state: 'connected',
  transport: 'tcp',
  encryption: null,
  remote: null,
  mechanism: null,
  heardAt: null,
  available: true,
  waiting: 0,
  unacknowledged: 0,
  ...more,
})
const rows = [
  row('d@x/1', { boundAt: 30, unacknowledged: 9 }),
  row('b@x/1', { boundAt: 20, available: false, waiting: 4 }),
  row('c@x/Phone', { boundAt: 20, state: 'paused', unacknowledged: 2 }),
  row('a@x/1', { boundAt: 40 }),
]
const query: SessionQuery = { find: '', standing: null, order: 'address', after: '', size: 10 }
const named = (more: Partial<SessionQuery>): string =>
  sessionPage(rows, { ...query, ...more })
    .sessions.map(({ jid }) => jid[0])
    .join('')

test('each order; of equals by address', () => {
  const orders = SESSION_ORDERS.map((order) => [order, named({ order })])
  assert.deepEqual(Object.fromEntries(orders), {
    address: 'abcd',
    newest: 'adbc',
    oldest: 'bcda',
    waiting: 'bacd',
    unacknowledged: 'dcab',
    troubles: 'cdba',
  })
})
test('a part of the address in whichever case, and a state; the counts are of all states', () => {
  assert.equal(named({ find: 'PHONE' }), 'c')
  assert.equal(named({ standing: 'available' }), 'ad')
  assert.equal(named({ standing: 'connected' }), 'b')
  assert.deepEqual(sessionPage(rows, { ...query, standing: 'paused', size: 1 }).counts, { available: 2, connected: 1, paused: 1 })
})
test('in every order the pages together are all rows, also when the last row of a page ends meanwhile', () => {
  for (const order of SESSION_ORDERS) {
    const whole = named({ order })
    let [seen, left] = ['', [...rows]]
    for (let after: string | null = ''; after !== null;) {
      const { sessions, next } = sessionPage(left, { ...query, order, after, size: 1 })
      seen += sessions[0]!.jid[0]
      left = left.filter(({ jid }) => jid !== sessions[0]!.jid)
      after = next
    }
    assert.equal(seen, whole, order)
  }
})
test('a page that begins nowhere is refused', () => {
  for (const after of ['x', '1', '1 ', 'x a@x/1'])
    assert.throws(() => sessionPage(rows, { ...query, order: 'newest', after }), CommandError)
})
