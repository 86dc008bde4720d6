import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedFile, sizeWords } from './shared-file.ts'

const HOMES = new Set(['a.example'])
const ID = 'AbC-_123'

test('a file of this server can be read here; others are links; what is no address is text', () => {
  const here = sharedFile(`https://a.example:5281/upload/${ID}/moon.PNG`, HOMES)
  assert.deepEqual(
    [here?.here, here?.name, here?.host, here?.isPicture],
    [`/upload/${ID}/moon.PNG`, 'moon.PNG', 'a.example:5281', true],
  )
  const elsewhere = sharedFile(`https://b.example/upload/${ID}/moon.png`, HOMES)
  assert.deepEqual([elsewhere?.here, elsewhere?.name, elsewhere?.isPicture], [null, 'moon.png', true])
  for (const path of ['admin/logout', `upload/${ID}/a/b.png`, `upload/../x.png`, 'upload/x.png'])
    assert.equal(sharedFile(`https://a.example/${path}`, HOMES)?.here ?? null, null, path)
  for (const text of [
    ...['javascript:alert(1)', 'data:text/html,<b>', 'http://a.example/x.png', 'see https://a.example/x.png', ''],
    ...['https://a.example/', 'https://', 'https://[/x'],
  ])
    assert.equal(sharedFile(text, HOMES), null, text)
})
test('hostile names are text of one direction and a bounded length, and keep their end', () => {
  const nameOf = (name: string): string | undefined => sharedFile(`https://a.example/upload/${ID}/${name}`, HOMES)?.name
  assert.equal(nameOf('%3Cimg%20src%3Dx%3E.txt'), '<img src=x>.txt')
  assert.equal(nameOf(`${encodeURIComponent('photo\u202egpj.exe')}`), 'photogpj.exe')
  assert.equal(nameOf('a%0Ab.txt'), 'a b.txt')
  assert.equal(nameOf('%ff.txt'), '%ff.txt', 'what cannot be decoded stays')
  const long = nameOf(`${'x'.repeat(300)}.tar.gz`)!
  assert.ok(long.length <= 101 && long.endsWith('.tar.gz'))
})
test('sizes as people say them', () => {
  assert.deepEqual(
    [0, 10, 1500, 3_440_000, 52_428_800, 2e9].map((octets) => sizeWords(octets, 'en')),
    ['0 kB', '0.1 kB', '1.5 kB', '3.4 MB', '52.4 MB', '2 GB'],
  )
})
