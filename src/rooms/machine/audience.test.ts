import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giving, Scene } from '../testing.ts'
import { receiversOf, seesAddressOf } from './audience.ts'

function sights(scene: Scene, of: string): Readonly<Record<string, readonly string[]>> {
  const { address, veiled, self } = receiversOf(scene.room, scene.occupant(of)!)
  const names = (sessions: typeof self): readonly string[] => sessions.map(({ jid }) => `${jid.local}/${jid.resource}`)
  return { address: names(address), veiled: names(veiled), self: names(self) }
}
function stage(config: ConstructorParameters<typeof Scene>[0]): Scene {
  const scene = new Scene({ moderated: true, ...config })
  scene.make('admin', 'admin')
  scene.make('member', 'member')
  for (const name of ['admin', 'member', 'guest']) scene.enter(name)
  scene.enter('guest/2', 'Second')
  return scene
}

test('ROOM-55: moderators see real addresses, and everybody sees those of their own sessions', () => {
  const scene = stage({})
  assert.deepEqual(sights(scene, 'guest'), { address: ['admin/1', 'guest/2'], veiled: ['member/1'], self: ['guest/1'] })
  assert.deepEqual(sights(scene, 'admin'), { address: [], veiled: ['member/1', 'guest/1', 'guest/2'], self: ['admin/1'] })
})

test('ROOM-55: in a non-anonymous room everybody sees them', () => {
  assert.deepEqual(sights(stage({ whois: 'anyone' }), 'guest'), {
    address: ['admin/1', 'member/1', 'guest/2'],
    veiled: [],
    self: ['guest/1'],
  })
})

test('ROOM-69: an occupant whose role is not broadcast is seen by moderators and by themselves', () => {
  const scene = stage({ presenceBroadcast: ['participant'] })
  assert.deepEqual(sights(scene, 'guest'), { address: ['admin/1', 'guest/2'], veiled: [], self: ['guest/1'] })
  assert.deepEqual(sights(scene, 'member'), { address: ['admin/1'], veiled: ['guest/1', 'guest/2'], self: ['member/1'] })
  assert.deepEqual(sights(scene, 'admin'), { address: [], veiled: [], self: ['admin/1'] })
})

test('ROOM-55: real addresses elsewhere than in presence', () => {
  const scene = stage({})
  const sees = (viewer: string, bare: string) => seesAddressOf(scene.room.facts, scene.occupant(viewer)!, bare)
  assert.deepEqual(
    [sees('admin', 'x@a.example'), sees('member', 'x@a.example'), sees('member', 'member@a.example')],
    [true, false, true],
  )
})

test('ROOM-69: somebody whose role is another one is shown those whom only moderators see, or no more', () => {
  const scene = stage({ presenceBroadcast: ['moderator'] })
  scene.change('admin', giving('member', 'moderator'))
  assert.equal(scene.told.at(-1), 'sight member')
  scene.change('admin', giving('member', 'participant'))
  assert.equal(scene.told.at(-1), 'sight member')
  const open = stage({})
  open.change('admin', giving('member', 'moderator'))
  assert.equal(
    open.told.some((word) => word.startsWith('sight')),
    false,
  )
})
