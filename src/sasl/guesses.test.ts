import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { Metrics } from '../base/metrics.ts'
import { Guesses, WAIT_MAX } from './guesses.ts'

const ROMEO = 'romeo@example.net'
const HOME = '192.0.2.1'
const ELSEWHERE = '198.51.100.1'

function scene(limits = { perAddress: 10, perAccount: 30 }) {
  const clock = new ManualClock()
  const said: object[] = []
  const log = { ...silent, warn: (fields: object) => void said.push(fields) }
  const guesses = new Guesses(limits, clock, log, new Metrics())
  /** As somebody who tries as fast as they can. @returns how many attempts are heard in so many seconds */
  const guess = (account: (n: number) => string, address: (n: number) => string, seconds: number): number => {
    let heard = 0
    for (let n = 0; n < seconds * 50; n++) {
      const wait = guesses.wait(account(n), address(n))
      if (wait === 0) {
        guesses.failed(account(n), address(n))
        heard += 1
      }
      clock.advance(20)
    }
    return heard
  }
  return { clock, guesses, said, guess }
}

test('3000 guesses a minute on one account become ten a minute', () => {
  const { guess, said } = scene()
  assert.ok(
    guess(
      () => ROMEO,
      () => ELSEWHERE,
      60,
    ) <= 21,
  ) // ten at once
  assert.ok(
    guess(
      () => ROMEO,
      () => ELSEWHERE,
      60,
    ) <= 11,
  )
  assert.deepEqual(said, [{ address: ELSEWHERE }])
})

test('many accounts from one address, or from the addresses of one /64, are no way round', () => {
  const { guess } = scene()
  assert.ok(
    guess(
      (n) => `${n}@example.net`,
      (n) => `2001:db8::${n.toString(16)}`,
      60,
    ) <= 21,
  )
})

test('many addresses at one account are slowed down together', () => {
  const { guess, said } = scene()
  assert.ok(
    guess(
      () => ROMEO,
      (n) => `192.0.2.${n % 100}`,
      180,
    ) <=
      100 + 30 + 90,
  ) // each once, thirty at once, thirty a minute
  assert.deepEqual(said[0], { account: ROMEO })
})

test('whoever has logged in from there before is not kept waiting by what others do, even from the same address', () => {
  const { guess, guesses } = scene()
  guesses.succeeded(ROMEO, HOME)
  guess(
    () => ROMEO,
    (n) => `198.51.100.${n % 50}`,
    60,
  )
  guess(
    (n) => `${n}@example.net`,
    () => HOME,
    60,
  )
  assert.equal(guesses.wait(ROMEO, HOME), 0)
})

test('whoever knows the password gets in from a new address as well, after a moment, however many guess', () => {
  const { guess, guesses } = scene()
  guess(
    () => ROMEO,
    (n) => `198.51.100.${n % 50}`,
    300,
  )
  const wait = guesses.wait(ROMEO, HOME)
  assert.ok(wait !== null && wait <= 2000)
})

test('a place from which the owner has logged in may not guess without end either', () => {
  const { guess, guesses } = scene()
  guesses.succeeded(ROMEO, HOME)
  assert.ok(
    guess(
      () => ROMEO,
      () => HOME,
      60,
    ) <= 21,
  )
})

test('a thousand failures at one moment are forgotten in three minutes', () => {
  const { clock, guesses } = scene()
  for (let n = 0; n < 1000; n++) guesses.failed(ROMEO, ELSEWHERE)
  assert.equal(guesses.wait(ROMEO, ELSEWHERE), null)
  clock.advance(190_000)
  assert.equal(guesses.wait(ROMEO, ELSEWHERE), 0)
})

test('an attempt that has to wait waits no longer than ten seconds', () => {
  const { guesses } = scene()
  for (let n = 0; n < 11; n++) guesses.failed(ROMEO, ELSEWHERE)
  const wait = guesses.wait(ROMEO, ELSEWHERE)!
  assert.ok(wait > 0 && wait <= WAIT_MAX)
})

test('names that do not exist are slowed down like those that do', () => {
  const { guesses } = scene()
  for (let n = 0; n < 11; n++) guesses.failed(ROMEO, ELSEWHERE)
  for (let n = 0; n < 11; n++) guesses.failed('nobody@example.net', '203.0.113.1')
  assert.equal(guesses.wait(ROMEO, ELSEWHERE), guesses.wait('nobody@example.net', '203.0.113.1'))
})

test('the log has a line for each failure, until they are too many', () => {
  const { guesses } = scene()
  const lines = Array.from({ length: 100 }, () => guesses.failed(null, ELSEWHERE)).filter((isRare) => isRare)
  assert.equal(lines.length, 11)
})

test('without limits nothing is slowed down', () => {
  const { guess } = scene({ perAddress: 0, perAccount: 0 })
  assert.equal(
    guess(
      () => ROMEO,
      () => ELSEWHERE,
      10,
    ),
    500,
  )
})
