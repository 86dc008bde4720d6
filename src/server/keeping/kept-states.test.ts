/** What accounts and services know, over a restart and a crash. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FactBoard } from '../account/facts.ts'
import type { Accounts } from '../account/accounts.ts'
import { silent } from '../../base/log.ts'
import type { KeptName, KeptState, KeptStateStore } from '../ports.ts'
import { KeptStates, type Changed } from './kept-states.ts'
import type { Occasion } from './snapshots.ts'

/** Keeps rows as a table does; `breaks` makes the next write fail. */
class Table implements KeptStateStore {
  readonly rows = new Map<string, KeptState>()
  breaks = false

  async replaceAll(states: readonly KeptState[]): Promise<void> {
    this.rows.clear()
    await this.update(states, [])
  }
  async update(puts: readonly KeptState[], drops: readonly KeptName[]): Promise<void> {
    if (this.breaks) {
      this.breaks = false
      throw new Error('The disk is full')
    }
    for (const put of puts) this.rows.set(`${put.holder} ${put.key}`, put)
    for (const { holder, key } of drops) this.rows.delete(`${holder} ${key}`)
  }
  async all(): Promise<readonly KeptState[]> {
    return [...this.rows.values()]
  }
}

/** One run of a server: its halls are a service, each with the names of those who are in it. */
class Run {
  readonly halls = new Map<string, readonly string[]>()
  readonly loaded: (readonly [thing: string, version: number, when: Occasion])[] = []
  readonly errors: object[] = []
  readonly states: KeptStates
  readonly #changed: Changed<string>

  constructor(store: Table, version = 1, isSavedWhileRunning = true) {
    const log = { ...silent, error: (fields: object) => void this.errors.push(fields) }
    const facts = new FactBoard((error) => assert.fail(String(error)))
    const accounts = { get: () => undefined } as unknown as Accounts
    this.states = new KeptStates({ log, facts, accounts, sessions: { all: () => [] }, store, isSavedWhileRunning })
    this.#changed = this.states.service<readonly string[]>({
      name: 'halls',
      version,
      things: () => this.halls.keys(),
      save: (hall) => this.halls.get(hall) ?? null,
      load: (hall, names, of, when) => {
        if (hall === 'broken') throw new Error('It cannot be read')
        this.halls.set(hall, names)
        this.loaded.push([hall, of, when])
      },
    })
  }
  set(hall: string, ...names: readonly string[]): void {
    if (names.length === 0) this.halls.delete(hall)
    else this.halls.set(hall, names)
    this.#changed(hall)
  }
  async restart(): Promise<void> {
    await this.states.replaceAll(this.states.all())
  }
}
async function begun(...of: ConstructorParameters<typeof Run>): Promise<Run> {
  const run = new Run(...of)
  await run.states.load()
  run.states.restored()
  return run
}
const LOTS = 1_000_000

test('a restart keeps all that a service knows', async () => {
  const table = new Table()
  const one = new Run(table)
  one.halls.set('great', ['alice', 'bob']) // nobody said that it has changed
  await one.restart()
  const next = await begun(table)
  assert.deepEqual([...next.halls], [['great', ['alice', 'bob']]])
  assert.deepEqual(next.loaded, [['great', 1, 'for a restart']])
})

test('a crash leaves what was saved last, and the service is told that it may be old', async () => {
  const table = new Table()
  const one = new Run(table)
  one.set('great', 'alice')
  one.set('small', 'carol')
  await one.states.write(LOTS)
  one.set('great', 'alice', 'bob')
  one.set('small')
  const next = await begun(table)
  assert.deepEqual(Object.fromEntries(next.halls), { great: ['alice'], small: ['carol'] })
  assert.deepEqual(next.loaded, [
    ['great', 1, 'while running'],
    ['small', 1, 'while running'],
  ])
  await one.states.write(LOTS)
  assert.deepEqual(Object.fromEntries((await begun(table)).halls), { great: ['alice', 'bob'] })
})

test('what a restart has kept is saved anew: after a crash it is not taken for exact', async () => {
  const table = new Table()
  const one = new Run(table)
  one.set('great', 'alice')
  one.set('small', 'carol')
  await one.restart()
  const next = await begun(table)
  next.halls.delete('small') // nobody said so
  await next.states.write(LOTS)
  assert.deepEqual((await begun(table)).loaded, [['great', 1, 'while running']])
})

test('where nothing is saved while the server runs, a crash leaves nothing of the restart before it', async () => {
  const table = new Table()
  const one = new Run(table, 1, false)
  one.set('great', 'alice')
  await one.restart()
  assert.deepEqual([...(await begun(table, 1, false)).halls.keys()], ['great'])
  assert.equal(table.rows.size, 0)
})

test('more than may be written at a time follows later', async () => {
  const table = new Table()
  const one = new Run(table)
  for (const hall of ['1', '2', '3']) one.set(hall, 'x'.repeat(100))
  for (const written of [1, 2, 3, 3]) {
    await one.states.write(50)
    assert.equal(table.rows.size, written)
  }
})

test('what could not be written is written the next time', async () => {
  const table = new Table()
  const one = new Run(table)
  one.set('great', 'alice')
  one.set('small', 'carol')
  await one.states.write(LOTS)
  one.set('great', 'bob')
  one.set('small')
  table.breaks = true
  await one.states.write(LOTS)
  assert.equal(one.errors.length, 1)
  await one.states.write(LOTS)
  assert.deepEqual(Object.fromEntries((await begun(table)).halls), { great: ['bob'] })
})

test('what bears a later version counts as nothing, an earlier one is given with its number', async () => {
  const table = new Table()
  const two = new Run(table, 2)
  two.set('great', 'alice')
  await two.restart()
  assert.deepEqual((await begun(table, 1)).loaded, [])
  assert.deepEqual((await begun(table, 3)).loaded, [['great', 2, 'for a restart']])
})

test('a thing that cannot be read is lost, and the others are not', async () => {
  const table = new Table()
  const one = new Run(table)
  one.set('broken', 'alice')
  one.set('great', 'bob')
  await one.restart()
  const next = await begun(table)
  assert.deepEqual([...next.halls.keys()], ['great'])
  assert.equal(next.errors.length, 1)
  await next.states.write(LOTS)
  assert.deepEqual([...table.rows.keys()], ['halls great'])
})

test('two services cannot be kept under one name', () => {
  const { states } = new Run(new Table())
  assert.throws(
    () => states.service({ name: 'halls', version: 1, things: () => [], save: () => null, load() {} }),
    /Two services want to be kept as "halls"/,
  )
})
