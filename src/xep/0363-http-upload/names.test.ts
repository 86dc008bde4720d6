import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShown, mediaType, safeName } from './names.ts'
import { rangeOf } from './range.ts'

test('UPL-1: names of files are made harmless, and keep their ending', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['très cool.jpg', 'très_cool.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a b.TXT', 'a_b.TXT'],
    ['.htaccess', 'htaccess'],
    ['..', 'file'],
    ['🎉.png', 'file.png'],
    ['', 'file'],
    ['a\u0000b\r\nc\u202egpj.exe', 'a_b_c_gpj.exe'],
    ['"><script>.svg', 'script_.svg'],
    ['\ud800.png', 'file.png'],
    ['фото (1).jpeg', 'фото_(1).jpeg'],
  ]
  for (const [given, safe] of cases) assert.equal(safeName(given), safe, JSON.stringify(given))
  const long = safeName(`${'€'.repeat(300)}.tar`)
  assert(long.endsWith('.tar') && Buffer.byteLength(long) <= 180 && long.isWellFormed())
})

test('UPL-3: types without parameters; what can hold a program is not shown', () => {
  assert.equal(mediaType('Text/HTML; charset=utf-8'), 'text/html')
  for (const wrong of ['', 'image', 'image/', 'image/png\r\nx: y', 'a/b/c', 'image /png'])
    assert.equal(mediaType(wrong), null, wrong)
  assert(isShown('image/png') && isShown('video/mp4'))
  for (const type of ['image/svg+xml', 'text/html', 'application/pdf', 'text/plain', '']) assert(!isShown(type), type)
})

test('UPL-3: ranges', () => {
  assert.deepEqual(rangeOf('bytes=0-9', 100), { start: 0, end: 10 })
  assert.deepEqual(rangeOf('bytes=90-', 100), { start: 90, end: 100 })
  assert.deepEqual(rangeOf('bytes=-5', 100), { start: 95, end: 100 })
  assert.deepEqual(rangeOf('bytes=-500', 100), { start: 0, end: 100 })
  assert.deepEqual(rangeOf('bytes=50-1000', 100), { start: 50, end: 100 })
  for (const whole of [undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=a-b'])
    assert.equal(rangeOf(whole, 100), null)
  for (const beyond of ['bytes=100-', 'bytes=-0', 'bytes=200-300']) assert.equal(rangeOf(beyond, 100), 'unsatisfiable')
})
