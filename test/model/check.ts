/** One seed of the model as a test: it passes, or tells the smallest script that fails. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { play, shrunk, told } from './play.ts'
import { scriptOf } from './script.ts'
import { scriptFrom } from './writing.ts'

/** `PORCHLIGHT_SEED=7` plays others. */
const BASE = Number(process.env['PORCHLIGHT_SEED'] ?? 0) * 100_000

export function worlds(seeds: readonly number[]): void {
  for (const seed of seeds) {
    test(`what clients believe is so, or said to be in doubt, whatever happens: seed ${BASE + seed}`, async () => {
      const script = scriptOf(BASE + seed)
      const { violations } = await play(script)
      if (violations.length === 0) return
      const small = await shrunk(script, violations[0]!.kind)
      assert.fail(told(small, await play(small)))
    })
  }
}

/** A script that failed once, under the name of what was wrong. */
export function found(name: string, text: string): void {
  test(name, async () => {
    const script = scriptFrom(text)
    const outcome = await play(script)
    assert.equal(outcome.violations.length, 0, told(script, outcome))
  })
}
