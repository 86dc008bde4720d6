import assert from 'node:assert/strict'
import { test } from 'node:test'
import { affiliating, bareOf, Scene } from '../testing.ts'
import type { RoomLimits } from './commands.ts'

const SPEAKER = { uri: 'urn:example:speaker', title: 'Speaker', hue: '' }
const SCRIBE = { uri: 'urn:example:scribe', title: 'Scribe', hue: '171.4' }

function stage(limits: Partial<RoomLimits> = {}): Scene {
  const scene = new Scene({}, limits)
  scene.make('owner', 'owner')
  scene.make('admin', 'admin')
  for (const name of ['owner', 'guest', 'other']) scene.enter(name)
  for (const hat of [SPEAKER, SCRIBE]) assert.equal(scene.do({ do: 'make-hat', hat }, 'admin'), null)
  return scene
}
const wear = (scene: Scene, who: string, { uri } = SPEAKER, isWorn = true, by = 'admin') =>
  scene.do({ do: 'wear', who: bareOf(who), uri, isWorn }, by)
const wornBy = (scene: Scene, name: string) => scene.occupant(name)!.hats.map(({ title }) => title)

test('XEP-0317: admins and owners decide about hats, and nobody else', () => {
  const scene = stage()
  assert.equal(scene.do({ do: 'make-hat', hat: SPEAKER }, 'guest'), 'rank')
  assert.equal(scene.do({ do: 'destroy-hat', uri: SPEAKER.uri }, 'guest'), 'rank')
  assert.equal(wear(scene, 'guest', SPEAKER, true, 'guest'), 'rank')
  assert.equal(wear(scene, 'guest', SPEAKER, true, 'owner'), null)
})

test('XEP-0317: a hat is shown after the answer, for as long as the person wears it, under every nickname', () => {
  const scene = stage()
  scene.enter('guest/2', 'Second')
  assert.equal(wear(scene, 'guest'), null)
  assert.deepEqual(scene.told, ['answered', 'update all guest none participant', 'update all Second none participant'])
  wear(scene, 'guest', SCRIBE)
  for (const nick of ['guest', 'Second']) assert.deepEqual(wornBy(scene, nick), ['Speaker', 'Scribe'])
  wear(scene, 'guest', SCRIBE)
  assert.deepEqual(scene.told, ['answered'], 'who wears it already is shown to nobody')
  wear(scene, 'guest', SPEAKER, false)
  assert.deepEqual(wornBy(scene, 'guest'), ['Scribe'])
  assert.equal(wear(scene, 'guest', SPEAKER, false), 'no-such-hat')
})

test('XEP-0317: a person who is absent is given a hat, and wears it on entering and after a change of role', () => {
  const scene = stage()
  wear(scene, 'late')
  assert.deepEqual(scene.told, ['answered'])
  scene.enter('late')
  assert.deepEqual(wornBy(scene, 'late'), ['Speaker'])
  scene.make('late', 'member')
  assert.deepEqual(wornBy(scene, 'late'), ['Speaker'])
  scene.nick('late', 'new')
  assert.deepEqual(wornBy(scene, 'new'), ['Speaker'])
})

test('XEP-0317: a hat that is changed or destroyed is another one or none for all who wear it', () => {
  const scene = stage()
  for (const name of ['guest', 'other', 'late']) wear(scene, name)
  scene.do({ do: 'make-hat', hat: { ...SPEAKER, title: 'Orator' } }, 'admin')
  assert.deepEqual(scene.told.toSorted(), [
    'answered',
    'hats',
    'update all guest none participant',
    'update all other none participant',
  ])
  assert.deepEqual(wornBy(scene, 'other'), ['Orator'])
  scene.do({ do: 'destroy-hat', uri: SPEAKER.uri }, 'admin')
  assert.deepEqual(wornBy(scene, 'guest'), [])
  assert.equal(scene.room.members.has(bareOf('late')), false)
  assert.equal(scene.do({ do: 'destroy-hat', uri: SPEAKER.uri }, 'admin'), 'no-such-hat')
})

test('XEP-0317: a ban takes the hats away, and somebody who is banned is given none', () => {
  const scene = stage()
  wear(scene, 'guest')
  scene.change('owner', affiliating('guest', 'outcast'))
  assert.equal(wear(scene, 'guest'), 'protected')
  scene.make('guest', 'none')
  scene.enter('guest')
  assert.deepEqual(wornBy(scene, 'guest'), [])
})

test('ROOM-7: of a person whose account is gone no hat stays', () => {
  const scene = stage()
  wear(scene, 'guest')
  scene.do({ do: 'forget', who: bareOf('guest') })
  assert.equal(scene.room.members.has(bareOf('guest')), false)
})

test('limits of hats: of a room, of all its people, of one person', () => {
  const scene = stage({ hatsMax: 12, hatsWornMax: 11 })
  const hats = Array.from({ length: 11 }, (_, i) => ({ uri: `urn:example:${i}`, title: 'x', hue: '' }))
  const made = hats.map((hat) => scene.do({ do: 'make-hat', hat }, 'admin'))
  assert.deepEqual([made.filter((refusal) => refusal === null).length, made.at(-1)], [10, 'too-many-hats'])
  assert.equal(scene.do({ do: 'make-hat', hat: { ...SPEAKER, title: 'Orator' } }, 'admin'), null)
  for (const hat of hats.slice(0, 10)) assert.equal(wear(scene, 'guest', hat), null)
  assert.equal(wear(scene, 'guest', SPEAKER), 'too-many-hats')
  assert.equal(wear(scene, 'other', SPEAKER), null)
  assert.equal(wear(scene, 'other', SCRIBE), 'too-many-hats')
  assert.equal(wear(stage({ affiliationsMax: 2 }), 'guest'), 'too-many-affiliations')
})
