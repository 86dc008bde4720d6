import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, type Stage, type Verdict } from './pipeline.ts'

type Trail = string[]
const says = (name: string, verdict: Verdict | Promise<Verdict>): Stage<Trail> => {
  return (trail) => {
    trail.push(name)
    return verdict
  }
}

test('a stanza passes the stages until one says that it is done', () => {
  const trail: Trail = []
  assert.equal(run([says('a', 'next'), says('b', 'done'), says('c', 'next')], trail), 'done')
  assert.deepEqual(trail, ['a', 'b'])
  assert.equal(run([says('a', 'next')], trail), 'next')
  assert.equal(run([], trail), 'next')
})

test('a stage that waits makes the rest follow it', async () => {
  const trail: Trail = []
  const { promise, resolve } = Promise.withResolvers<Verdict>()
  const verdict = run([says('a', promise), says('b', 'next'), says('c', Promise.resolve('done')), says('d', 'next')], trail)
  assert.deepEqual(trail, ['a'])
  resolve('next')
  assert.equal(await verdict, 'done')
  assert.deepEqual(trail, ['a', 'b', 'c'])
})

test('what a stage throws comes out, at once or by the promise', async () => {
  const fails: Stage<Trail> = () => {
    throw new Error('refused')
  }
  assert.throws(() => run([fails], []), /refused/)
  await assert.rejects(Promise.resolve(run([says('a', Promise.resolve('next')), fails], [])), /refused/)
})
