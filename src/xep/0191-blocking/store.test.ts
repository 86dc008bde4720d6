import assert from 'node:assert/strict'
import { contract, type OpenStores } from '../../../test/support/contract.ts'
import { jid } from '../../xmpp/jid.ts'
import { BlockLists, migrations } from './store.ts'

const [ROMEO, JULIET, TYBALT] = ['romeo@example.net', 'juliet@example.net', 'tybalt@example.net']

async function opened(open: OpenStores): Promise<BlockLists> {
  const { database } = await open(ROMEO, JULIET, TYBALT)
  await database.migrate('xep-0191', migrations)
  return new BlockLists(database)
}
const list = async (lists: BlockLists, owner: string) => (await lists.load(owner)).map((entry) => entry.full)

contract("XEP-0191: a block list comes back, the longest blocked first, and is one account's", async (open) => {
  const lists = await opened(open)
  await lists.add(
    ROMEO,
    ['b.example', 'B@c.example/x', 'a@b.example/Ü'].map((entry) => jid(entry)),
    2,
  )
  await lists.add(ROMEO, [jid('z.example')], 1)
  await lists.add(JULIET, [jid('b.example')], 1)
  assert.deepEqual(await list(lists, ROMEO), ['z.example', 'a@b.example/Ü', 'b.example', 'b@c.example/x'])
  await lists.remove(ROMEO, [jid('b.example'), jid('nobody.example')])
  assert.deepEqual(await list(lists, ROMEO), ['z.example', 'a@b.example/Ü', 'b@c.example/x'])
  await lists.clear(ROMEO)
  assert.deepEqual([await list(lists, ROMEO), await list(lists, JULIET)], [[], ['b.example']])
})

contract('XEP-0191: who hides from an entity: by its address, its bare one, or its domain; lists of any length', async (open) => {
  const lists = await opened(open)
  await lists.add(ROMEO, [jid('evil.example')], 1)
  await lists.add(JULIET, [jid('mab@evil.example/1')], 1)
  await lists.add(TYBALT, [jid('mab@evil.example')], 1)
  const others = Array.from({ length: 1100 }, (_, n) => `user${n}@example.net`)
  const hiding = async (entity: string) => [...(await lists.hiding(jid(entity), [ROMEO, JULIET, ...others, TYBALT]))].toSorted()
  assert.deepEqual(await hiding('mab@evil.example/1'), [JULIET, ROMEO, TYBALT])
  assert.deepEqual(await hiding('mab@evil.example/2'), [ROMEO, TYBALT])
  assert.deepEqual(await hiding('good.example'), [])
})
