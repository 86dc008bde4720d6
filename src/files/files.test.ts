import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { contract } from '../../test/support/contract.ts'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { Metrics } from '../base/metrics.ts'
import type { Database } from '../server/database.ts'
import type { FileStore } from '../server/files.ts'
import { Files } from './files.ts'
import { FileRecords, type KnownFile } from './store.ts'
import { fileMigrations, FILES } from './tables.ts'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']
const fileOf = (id: string, rest: Partial<KnownFile> = {}): KnownFile => ({
  id,
  owner: ROMEO,
  name: 'x.png',
  type: 'image/png',
  size: 10,
  purpose: 'message',
  keepUntil: null,
  createdAt: 1,
  storedAt: null,
  expiresAt: 100,
  isReferred: false,
  ...rest,
})

contract('UPL-4: files are known from their announcement until they expire, and counted for each purpose', async (open) => {
  const { database } = await open(ROMEO, JULIET)
  await database.migrate(FILES, fileMigrations)
  const records = new FileRecords(database)
  assert.equal(await records.find('a'), null)
  assert.deepEqual(await records.usage(ROMEO, 'message'), { files: 0, octets: 0, nextExpiry: null })
  await records.add(fileOf('a'))
  await records.add(fileOf('b', { size: 5_000_000_000, expiresAt: 50 }))
  await records.add(fileOf('p', { purpose: 'profile', expiresAt: null }))
  assert.deepEqual(await records.find('a'), fileOf('a'))
  assert.deepEqual(await records.usage(ROMEO, 'message'), { files: 2, octets: 5_000_000_010, nextExpiry: 50 })
  assert.deepEqual([await records.stored('a', 'text/plain', 10, 200), await records.stored('a', '', 10, 200)], [true, false])
  assert.deepEqual(await records.find('a'), fileOf('a', { type: 'text/plain', storedAt: 10, expiresAt: 200 }))
  assert.deepEqual({ ...(await records.total()) }, { files: 1, octets: 10 })
  assert.deepEqual(
    [await records.expired(49, 9), await records.expired(200, 1)].map((ids) => ids.length),
    [0, 1],
  )
  await records.drop('b')
  assert.deepEqual(await records.expired(199, 9), [])
})

contract(
  'MXR-171: a file to which something refers stays, and for a while after that, but never beyond its end',
  async (open) => {
    const { database } = await open(ROMEO)
    await database.migrate(FILES, fileMigrations)
    const records = new FileRecords(database)
    await records.add(fileOf('a'))
    await records.add(fileOf('b', { keepUntil: 150 }))
    for (const id of ['a', 'b']) for (const holder of ['entry 1', 'entry 2']) assert(await records.refer(id, holder))
    assert(await records.refer('a', 'entry 1'), 'twice is once')
    assert.equal(await records.refer('c', 'entry 1'), false)
    assert((await records.find('a'))!.isReferred)
    assert.deepEqual(await records.expired(149, 9), [])
    assert.deepEqual(await records.expired(150, 9), ['b'])
    await records.release('entry 1', 500)
    assert.deepEqual(await records.expired(1000, 9), ['b'], 'the other one still refers')
    await records.release('entry 2', 600)
    assert.deepEqual([await records.expired(599, 9), await records.expired(600, 9)], [['b'], ['a', 'b']])
  },
)

contract('UPL-4: files of an account that is gone have expired, whoever refers to them', async (open) => {
  const { database, accounts } = await open(ROMEO, JULIET)
  await database.migrate(FILES, fileMigrations)
  const records = new FileRecords(database)
  await records.add(fileOf('r'))
  await records.add(fileOf('j', { owner: JULIET }))
  await records.refer('r', 'x')
  await records.disown(ROMEO)
  assert.deepEqual(await records.expired(1, 9), ['r'])
  assert.equal(await records.stored('r', '', 1, null), false)
  await accounts.delete(JULIET)
  await records.disownLost()
  assert.deepEqual((await records.expired(1, 9)).toSorted(), ['j', 'r'])
})

/** Files whose octets are in memory. Some cannot be removed. */
class Shelf implements FileStore {
  readonly octets = new Map<string, string>()
  readonly stuck = new Set<string>()

  async write(name: string, pieces: AsyncIterable<Buffer>): Promise<void> {
    let text = ''
    for await (const piece of pieces) text += piece
    this.octets.set(name, text)
  }
  open(): Promise<null> {
    return Promise.resolve(null)
  }
  remove(name: string): Promise<void> {
    if (this.stuck.has(name)) return Promise.reject(new Error('EISDIR'))
    this.octets.delete(name)
    return Promise.resolve()
  }
}
const pieces = async function* (text: string): AsyncGenerator<Buffer, void> {
  yield Buffer.from(text)
}

async function filesOn(database: Database) {
  const clock = new ManualClock()
  const shelf = new Shelf()
  const errors: object[] = []
  const quota = { octets: 1_000_000, files: 1000, keptMs: 1000 }
  const parts = {
    clock,
    database,
    entropy: { bytes: randomBytes },
    files: shelf,
    log: { ...silent, error: (fields: object) => void errors.push(fields) },
    metrics: new Metrics(),
    on() {},
    router: { busyWith() {} },
  } as unknown as Parameters<typeof Files.open>[0]
  const files = await Files.open(parts, { quotas: { message: quota, profile: quota, thumbnail: quota }, announcedMs: 1000 })
  const announce = async (): Promise<KnownFile> =>
    (await files.announce({ owner: ROMEO, name: 'x', type: '', size: 3, purpose: 'message', keepUntil: null })) as KnownFile
  return { clock, shelf, errors, files, announce }
}

contract('UPL-4: a file that cannot be removed keeps no other one, and is tried again', async (open) => {
  const { database } = await open(ROMEO)
  const { clock, shelf, errors, files, announce } = await filesOn(database)
  for (let count = 0; count < 210; count += 1) {
    const file = await announce()
    await files.put(file, '', pieces('abc'))
    if (count < 150) shelf.stuck.add(file.id)
  }
  clock.advance(1000)
  await files.sweep()
  assert.deepEqual([...shelf.octets.keys()].toSorted(), [...shelf.stuck].toSorted())
  assert.equal(errors.length, 150)
  shelf.stuck.clear()
  await files.sweep()
  assert.equal(shelf.octets.size, 0)
})

contract('UPL-3: of two that store one file, the second changes nothing, even if it has begun before', async (open) => {
  const { database } = await open(ROMEO)
  const { shelf, files, announce } = await filesOn(database)
  const file = await announce()
  assert.equal(await files.put(file, '', pieces('one')), 'stored')
  assert.equal(await files.put(file, '', pieces('two')), 'taken')
  assert.equal(shelf.octets.get(file.id), 'one')
})

contract(
  'UPL-3: what was announced with an id of its own and did not come, or is over, gives way; what is stored does not',
  async (open) => {
    const { database } = await open(ROMEO)
    const { clock, files } = await filesOn(database)
    const wanted = { owner: ROMEO, name: 'x', type: '', size: 3, purpose: 'thumbnail', keepUntil: null, id: 'made-of-x' } as const
    const announce = async (): Promise<KnownFile> => (await files.announce(wanted)) as KnownFile
    await announce()
    assert.equal(await files.put(await announce(), '', pieces('one')), 'stored')
    await assert.rejects(announce())
    clock.advance(1000)
    assert.equal(await files.find('made-of-x'), null)
    assert.equal(await files.put(await announce(), '', pieces('two')), 'stored')
  },
)
