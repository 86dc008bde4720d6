import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { entityTime } from './index.ts'

test('TIME-1, TIME-2: the domain tells UTC, with the zone and the fraction of a second', async () => {
  const server = await memoryServer({ features: [entityTime] })
  const romeo = await server.bind('romeo@example.net', 'orchard')
  await server.advance(3_723_004)
  const answer = await romeo.ask("<iq type='get' id='1' to='example.net'><time xmlns='urn:xmpp:time'/></iq>")
  const time = answer.child('time', 'urn:xmpp:time')!
  assert.equal(time.child('tzo')?.text, '+00:00')
  assert.equal(time.child('utc')?.text, '2026-01-01T01:02:03.004Z')
})
