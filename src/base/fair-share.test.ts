import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FairShare } from './fair-share.ts'

const taken = (share: FairShare, holder: string, times: number): number => {
  let n = 0
  for (let i = 0; i < times; i++) if (share.take(holder)) n += 1
  return n
}

test('whoever wants all gets half, and the next one half of the rest', () => {
  const share = new FairShare(100)
  assert.deepEqual(
    ['a', 'b', 'c', 'a'].map((holder) => taken(share, holder, 1000)),
    [50, 25, 13, 0],
  )
  assert.equal(taken(new FairShare(1), 'a', 9), 1)
  assert.equal(taken(new FairShare(0), 'a', 9), 0)
})

test('however places are taken and given back, there are not too many, and all come back', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 100 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), steps, (places, all) => {
      const share = new FairShare(places)
      const held: string[] = []
      for (const [holder, takes] of all) {
        const i = held.indexOf(holder)
        if (takes && share.take(holder)) held.push(holder)
        else if (!takes && i >= 0) share.giveBack(...(held.splice(i, 1) as [string]))
        assert.equal(share.taken, held.length)
        assert.ok(held.length <= places)
      }
      for (const holder of held) share.giveBack(holder)
      assert.equal(taken(share, 'd', 99), Math.ceil(places / 2))
    }),
  )
})
