/** Snapshots of sessions: what version they bear, and that each slot says what becomes of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlotBook } from '../account/slots.ts'
import type { Session } from '../account/session.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { features } from '../../xep/catalogue.ts'
import { defineFeature } from '../feature.ts'
import { section } from '../../base/settings.ts'
import { Snapshots, type KeptParts } from './snapshots.ts'
import { readWritten } from './written.ts'

const SESSION = {} as Session

/** Remembers what it was given. */
function mood(version: number, snapshots: Snapshots, value: string | null = 'merry'): unknown[] {
  const given: unknown[] = []
  snapshots.session<string>({
    name: 'mood',
    version,
    save: () => value,
    load: (_, kept, of) => void given.push([kept, of]),
  })
  return given
}

test('What is kept bears the version of its shape, and is given back with it', () => {
  const earlier = new Snapshots()
  mood(1, earlier)
  const parts = earlier.save(SESSION, 'for a restart')
  assert.deepEqual(parts, { mood: [1, 'merry'] })
  const later = new Snapshots()
  const given = mood(2, later)
  later.load(SESSION, parts, [])
  assert.deepEqual(given, [['merry', 1]])
})

test('What a later version has kept counts as nothing, and so does what nobody kept', () => {
  const snapshots = new Snapshots()
  const given = mood(1, snapshots, null)
  assert.deepEqual(snapshots.save(SESSION, 'while running'), {})
  const later: KeptParts = { mood: [2, { is: 'merry' }] }
  for (const parts of [later, {}]) snapshots.load(SESSION, parts, [])
  assert.deepEqual(given, [
    [null, 1],
    [null, 1],
  ])
})

test('A session that an earlier Porchlight wrote without versions is of the first ones; a later one is refused', () => {
  const { parts } = readWritten(JSON.stringify({ boundAt: 1, parts: { mood: 'merry' } }))
  assert.deepEqual(parts, { mood: [1, 'merry'] })
  assert.throws(() => readWritten(JSON.stringify({ version: 99 })), /later Porchlight/)
})

test('A slot that is declared as kept is kept by a snapshot', () => {
  const book = new SlotBook<Session>()
  const snapshots = new Snapshots()
  book.declare('pace', 'forgotten', () => 0)
  book.declare('list', 'learnt again', () => 0)
  snapshots.check([], book)
  book.declare('mood', 'kept', () => '')
  assert.throws(() => snapshots.check([], book), /"mood" is declared as kept in "mood"/)
  mood(1, snapshots)
  snapshots.check([], book)
  book.declare('colour', 'kept in wardrobe', () => '')
  assert.throws(() => snapshots.check([], book), /"colour" is declared as kept in "wardrobe"/)
})

test('Each slot of every extension says what becomes of it in another run, and what is said to be kept is', async () => {
  const server = await memoryServer({ features }) // it would not start
  const { sessions, accounts } = server.host
  const fates = ['kept', 'learnt again', 'forgotten']
  for (const { name, fate } of [...sessions.slots.all, ...accounts.slots.all])
    assert(fates.includes(fate) || /^kept in ./.test(fate), `${name}: ${fate}`)
  const forgetful = defineFeature({
    name: 'forgetful',
    specs: [],
    settings: section({}),
    install: (host) => void host.sessionSlot('diary', 'kept', () => ''),
  })
  await assert.rejects(memoryServer({ features: [forgetful] }), /"diary"/)
})
