import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, type Stage } from './pipeline.ts'
import type { Kind } from '../../xmpp/packet.ts'
import { StageBook, type Paths } from './stage-book.ts'

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
function trailOf(paths: Paths<Trail>, kind: Kind = 'presence', optional = 0): Trail {
  const trail: Trail = []
  void run(paths.of(kind, optional), trail)
  return trail
}

test('stages run in the order of the list, whatever the order of installing', () => {
  const book = bookOf('last', 'first', 'third')
  book.freeze()
  assert.deepEqual(book.names, ['first', 'third', 'last'])
  assert.deepEqual(trailOf(book.paths), ['first', 'third', 'last'])
})

test('the last stage of all comes behind those that are installed, and has no name', () => {
  const book = bookOf('first')
  book.freeze(leaving('the end'))
  assert.deepEqual(book.names, ['first'])
  assert.deepEqual(trailOf(book.paths), ['first', 'the end'])
  assert.deepEqual(trailOf(book.paths.after('first')), ['the end'])
})

test('after a stage come those behind it', () => {
  const book = bookOf('first', 'third', 'last')
  book.freeze()
  const tails = ['first', 'third', 'last'].map((name) => trailOf(book.paths.after(name)))
  assert.deepEqual(tails, [['third', 'last'], ['last'], []])
})

test('a stanza of another kind does not pass a stage', () => {
  const book = new StageBook<Trail>(ORDER)
  book.install('first', leaving('first'), { kinds: ['presence', 'iq'] })
  book.install('third', leaving('third'), { kinds: ['message'] })
  book.install('last', leaving('last'))
  book.freeze()
  assert.deepEqual(trailOf(book.paths, 'presence'), ['first', 'last'])
  assert.deepEqual(trailOf(book.paths, 'message'), ['third', 'last'])
  assert.deepEqual(trailOf(book.paths, 'iq'), ['first', 'last'])
  assert.deepEqual(trailOf(book.paths.after('first'), 'iq'), ['last'])
})

interface Owner {
  optionalStages: number
  readonly likes: Set<string>
}
test('those for whom a stage is not do not pass it, until they are looked at again', () => {
  const book = new StageBook<Trail, Owner>(ORDER)
  const look = ['first', 'third'].map((name) => book.install(name, leaving(name), { isFor: ({ likes }) => likes.has(name) }))
  book.install('last', leaving('last'))
  book.freeze()
  const owner: Owner = { optionalStages: 0, likes: new Set(['third']) }
  const trail = (): Trail => trailOf(book.paths, 'message', owner.optionalStages)
  book.admit(owner)
  assert.deepEqual(trail(), ['third', 'last'])
  owner.likes.add('first')
  assert.deepEqual(trail(), ['third', 'last'])
  look[0]!(owner)
  assert.deepEqual(trail(), ['first', 'third', 'last'])
  assert.deepEqual(trailOf(book.paths.after('first'), 'message', owner.optionalStages), ['third', 'last'])
  owner.likes.clear()
  for (const again of look) again(owner)
  assert.deepEqual(trail(), ['last'])
})

test('after a stage that is not installed comes nothing: that is a mistake', () => {
  const book = bookOf('first', 'last')
  book.freeze()
  assert.throws(() => book.paths.after('second'), /No stage "second" is installed/)
  assert.throws(() => book.paths.after('unknown'), /No stage "unknown" is installed/)
})

test('a stage needs a place in the order, which nobody else has taken, before the start', () => {
  const book = bookOf('first')
  assert.throws(() => book.install('fifth', leaving('fifth')), /no place for a stage "fifth"/)
  assert.throws(() => book.install('first', leaving('first')), /Two features want to be the stage "first"/)
  assert.throws(() => book.paths, /not frozen/)
  book.freeze()
  assert.throws(() => book.install('second', leaving('second')), /comes too late/)
})
