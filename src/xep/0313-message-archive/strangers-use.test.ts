import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StrangersUse, type Amount } from './strangers-use.ts'

const OWNER = 'romeo@example.net'
const MAX = { messages: 8, octets: 4000 }
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('MAM-41: nothing is known for sure before the database has said what is there, and after it could not', async () => {
  let answer = (): Promise<Amount> => Promise.reject(new Error('no disk'))
  let asked = 0
  const use = new StrangersUse(MAX, () => ((asked += 1), answer()))
  assert.equal(use.takes(OWNER, 100), false)
  await settled()
  answer = () => Promise.resolve({ messages: 2, octets: 300 })
  assert.deepEqual([use.takes(OWNER, 100), use.takes(OWNER, 100)], [false, false])
  await settled()
  // Two, and two that came meanwhile, are more than half
  assert.equal(use.takes(OWNER, 100), false)
  assert.equal(asked, 2)
  use.forget(OWNER)
  assert.equal(use.takes(OWNER, 100), false)
  await settled()
  assert.deepEqual([use.takes(OWNER, 100), use.takes(OWNER, 100)], [true, false])
  assert.equal(asked, 3)
})

test('MAM-41, property: what surely fits has room by the rule, of whomever it is', async () => {
  const message = fc.record({ from: fc.constantFrom('a', 'b', 'c'), octets: fc.integer({ min: 1, max: 1500 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 12 }), fc.array(message, { maxLength: 12 }), async (before, now) => {
      const sum = (list: readonly { octets: number }[]): number => list.reduce((all, { octets }) => all + octets, 0)
      const stored = [...before]
      const use = new StrangersUse(MAX, () => Promise.resolve({ messages: before.length, octets: sum(before) }))
      use.takes(OWNER, 0)
      await settled()
      for (const one of now) {
        const own = stored.filter(({ from }) => from === one.from)
        const hasRoom = stored.length + own.length < MAX.messages && sum(stored) + sum(own) + one.octets <= MAX.octets
        if (use.takes(OWNER, one.octets)) assert.ok(hasRoom)
        if (hasRoom) stored.push(one)
      }
    }),
  )
})
