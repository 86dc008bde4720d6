import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pictureId, pictureIn } from './picture-id.ts'

test('the id of a picture says whose it is, and which one', () => {
  const hash = 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'
  for (const owner of ['romeo@example.net', 'ä@example.net', 'Zm9v_-'])
    for (const kind of ['user', 'room'] as const) {
      const id = pictureId({ kind, owner, hash })!
      assert.match(id, /^[\w-]+$/)
      assert.deepEqual(pictureIn(id), { kind, owner, hash })
    }
  assert.equal(pictureId({ kind: 'user', owner: 'x'.repeat(300), hash }), null)
  for (const strange of ['', 'u_', `x_${hash}_YQ`, `u_${hash}`, `u_${hash}_`, `u_${hash.slice(1)}_YQ`, 'A'.repeat(22)])
    assert.equal(pictureIn(strange), null, strange)
})
