/** What a message says of an earlier one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el } from '../xml/element.ts'
import { assertGrowsAlong } from '../../test/support/growth.ts'
import { Payload } from './packet.ts'
import { FALLBACK, REPLY, withoutReplyFallback } from './relations.ts'

type Range = readonly [start: number | undefined, end: number | undefined]
const marking = (ranges: readonly Range[]): Payload => {
  const number = (n: number | undefined) => (n === undefined ? undefined : String(n))
  const parts = ranges.map(([start, end]) => el('body', FALLBACK, { start: number(start), end: number(end) }))
  return Payload.of(el('fallback', FALLBACK, { for: REPLY }, ...parts))
}

test('XEP-0428: what stands for clients that do not know replies is left out, wherever it is', () => {
  for (const [ranges, left] of [
    [[], '🐢abcdef'],
    [[[undefined, undefined]], ''],
    [[[0, 1]], 'abcdef'],
    [[[2, undefined]], '🐢a'],
    [
      [
        [5, 7],
        [1, 3],
      ],
      '🐢cd',
    ],
    [
      [
        [1, 6],
        [2, 3],
      ],
      '🐢f',
    ],
    [[[4, 2]], '🐢abcdef'],
    [
      [
        [-3, 1],
        [90, 99],
      ],
      'abcdef',
    ],
  ] as const)
    assert.equal(withoutReplyFallback(marking(ranges), '🐢abcdef'), left, JSON.stringify(ranges))
})

test('XEP-0428: ranges in any order leave out each character that one of them holds', () => {
  const place = fc.integer({ min: -2, max: 12 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(place, place), { maxLength: 6 }),
      fc.string({ unit: 'grapheme', maxLength: 10 }),
      (ranges, body) => {
        const left = [...body].filter((_, i) => !ranges.some(([start, end]) => i >= start && i < end))
        assert.equal(withoutReplyFallback(marking(ranges), body), left.join(''))
      },
    ),
  )
})

test('XEP-0428: many ranges in a long text do not stop the server', () => {
  const message = (n: number) => {
    const payload = marking(Array.from({ length: n }, () => [0, 0] as const))
    void payload.elements
    return { payload, body: 'x'.repeat(10 * n) }
  }
  const read = ({ payload, body }: ReturnType<typeof message>): void => assert.equal(withoutReplyFallback(payload, body), body)
  // Each range for each character would be 256 times as much
  assertGrowsAlong('ranges', read, message(250), message(4000))
})
