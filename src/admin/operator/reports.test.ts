import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../../base/log.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { Metrics } from '../../base/metrics.ts'
import type { Facts, Observer } from '../../server/account/facts.ts'
import { jid } from '../../xmpp/jid.ts'
import { Changes } from './changes.ts'
import { Costs } from './costs.ts'
import { History } from './history.ts'
import { Troubles } from './troubles.ts'

test('history: what grows is shown by the second, what goes up and down as it is', () => {
  const clock = new ManualClock()
  const metrics = new Metrics()
  let sessions = 3
  metrics.gauge('porchlight_sessions', 'Sessions', () => sessions)
  const delivered = metrics.counter('porchlight_presences_delivered_total', 'Presences')
  const history = new History(clock, metrics)
  delivered.add(50)
  clock.advance(10_000)
  sessions = 5
  clock.advance(10_000)
  const values = Object.fromEntries(history.report().series.map((s) => [s.name, s.values]))
  assert.deepEqual(values, { porchlight_sessions: [3, 5], porchlight_presences_delivered_total: [5, 0] })
})
test('history keeps an hour', () => {
  const clock = new ManualClock()
  const metrics = new Metrics()
  metrics.gauge('porchlight_sessions', 'Sessions', () => clock.now())
  const history = new History(clock, metrics)
  clock.advance(2 * 3_600_000)
  const [{ values } = { values: [] }] = history.report().series
  assert.equal(values.length, 360)
  assert.equal(values.at(-1), clock.now())
})
test('troubles: the same warning is counted, the newest comes first, information is none', () => {
  const clock = new ManualClock()
  const troubles = new Troubles(silent, clock)
  troubles.warn({ domain: 'b.example' }, 'a link is down')
  clock.advance(1000)
  troubles.error({ err: new Error('disk full') }, 'a write failed')
  clock.advance(1000)
  troubles.warn({ domain: 'c.example' }, 'a link is down')
  troubles.info({}, 'started')
  const [first, second] = troubles.report()
  assert.deepEqual(
    [first?.message, first?.count, first?.fields['domain'], second?.fields['err']],
    ['a link is down', 2, 'c.example', 'disk full'],
  )
  assert.equal(troubles.report().length, 2)
})
test('costs: whoever is really heavy is found among many light ones, in bounded space', () => {
  let told: Observer<'presence-changed'> = () => {}
  const costs = new Costs({
    on: (kind, observer) => {
      if (kind === 'presence-changed') told = observer as typeof told
    },
  })
  const change = (jid: string, watchers: number): void =>
    told({
      session: { account: { bare: { bare: jid }, audience: { length: watchers } } },
    } as unknown as Facts['presence-changed'])
  for (let i = 0; i < 5000; i++) {
    change(`light-${i}@a.example`, 1)
    if (i % 10 === 0) change('heavy@a.example', 100)
  }
  const [first] = costs.report()
  assert.equal(first?.jid, 'heavy@a.example')
  assert.ok(first.deliveries - first.error <= 50_000 && first.deliveries >= 50_000)
  assert.ok(costs.report().length <= 20)
})

test('changes: what happened within a day, and numbers as they were a day ago, or at the start', () => {
  const clock = new ManualClock()
  const metrics = new Metrics()
  let sessions = 3
  metrics.gauge('porchlight_sessions', 'Sessions', () => sessions)
  const logins = metrics.counter('porchlight_logins_total', 'Logins')
  const observers = new Map<string, Observer<'account-created'>>()
  const changes = new Changes(clock, metrics, { on: (kind, observer) => void observers.set(kind, observer as never) })
  const startedAt = clock.now()
  logins.add(5)
  clock.advance(3_600_000)
  observers.get('account-created')!({ jid: jid('juliet@a.example') })
  sessions = 7
  const first = changes.report()
  assert.equal(first.since, startedAt)
  assert.deepEqual(
    first.numbers.map(({ name, before, now }) => [name, before, now]),
    [
      ['porchlight_sessions', 3, 7],
      ['porchlight_logins_total', 0, 5],
    ],
  )
  assert.deepEqual(
    first.events.map(({ kind, about }) => [kind, about]),
    [
      ['account-created', 'juliet@a.example'],
      ['started', ''],
    ],
  )
  clock.advance(24 * 3_600_000)
  const second = changes.report()
  assert.deepEqual([second.events.length, second.since >= clock.now() - 24 * 3_600_000], [1, true])
  assert.deepEqual(
    second.numbers.map(({ before, now }) => [before, now]),
    [
      [3, 7],
      [0, 0],
    ],
  )
  for (let i = 0; i < 300; i++) observers.get('account-created')!({ jid: jid(`user-${i}@a.example`) })
  const many = changes.report()
  assert.deepEqual([many.events.length, many.leftOut], [200, 101])
})
