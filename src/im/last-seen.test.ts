import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Payload } from '../xmpp/packet.ts'
import { LAST_SEEN } from './presence-policy.ts'
import { asTold } from './last-seen.ts'
import { ALICE, alice, BOB, NOON, Scene } from '../../test/support/im-scene.ts'

test('exactly, only the day, not at all', () => {
  const last = { at: NOON + 1234, payload: Payload.empty }
  assert.equal(asTold(last, 'exact'), last)
  assert.deepEqual(asTold(last, 'coarse'), { ...last, at: Date.UTC(2026, 0, 1) })
  assert.equal(asTold(last, 'none'), null)
  for (const policy of LAST_SEEN) assert.equal(asTold(null, policy), null)
})

test('4.3.2 rule 3: a contact is told what the user lets him know, the user himself everything', () => {
  const scene = new Scene(alice('1'))
  scene.available('1')
  scene.unavailable('1', {}, NOON + 1000)
  const stampFor = (prober: string): string | undefined => /stamp='([^']*)'/.exec(scene.probe(prober)[0]!)?.[1]
  const told = LAST_SEEN.map((lastSeen) => {
    scene.account.policy = { lastSeen, sharePaused: 'contacts', strangers: 'all' }
    assert.equal(stampFor(ALICE), '2026-01-01T12:00:01Z')
    return stampFor(BOB)
  })
  assert.deepEqual(told, ['2026-01-01T12:00:01Z', '2026-01-01T00:00:00Z', undefined])
})
