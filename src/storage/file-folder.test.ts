import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { OperatingError } from '../server/ports.ts'
import { FileFolder } from './file-folder.ts'

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}
async function* pieces(...texts: readonly (string | Error)[]): AsyncGenerator<Buffer, void> {
  for (const text of texts) {
    if (text instanceof Error) throw text
    yield Buffer.from(text)
  }
}
const all = async (some: AsyncIterable<Buffer>): Promise<string> => Buffer.concat(await Array.fromAsync(some)).toString()

test('UPL-4: a file is there once all of it is on disk, part of it can be read, and it can be removed', async (t) => {
  const directory = folder(t)
  const files = new FileFolder(join(directory, 'files'))
  assert.equal(await files.open('abc'), null)
  await files.write('abc', pieces('But ', 'soft', '!'))
  assert.deepEqual(readdirSync(join(directory, 'files', 'ab')), ['abc'])
  assert.equal(await all((await files.open('abc'))!.read(0, 9)), 'But soft!')
  assert.equal(await all((await files.open('abc'))!.read(4, 8)), 'soft')
  await files.remove('abc')
  await files.remove('abc')
  assert.equal(await files.open('abc'), null)
})

test('UPL-4: of a file that does not come to its end nothing stays, nor of one that a dead server left', async (t) => {
  const directory = folder(t)
  const files = new FileFolder(directory)
  await assert.rejects(files.write('abc', pieces('But ', new Error('cut'))), /cut/)
  assert.deepEqual(readdirSync(join(directory, 'incoming')), [])
  assert.equal(await files.open('abc'), null)
  writeFileSync(join(directory, 'incoming', 'left'), 'x')
  await new FileFolder(directory).write('def', pieces('x'))
  assert.deepEqual(readdirSync(join(directory, 'incoming')), [])
})

test('UPL-4: an error of the disk is an operating error', async (t) => {
  const directory = folder(t)
  writeFileSync(join(directory, 'file'), '')
  await assert.rejects(new FileFolder(join(directory, 'file')).write('abc', pieces('x')), OperatingError)
})
