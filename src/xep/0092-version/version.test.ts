import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, SOFTWARE } from '../../../test/support/memory-server.ts'
import { softwareVersion } from './index.ts'

const version = (to: string): string => `<iq type='get' id='1' to='${to}'><query xmlns='jabber:iq:version'/></iq>`

async function answerOf(settings: Readonly<Record<string, object>>, to: string) {
  const server = await memoryServer({ features: [softwareVersion], settings })
  const romeo = await server.bind('romeo@example.net', 'orchard')
  return (await romeo.ask(version(to))).elements[0]!
}

test('VER-1: name and version, and no operating system', async () => {
  const answer = await answerOf({}, 'example.net')
  assert.deepEqual(
    answer.elements.map((e) => [e.name, e.text]),
    [
      ['name', SOFTWARE.name],
      ['version', SOFTWARE.version],
    ],
  )
})

test('VER-1: the operating system when the operator wants it', async () => {
  const answer = await answerOf({ 'software-version': { system: true } }, 'example.net')
  assert.equal(answer.child('os')?.text, SOFTWARE.system)
})

test('VER-1: an account has none', async () => {
  const answer = await answerOf({}, 'romeo@example.net')
  assert.equal(answer.elements[0]!.name, 'service-unavailable')
})
