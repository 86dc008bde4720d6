import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIGNED_OUT, type Board } from './board.ts'
import { contactWords } from './contact-words.ts'
import { groupsOf, listedOf } from './listing.ts'
import { dotOf, UNHEARD, type PresenceView } from './presence.ts'
import { dotOfOccupant, newRoom } from './room.ts'
import { strangerOf } from './roster.ts'
import { asShown } from './unsure.ts'
import { wallList } from './wall.ts'

const now = new Date(0)
const resource = {
  resource: 'x',
  show: 'available',
  status: null,
  priority: 0,
  idleSince: null,
  saidAt: now,
  doubts: [],
} as const
const view: PresenceView = { ...UNHEARD, heard: true, resources: [resource] }
const juliet = { ...strangerOf('juliet@a'), subscription: 'both' } as const
const occupant = { nick: 'juliet', view, role: 'participant', affiliation: 'none', hats: [], jid: null } as const
const online: Board = {
  ...SIGNED_OUT,
  phase: 'online',
  roster: new Map([['juliet@a', juliet]]),
  presences: new Map([['juliet@a', view]]),
  rooms: new Map([['tea@c', { ...newRoom('tea@c', 'me'), stay: 'in', occupants: new Map([['juliet', occupant]]) }]]),
}

test('a board whose own connection is lost shows nobody as online, neither in the list nor in a room nor on the wall', () => {
  const lost = asShown({ ...online, phase: 'reconnecting' })
  const shown = lost.presences.get('juliet@a')!
  assert.equal(dotOf(shown, true), 'unknown')
  const known = { contact: juliet, view: shown, face: { nick: null, mood: null, picture: null }, refusal: undefined }
  assert.deepEqual(contactWords(known, now), ['last known: online'])
  assert.equal(dotOfOccupant(lost.rooms.get('tea@c')!.occupants.get('juliet')!), 'unknown')
  const [group] = groupsOf(listedOf(lost))
  assert.deepEqual([group!.around, group!.doubted], [0, 1])
  for (const wish of [
    { room: null, group: null },
    { room: 'tea@c', group: null },
  ]) {
    const { people, around, doubted } = wallList(lost, wish, now)
    assert.deepEqual([people[0]!.dot, around, doubted], ['unknown', 0, 1])
  }
})
test('a connection that is back has lost nothing of what was known', () => {
  assert.equal(asShown(online), online)
})
