import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { silent } from '../base/log.ts'
import { itemOf, setting, storesInMemory } from '../storage/testing.ts'
import { keepHouse } from './housekeeping.ts'

const ROMEO = 'romeo@example.net'
const DAY = 86_400_000

test('RVER-6: removals older than 90 days are forgotten, at the start and every day', async () => {
  const stores = await storesInMemory(ROMEO)
  const { rosters, clock } = stores
  const base = clock.now()
  const item = itemOf('juliet@example.net')
  await rosters.save(ROMEO, setting(item, base + 1))
  await rosters.save(ROMEO, { contact: item.jid, item: null, pending: null, version: base + 2, pushed: true })
  const said: object[] = []
  const note = (fields: object): void => void said.push(fields)
  const isKnown = async (): Promise<boolean> => (await rosters.changesSince(ROMEO, base + 1)) !== null
  clock.advance(89 * DAY)
  const timer = keepHouse({ stores, clock, log: { ...silent, info: note, error: note } })
  clock.advance(DAY)
  await turn()
  assert.equal(await isKnown(), true)
  clock.advance(DAY)
  await turn()
  assert.equal(await isKnown(), false)
  assert.deepEqual(said, [{ removals: 1 }])
  await stores.lastPresence.flush()
  await stores.database.close()
  clock.advance(DAY)
  await turn()
  assert.equal(said.length, 2, 'a failure is told')
  timer.cancel()
  clock.advance(DAY)
  await turn()
  assert.equal(said.length, 2)
})
