/** The index of who is in the same rooms, against going through all rooms. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLasting } from '../../rooms/machine/members.ts'
import { scripts } from '../../rooms/scripts.ts'
import { bareOf } from '../../rooms/testing.ts'
import { isOpen, isVeiled } from './open-rooms.ts'
import { AwakeScene } from './testing.ts'

const PEOPLE = ['ann', 'bob', 'cid', 'dan@b.example', 'eve@b.example'].map(bareOf)

const matesIn = ({ awake: { room, visits } }: AwakeScene, bare: string): readonly string[] => {
  const isThere = (one: string): boolean => isLasting(room.members.get(one)) || visits.present.has(one)
  const all = [...new Set([...room.members.keys(), ...visits.present.keys()])].filter(isThere)
  return isOpen(room) && !isVeiled(room.facts.config) && isThere(bare) ? all.filter((one) => one !== bare).toSorted() : []
}

test('who shares a room with whom is so after each step of random scripts', () => {
  fc.assert(
    fc.property(scripts(30), (steps) => {
      const scene = new AwakeScene()
      scene.do({ do: 'change', items: [{ of: { jid: bareOf('ann') }, affiliation: 'owner', role: null, reason: '' }] })
      for (const [by, command] of steps) {
        scene.do(command, by)
        const { mates } = scene.face
        for (const one of PEOPLE) {
          const expected = matesIn(scene, one)
          assert.deepEqual([...mates.of(one)].toSorted(), expected, `after ${JSON.stringify(command)}`)
          for (const other of PEOPLE) if (one !== other) assert.equal(mates.share(one, other), expected.includes(other))
        }
      }
      scene.face.mates.drop(scene.awake)
      assert.equal(scene.face.mates.size, 0)
    }),
    { numRuns: 100 },
  )
})
