import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { features } from './catalogue.ts'

test('every folder is a feature of the catalogue, under the number of its specification', () => {
  const folders = readdirSync(import.meta.dirname).filter((name) => /^\d{4}-/.test(name))
  assert.deepEqual(
    features.map((feature) => feature.specs[0]!.id).toSorted(),
    folders.map((folder) => `XEP-${folder.slice(0, 4)}`).toSorted(),
  )
})

test('each feature has a name of its own, and stands behind those that it needs', () => {
  assert.equal(new Set(features.map(({ name }) => name)).size, features.length)
  for (const [i, { name, needs = [] }] of features.entries()) {
    for (const needed of needs)
      assert(
        features.slice(0, i).some((feature) => feature.name === needed),
        `${name} needs ${needed}`,
      )
  }
})

test('all of them together make a server: no two want the same place, and nothing is logged as an error', async () => {
  const server = await memoryServer({ features })
  await server.friends('romeo@example.net', 'juliet@example.net')
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await romeo.send('<presence/>')
  await juliet.send('<presence/>')
  romeo.sent()
  await juliet.send("<message type='chat' to='romeo@example.net'><body>Art thou not Romeo?</body></message>")
  assert.equal(romeo.sent().length, 1)
  assert.deepEqual(server.errors, [])
})
