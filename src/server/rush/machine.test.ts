import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Surge } from './machine.ts'

/** So many begin, evenly spread over each of some seconds. @returns in how many of the seconds there was a rush */
function seconds(surge: Surge, perSecond: number, sessions: number, n: number): number {
  let on = 0
  for (let second = 0; second < n; second++) {
    for (let i = 0; i < perSecond; i++) surge.note(1000 * second + (1000 * i) / perSecond)
    if (surge.isOn(1000 * second + 999, sessions)) on += 1
  }
  return on
}

test('a rush: more than the least number within a second, where few are there', () => {
  assert.equal(seconds(new Surge(50), 50, 1000, 5), 0)
  assert.equal(seconds(new Surge(50), 51, 1000, 5), 5)
})

test('what a large server has every morning is no rush', () => {
  assert.equal(seconds(new Surge(50), 300, 100_000, 60), 0)
  assert.equal(seconds(new Surge(50), 1001, 100_000, 60), 60)
})

test('a rush ends two seconds after the last session of it at the latest', () => {
  const surge = new Surge(2)
  for (let i = 0; i < 3; i++) surge.note(10_000)
  assert.ok(surge.isOn(11_999, 3))
  assert.ok(!surge.isOn(12_000, 3))
  surge.note(12_500)
  assert.ok(!surge.isOn(12_500, 4))
})
