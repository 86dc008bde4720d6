import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/manual-clock.ts'
import { ATTEMPT_DELAY, race, type Attempt } from './racing.ts'

/** Attempts that a test ends as it likes, and what was heard of them. */
class Track {
  readonly clock = new ManualClock(0)
  readonly heard: string[] = []
  readonly #runners = new Map<string, { win: () => void; lose: (why: Error) => void }>()

  start(...names: readonly string[]): Promise<string> {
    return race(
      names.map((name) => () => this.#attempt(name)),
      this.clock,
    )
  }
  async wins(name: string): Promise<void> {
    this.#runners.get(name)!.win()
    await settled()
  }
  async loses(name: string): Promise<void> {
    this.#runners.get(name)!.lose(new Error(name))
    await settled()
  }
  #attempt(name: string): Attempt<string> {
    this.heard.push(`${name} starts`)
    const done = new Promise<string>((resolve, lose) => this.#runners.set(name, { win: () => resolve(name), lose }))
    return { done, cancel: () => void this.heard.push(`${name} is given up`) }
  }
}
const settled = (): Promise<void> => new Promise((next) => void setImmediate(next))

test('RFC 8305 5: the next attempt starts when the one before has taken a while, and the first to succeed wins', async () => {
  const track = new Track()
  const winner = track.start('one', 'two', 'three')
  track.clock.advance(ATTEMPT_DELAY - 1)
  assert.deepEqual(track.heard, ['one starts'])
  track.clock.advance(1)
  assert.deepEqual(track.heard, ['one starts', 'two starts'])
  await track.wins('one')
  assert.equal(await winner, 'one')
  track.clock.advance(10 * ATTEMPT_DELAY)
  assert.deepEqual(track.heard, ['one starts', 'two starts', 'two is given up'])
})

test('RFC 8305 5: a failure starts the next one at once, and the wait begins anew', async () => {
  const track = new Track()
  const winner = track.start('one', 'two', 'three')
  track.clock.advance(ATTEMPT_DELAY - 10)
  await track.loses('one')
  assert.deepEqual(track.heard, ['one starts', 'two starts'])
  track.clock.advance(ATTEMPT_DELAY - 10)
  assert.equal(track.heard.length, 2)
  track.clock.advance(10)
  assert.deepEqual(track.heard.at(-1), 'three starts')
  await track.wins('three')
  assert.equal(await winner, 'three')
  assert.deepEqual(track.heard.slice(3), ['two is given up'])
})

test('when all have failed, the last failure says why', async () => {
  const track = new Track()
  const outcome = assert.rejects(track.start('one', 'two'), { message: 'one' })
  track.clock.advance(ATTEMPT_DELAY)
  await track.loses('two')
  await track.loses('one')
  await outcome
})

test('what comes of an attempt after another has won is nobody’s business', async () => {
  const track = new Track()
  const winner = track.start('one', 'two')
  track.clock.advance(ATTEMPT_DELAY)
  await track.wins('two')
  await track.loses('one')
  assert.equal(await winner, 'two')
})
