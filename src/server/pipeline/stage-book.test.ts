import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, type Stage } from './pipeline.ts'
import { StageBook } from './stage-book.ts'

const ORDER = ['first', 'second', 'third', 'last']

/** What a stanza passes: each stage writes its name down. */
type Trail = string[]
const leaving = (name: string): Stage<Trail> => {
  return (trail) => {
    trail.push(name)
    return 'next'
  }
}
function bookOf(...names: readonly string[]): StageBook<Trail> {
  const book = new StageBook<Trail>(ORDER)
  for (const name of names) book.install(name, leaving(name))
  return book
}
function trailOf(stages: readonly Stage<Trail>[]): Trail {
  const trail: Trail = []
  void run(stages, trail)
  return trail
}

test('stages run in the order of the list, whatever the order of installing', () => {
  const book = bookOf('last', 'first', 'third')
  book.freeze()
  assert.deepEqual(book.names, ['first', 'third', 'last'])
  assert.deepEqual(trailOf(book.stages), ['first', 'third', 'last'])
})

test('the last stage of all comes behind those that are installed, and has no name', () => {
  const book = bookOf('first')
  book.freeze(leaving('the end'))
  assert.deepEqual(book.names, ['first'])
  assert.deepEqual(trailOf(book.stages), ['first', 'the end'])
})

test('after a stage come those behind it', () => {
  const book = bookOf('first', 'third', 'last')
  book.freeze()
  const tails = ['first', 'third', 'last'].map((name) => trailOf(book.after(name)))
  assert.deepEqual(tails, [['third', 'last'], ['last'], []])
})

test('after a stage that is not installed comes nothing: that is a mistake', () => {
  const book = bookOf('first', 'last')
  book.freeze()
  assert.throws(() => book.after('second'), /No stage "second" is installed/)
  assert.throws(() => book.after('unknown'), /No stage "unknown" is installed/)
})

test('a stage needs a place in the order, which nobody else has taken, before the start', () => {
  const book = bookOf('first')
  assert.throws(() => book.install('fifth', leaving('fifth')), /no place for a stage "fifth"/)
  assert.throws(() => book.install('first', leaving('first')), /Two features want to be the stage "first"/)
  assert.throws(() => book.stages, /not frozen/)
  book.freeze()
  assert.throws(() => book.install('second', leaving('second')), /comes too late/)
})
