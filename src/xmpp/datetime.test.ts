import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDateTime, parseDateTime } from './datetime.ts'

test('TIME-1: written in UTC, with a fraction only where there is one', () => {
  assert.equal(formatDateTime(Date.UTC(2024, 5, 24, 5, 4, 0)), '2024-06-24T05:04:00Z')
  assert.equal(formatDateTime(Date.UTC(2024, 5, 24, 5, 4, 0, 70)), '2024-06-24T05:04:00.070Z')
})

test('TIME-1: read with fractions of any length and numeric offsets', () => {
  const at = Date.UTC(1969, 6, 21, 2, 56, 15)
  assert.equal(parseDateTime('1969-07-21T02:56:15Z'), at) // the example of XEP-0082
  assert.equal(parseDateTime('1969-07-20T21:56:15-05:00'), at)
  assert.equal(parseDateTime('1969-07-21T08:26:15+05:30'), at)
  assert.equal(parseDateTime('1969-07-21T02:56:15.5Z'), at + 500)
  assert.equal(parseDateTime('1969-07-21T02:56:15.123456Z'), at + 123)
  assert.equal(parseDateTime('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29))
})

test('TIME-1: what is no DateTime is refused, one without a zone among them', () => {
  const wrong = [
    '',
    '2024-06-24',
    '2024-06-24T05:04:00',
    '2024-06-24 05:04:00Z',
    '20240624T05:04:00',
    '2024-06-24T05:04Z',
    '2024-6-24T05:04:00Z',
  ]
  wrong.push(
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-06-31T00:00:00Z',
    '2024-06-24T24:00:00Z',
  )
  wrong.push(
    '2024-06-24T05:60:00Z',
    '2024-06-24T05:04:61Z',
    '2024-06-24T05:04:00+24:00',
    '2024-06-24T05:04:00+0530',
    ' 2024-06-24T05:04:00Z',
  )
  for (const text of wrong) assert.equal(parseDateTime(text), null, text)
})

test('Every moment is read back as it was written', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11, 31) }),
      (at) => parseDateTime(formatDateTime(at)) === at,
    ),
  )
})
