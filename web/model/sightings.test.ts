import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PresenceView } from './presence.ts'
import {
  daysUpTo,
  knownNow,
  merged,
  observed,
  read,
  sharesBy,
  sharesByAge,
  sightingOf,
  withShares,
  within,
  withSpans,
  written,
  KEPT_MS,
  SIGHTS,
  type Span,
} from './sightings.ts'

const DAY = 86_400_000
const T = 1_700_000_000_000
const NOTICE = { show: 'available', status: null, priority: 0, idleSince: null, annotations: [] } as const
const GONE: PresenceView = { resources: [], heard: true, lastSeen: new Date(T - 5000), farewell: null }
const here = (saidAt: number | null, more: object = {}): PresenceView => ({
  ...GONE,
  resources: [
    {
      ...{ resource: 'a', show: 'available', status: null, priority: 0, idleSince: null, doubts: [] },
      saidAt: saidAt === null ? null : new Date(saidAt),
      ...more,
    },
  ],
})

test('what is known now, and since when: only what was heard, and the exact time only of those who share it', () => {
  const doubts = [{ from: 's', doubt: 'connection-paused', since: new Date(T - 9) }] as const
  assert.deepEqual(
    [
      knownNow({ ...GONE, heard: false }, true, T),
      knownNow(GONE, true, T),
      knownNow(GONE, null, T),
      knownNow(here(T - 7), null, T),
      knownNow(here(null, { show: 'xa' }), null, T),
      knownNow(here(T - 20, { doubts }), null, T),
    ],
    [
      null,
      { sight: 'gone', since: T - 5000 },
      { sight: 'gone', since: T },
      { sight: 'here', since: T - 7 },
      { sight: 'away', since: T },
      { sight: 'doubt', since: T - 9 },
    ],
  )
})

test('spans grow while nothing changes; a gap is closed only by what is known to have been so all the time', () => {
  let spans = observed([], { sight: 'here', since: T - 10 }, T)
  assert.deepEqual(spans, [{ from: T - 10, to: T, sight: 'here' }])
  spans = observed(spans, { sight: 'here', since: T - 10 }, T + 30)
  assert.deepEqual(spans, [{ from: T - 10, to: T + 30, sight: 'here' }])
  spans = observed(spans, { sight: 'here', since: T + 50 }, T + 60)
  assert.equal(spans.length, 2, 'what was between is not known')
  spans = observed(spans, { sight: 'gone', since: T + 40 }, T + 70)
  assert.deepEqual(spans.at(-1), { from: T + 60, to: T + 70, sight: 'gone' }, 'what was seen stands')
  assert.deepEqual(observed(spans, { sight: 'away', since: 0 }, T + KEPT_MS + 100), [
    { from: T + 100, to: T + KEPT_MS + 100, sight: 'away' },
  ])
})

test('whether somebody shares when they were last here is said only about those who are not here', () => {
  const said = (resource: string, available: boolean, at: Date | null) => sharesBy({ ...NOTICE, resource, available, at })
  assert.deepEqual(
    [
      said('', false, new Date(T)),
      said('', false, new Date(T - (T % DAY))),
      said('', false, null),
      said('phone', false, null),
      said('', true, new Date(T)),
    ],
    [true, false, false, null, null],
  )
  const midnight = T - (T % DAY)
  assert.deepEqual([sharesByAge(3, T), sharesByAge((T - midnight) / 1000, T), sharesByAge(null, T)], [true, false, false])
})

test('somebody who does not share it leaves nothing behind', () => {
  const seen = withSpans(new Map(), [['a@b', { sight: 'here', since: T }]], T + 1)
  assert.equal(sightingOf(seen, 'a@b').spans.length, 1)
  const hidden = withShares(seen, 'a@b', false)
  assert.deepEqual(sightingOf(withSpans(hidden, [['a@b', { sight: 'here', since: T }]], T + 2), 'a@b'), {
    spans: [],
    shares: false,
  })
  assert.equal(sightingOf(withShares(seen, 'a@b', true), 'a@b').spans.length, 1)
})

const spansArbitrary = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), fc.constantFrom(...SIGHTS)), {
    maxLength: 20,
  })
  .map((parts) => {
    let at = Math.floor(T / 1000) * 1000
    return parts.map(([gap, length, sight]): Span => {
      const from = at + gap * 1000
      at = from + length * 1000
      return { from, to: at, sight }
    })
  })
test('property: two pages that saw the same agree; together no two spans overlap, and nothing that was known is lost', () => {
  fc.assert(
    fc.property(spansArbitrary, spansArbitrary, (a, b) => {
      const both = merged(a, b)
      for (const [i, span] of both.entries()) assert.ok(i === 0 || both[i - 1]!.to <= span.from)
      const covers = (spans: readonly Span[], at: number): boolean => spans.some(({ from, to }) => from <= at && at < to)
      for (const { from, to } of [...a, ...b]) for (const at of [from, (from + to) / 2, to - 1]) assert.ok(covers(both, at))
    }),
  )
  fc.assert(fc.property(spansArbitrary, (a) => assert.deepEqual(merged(merged(a, a), a), merged(a, []))))
})
test('property: what is written is read again; what is too long loses the oldest days first', () => {
  fc.assert(
    fc.property(spansArbitrary, fc.constantFrom(true, false, null), (spans, shares) => {
      const all = new Map([['a@b', { spans, shares }]])
      assert.deepEqual(read(written(all, T, 1_000_000)), all)
    }),
  )
  const days = Array.from({ length: 7 }, (_, i): Span => ({
    from: T - (7 - i) * DAY,
    to: T - (7 - i) * DAY + 1000,
    sight: 'here',
  }))
  const all = new Map([['a@b', { spans: days, shares: true }]])
  const short = read(written(all, T, written(all, T, 1_000_000).length - 1))
  assert.deepEqual(sightingOf(short, 'a@b').spans, days.slice(3))
  for (const text of ['', 'null', '[1]', '[["a",true,[[1,2,9]]]]']) assert.equal(sightingOf(read(text), 'a').spans.length, 0)
})

test('a range of time cuts spans at its ends; days begin at midnight of the clock on the wall', () => {
  const spans: readonly Span[] = [{ from: 10, to: 20, sight: 'here' }]
  assert.deepEqual(within(spans, 15, 17), [{ from: 15, to: 17, sight: 'here' }])
  assert.deepEqual(within(spans, 20, 30), [])
  const days = daysUpTo(new Date(2026, 2, 1, 13, 5), 3)
  assert.deepEqual(
    days.map((day) => [day.getMonth(), day.getDate(), day.getHours()]),
    [
      [1, 27, 0],
      [1, 28, 0],
      [2, 1, 0],
    ],
  )
})
