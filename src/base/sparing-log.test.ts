import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from './log.ts'
import { ManualClock } from './manual-clock.ts'
import { SparingLog } from './sparing-log.ts'

test('a thousand unknown domains that a user writes to are twenty lines, and one that says how many were left out', () => {
  const clock = new ManualClock()
  const lines: object[] = []
  const log = new SparingLog({ ...silent, info: (fields, message) => void lines.push({ ...fields, message }) }, clock)
  for (let n = 0; n < 1000; n++) log.info({ to: `${n}.example` }, 'no stream')
  assert.equal(lines.length, 20)
  log.info({}, 'something else')
  assert.equal(lines.length, 21)
  clock.advance(60_000)
  log.info({ to: 'last.example' }, 'no stream')
  assert.deepEqual(lines.at(-1), { to: 'last.example', leftOut: 980, message: 'no stream' })
})

test('errors are all written', () => {
  let errors = 0
  const log = new SparingLog({ ...silent, error: () => void (errors += 1) }, new ManualClock())
  for (let n = 0; n < 100; n++) log.error({}, 'failed')
  assert.equal(errors, 100)
})
