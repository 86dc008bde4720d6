import assert from 'node:assert/strict'
import { contract } from '../../../test/support/contract.ts'
import { el } from '../../xml/element.ts'
import { storedElement } from './index.ts'
import { migrations, PrivateElements } from './store.ts'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']

contract(
  'PRIV-20: an element comes back, replaces that of its name and namespace only, and goes with its account',
  async (open) => {
    const { accounts, database } = await open(ROMEO, JULIET)
    await database.migrate('xep-0049', migrations)
    const store = new PrivateElements(database)
    const a = storedElement(el('a', 'urn:1', {}, 'ü'))
    const b = storedElement(el('b', 'urn:1'))
    const c = storedElement(el('a', 'urn:2'))
    await store.write(ROMEO, [a, b, c])
    await store.write(JULIET, [b])
    const again = storedElement(el('a', 'urn:1', { x: '1' }))
    await store.write(ROMEO, [again])
    assert.equal(await store.read(ROMEO, 'urn:1', 'a'), again.xml)
    assert.equal(await store.read(ROMEO, 'urn:2', 'a'), c.xml)
    assert.equal(await store.read(JULIET, 'urn:1', 'a'), null)
    const sizes = (await store.sizes(ROMEO)).map(({ ns, name, octets }) => `${ns} ${name} ${octets}`)
    assert.deepEqual(sizes.toSorted(), ['urn:1 a 24', 'urn:1 b 18', 'urn:2 a 18'])
    await store.remove(ROMEO, 'urn:2', 'a')
    assert.deepEqual([await store.read(ROMEO, 'urn:2', 'a'), (await store.all(ROMEO)).length], [null, 2])
    await accounts.delete(ROMEO)
    assert.deepEqual([await store.sizes(ROMEO), (await store.sizes(JULIET)).length], [[], 1])
  },
)
