import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLog } from './log.ts'

function terminal(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => void written.push(text) }
}

test('text is a line: time, level, message, fields', () => {
  const out = terminal(true)
  const log = openLog({ level: 'info', format: 'auto' }, out)
  log.info({ domain: 'example.net', n: 3, text: 'two words' }, 'started')
  log.debug({}, 'not written')
  assert.equal(out.written.length, 1)
  assert.match(out.written[0]!, /^\d\d:\d\d:\d\d info {2}started {2}domain=example\.net {2}n=3 {2}text="two words"\n$/)
})

test('text never takes a field for more than one line, and an error shows where it comes from', () => {
  const out = terminal(false)
  const log = openLog({ level: 'warn', format: 'text' }, out)
  log.warn({ nick: 'a\nERROR forged' }, 'odd')
  log.error({ err: new Error('broken') }, 'failed')
  assert.equal(out.written[0]!.split('\n').length, 2)
  assert.match(out.written[1]!, /ERROR failed\n {4}Error: broken\n {8}at /)
})
