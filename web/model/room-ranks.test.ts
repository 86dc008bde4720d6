import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNHEARD } from './presence.ts'
import { grantable, mayBan, mayGiveVoice, mayPutOut, mayTakeVoice, mayWithdraw } from './room-ranks.ts'
import { newRoom, type Affiliation, type Occupant, type Room } from './room.ts'
import type { Role } from './room-words.ts'

type Standing = Pick<Occupant, 'affiliation' | 'role'>
const is = (affiliation: Affiliation, role: Role = 'participant'): Standing => ({ affiliation, role })
/** We are romeo. */
function between(ours: Standing, theirs: Standing, more: Partial<Room> = {}): [Room, Occupant] {
  const occupant = (nick: string, standing: Standing): Occupant => ({
    nick,
    view: UNHEARD,
    hats: [],
    jid: `${nick}@example`,
    ...standing,
  })
  const [romeo, juliet] = [occupant('romeo', ours), occupant('juliet', theirs)]
  const occupants = new Map([romeo, juliet].map((who) => [who.nick, who]))
  return [{ ...newRoom('tea@conference.example', 'romeo'), stay: 'in', occupants, ...more }, juliet]
}
const [owner, admin, none] = [is('owner', 'moderator'), is('admin', 'moderator'), is('none', 'moderator')]

test('8.2: a moderator may put others out, but nobody of a rank that protects them, and not themselves', () => {
  const may = (ours: Standing, theirs: Standing): boolean => mayPutOut(...between(ours, theirs))
  assert.ok(may(owner, is('none')) && may(owner, owner) && may(admin, is('member')) && may(admin, none) && may(none, is('none')))
  for (const [ours, theirs] of [
    [admin, owner],
    [none, is('member')],
    [none, none],
    [is('owner'), is('none')],
  ] as const)
    assert.equal(may(ours, theirs), false)
  const [room] = between(owner, none)
  assert.equal(mayPutOut(room, room.occupants.get('romeo')!), false)
})
test('ROOM-17, ROOM-18: administrators ban, but no owner; owners ban administrators; and only whose address is known', () => {
  const may = (ours: Standing, theirs: Standing): boolean => mayBan(...between(ours, theirs))
  assert.ok(may(owner, none) && may(owner, admin) && may(admin, none) && may(is('admin'), is('member')))
  assert.ok(!may(owner, owner) && !may(admin, owner) && !may(admin, admin) && !may(none, is('none')))
  const [room, hidden] = between(owner, none)
  assert.equal(mayBan(room, { ...hidden, jid: null }), false)
  assert.equal(mayBan({ ...room, stay: 'out' }, hidden), false)
})
test('8.3, 8.4: moderators give a voice, and take it where that has a meaning', () => {
  const visitor = is('none', 'visitor')
  assert.ok(mayGiveVoice(...between(none, visitor)) && !mayGiveVoice(...between(is('owner'), visitor)))
  assert.ok(!mayGiveVoice(...between(none, is('none'))))
  const moderated = { isModerated: true }
  assert.ok(mayTakeVoice(...between(none, is('none'), moderated)) && mayTakeVoice(...between(admin, is('member'), moderated)))
  assert.ok(!mayTakeVoice(...between(none, is('none'))), 'everybody speaks in a room without moderation')
  assert.ok(!mayTakeVoice(...between(none, is('member'), moderated)) && !mayTakeVoice(...between(admin, is('admin'), moderated)))
})

test('9.3, 10.3, 10.6: admins make members, owners make admins and owners; each takes away what they may give', () => {
  const room = (ours: Standing, more: Partial<Room> = {}): Room => between(ours, none, more)[0]
  assert.deepEqual(grantable(room(owner)), ['member', 'admin', 'owner'])
  assert.deepEqual(grantable(room(admin)), ['member'])
  assert.deepEqual([grantable(room(none)), grantable(room(owner, { stay: 'lost' }))], [[], []])
  assert.deepEqual([mayWithdraw(room(admin), 'admin'), mayWithdraw(room(admin), 'member')], [false, true])
})
