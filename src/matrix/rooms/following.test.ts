/** What a client that follows a room by /sync has in front of it, against the room as it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { said } from '../../rooms/testing.ts'
import { Follower, follows } from './follower.ts'
import { stateEventAt } from './state-events.ts'
import { AwakeScene } from './testing.ts'

test('T-MX26: state and timeline together are the state of the room after each sync', () => follows({}, 50, 25))
test('T-MX26: so they are where gaps are left', () => follows({}, 1, 25))
test('T-MX26: so is the state behind the timeline', () => follows({ stateAfter: 'state_after' }, 2, 25))
test('MXR-20, T-MX26: so is that of a room that hides addresses', () => follows({}, 50, 25, 'moderators'))
test('MXR-21, T-MX13: so is that of a room that begins to hide addresses, and stops', () => follows({}, 50, 300, 'either'))
test('MXR-21, T-MX13: so is it behind the timeline', () => follows({ stateAfter: 'state_after' }, 2, 300, 'either'))

test('Long messages do not pile up in memory, and none is missed', async () => {
  const scene = new AwakeScene()
  for (const who of ['ann', 'zoe']) scene.do({ do: 'join', nick: who, password: null }, who)
  const client = new Follower({ filter: { timeline: { limit: 100 } } })
  await client.sync(scene)
  const before = client.seen.length
  for (let n = 0; n < 30; n++) scene.do({ do: 'append', said: said('x'.repeat(40_000)) }, 'ann')
  const octets = scene.awake.tail.reduce((sum, entry) => sum + ('payload' in entry ? entry.payload!.text.length : 0), 0)
  assert.ok(octets <= 256 * 1024, `${octets} octets`)
  await client.sync(scene)
  assert.equal(client.seen.length - before, 30)
})

test('T-MX11: somebody who belongs to a room and asks to be let in belongs to it still', () => {
  const scene = new AwakeScene({ membersOnly: true })
  scene.do({ do: 'change', items: [{ of: { jid: 'ann@a.example' }, affiliation: 'member', role: null, reason: '' }] })
  scene.do({ do: 'join', nick: 'ann', password: null }, 'ann')
  scene.do({ do: 'knock', nick: 'ann', reason: '' }, 'ann')
  assert.equal(scene.scene.room.members.get('ann@a.example')!.standing!.is, 'joined')
  scene.do({ do: 'invite', who: 'bob@a.example', reason: '' })
  scene.do({ do: 'knock', nick: 'bob', reason: '' }, 'bob')
  assert.equal(scene.scene.room.members.get('bob@a.example')!.standing!.is, 'invited')
})

test('T-MX26: people without a rank of their own change no levels as they come and go', async () => {
  const scene = new AwakeScene({ membersOnly: true, moderated: true })
  scene.do({ do: 'change', items: [{ of: { jid: 'zoe@a.example' }, affiliation: 'owner', role: null, reason: '' }] })
  scene.do({ do: 'join', nick: 'zoe', password: null }, 'zoe')
  const client = new Follower({})
  await client.sync(scene)
  scene.do({ do: 'knock', nick: 'ann', reason: '' }, 'ann')
  scene.do({ do: 'append', said: said('hello') }, 'zoe')
  await client.sync(scene)
  const levels = scene.awake.sightOf('zoe@a.example')
  const now = stateEventAt(scene.awake, scene.awake.picture(), levels, 'm.room.power_levels', '')!
  assert.deepEqual(client.state.get('m.room.power_levels '), now.content)
})

test('MXR-21: whom a client knows as invited under the real address is gone when the room begins to hide addresses', async () => {
  const scene = new AwakeScene()
  scene.do({ do: 'join', nick: 'zoe', password: null }, 'zoe')
  scene.do({ do: 'invite', who: 'bob@a.example', reason: '' })
  const client = new Follower({})
  await client.sync(scene)
  const bob = `m.room.member @bob:a.example`
  assert.deepEqual(client.state.get(bob), { membership: 'invite' })
  scene.do({ do: 'configure', changes: { whois: 'moderators' }, owners: null, admins: null })
  await client.sync(scene)
  assert.deepEqual(client.state.get(bob), { membership: 'leave' })
})
