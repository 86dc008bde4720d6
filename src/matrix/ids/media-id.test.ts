import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { MediaIds, mxcIn, mxcUri } from './media-id.ts'

test('MXR-64: the id of media is that of a file, encrypted, and goes back to it', () => {
  const [ids, others] = [new MediaIds(Buffer.from('secret')), new MediaIds(Buffer.from('other'))]
  for (let n = 0; n < 100; n++) {
    const file = randomBytes(16).toString('base64url')
    const id = ids.ofFile(file)!
    assert.notEqual(id, file)
    assert.equal(ids.fileOf(id), file)
    assert.notEqual(others.fileOf(id), file)
  }
  for (const strange of [
    '',
    'a',
    'A'.repeat(21),
    'A'.repeat(23),
    'ä'.repeat(22),
    `${'A'.repeat(21)}B`,
    '../../../etc/passwd_123',
  ])
    assert.equal(ids.fileOf(strange), null, strange)
})

test('URIs of media', () => {
  assert.deepEqual(mxcIn('mxc://a.example/abc_-1'), { server: 'a.example', id: 'abc_-1' })
  assert.equal(mxcUri({ server: 'a.example:8448', id: 'x' }), 'mxc://a.example:8448/x')
  for (const strange of [
    '',
    'mxc://',
    'mxc://a.example',
    'mxc://a.example/',
    'mxc://a/b/c',
    'mxc://a/b c',
    'https://a/b',
    'mxc://a/../b',
  ])
    assert.equal(mxcIn(strange), null, strange)
})
