import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOf, peopleFound, roomsFound, roomsListed, type Listed } from './listing.ts'
import { UNHEARD, type PresenceView } from './presence.ts'
import { newRoom, type Room } from './room.ts'
import type { Contact } from './roster.ts'

const contact = (jid: string, more: Partial<Contact> = {}): Contact => ({
  ...{ jid, name: null, groups: [], subscription: 'both', asked: false, preApproved: false },
  ...more,
})
const resource = { resource: 'x', show: 'away', status: null, priority: 0, idleSince: null, saidAt: null, doubts: [] } as const
const here: PresenceView = { ...UNHEARD, heard: true, resources: [resource] }
const doubt = { from: '', doubt: 'connection-paused', since: null } as const
const paused: PresenceView = { ...here, resources: [{ ...resource, doubts: [doubt] }] }
const listed = (contacts: readonly Contact[], presences: Record<string, PresenceView>, more: Partial<Listed> = {}): Listed => ({
  roster: new Map(contacts.map((one) => [one.jid, one])),
  presences: new Map(Object.entries(presences)),
  stands: () => null,
  ...more,
})
const jids = (contacts: readonly Contact[]): string => contacts.map(({ jid }) => jid.split('@')[0]).join(' ')

test('RFC 6121 2.1.2.6: a contact stands in each of its groups; those in none come last', () => {
  const contacts = [contact('zoe@a', { groups: ['Work'] }), contact('adam@a', { groups: ['Work', 'Friends'] }), contact('eve@a')]
  const groups = groupsOf(listed(contacts, {})).map(({ name, shown }) => [name, jids(shown)])
  assert.deepEqual(groups, [
    ['Friends', 'adam'],
    ['Work', 'adam zoe'],
    [null, 'eve'],
  ])
})
test('who has written comes first, then who is around, who may be, and the others; numbers in their order', () => {
  const contacts = ['room 10@a', 'room 9@a', 'Ärzte@a', 'zoe@a', 'paul@a', 'adam@a'].map((jid) => contact(jid))
  const presences = { 'zoe@a': here, 'adam@a': paused }
  const [group] = groupsOf(listed(contacts, presences, { stands: (jid) => (jid === 'paul@a' ? 'new' : null) }))
  assert.deepEqual(jids(group!.shown), 'paul zoe adam Ärzte room 9 room 10')
  assert.deepEqual([group!.around, group!.doubted], [1, 1], 'who is in doubt is not counted as being there')
})
test('when there are many, who is not around is folded away, but not who has written or is looked at', () => {
  const many = Array.from({ length: 300 }, (_, i) => contact(`c${i}@a`))
  const stands = (jid: string): 'new' | 'open' | null => (jid === 'c7@a' ? 'new' : jid === 'c8@a' ? 'open' : null)
  const [group] = groupsOf(listed(many, { 'c299@a': here, 'c100@a': paused }, { stands }))
  assert.equal(jids(group!.shown), 'c7 c299 c100 c8')
  assert.equal(group!.folded.length, 296)
  assert.equal(groupsOf(listed(many.slice(0, 20), {}))[0]!.folded.length, 0)
})
test('a search knows names, addresses and groups, without accents and capitals, each word somewhere', () => {
  const contacts = [contact('z@a', { name: 'Zoë Čapek', groups: ['Work'] }), contact('adam@capek.example')]
  const find = (search: string): string => jids(peopleFound(listed(contacts, {}), search))
  assert.deepEqual([find('capek'), find('ZOE wor'), find('zoe adam'), find(' ')], ['adam z', 'z', '', 'adam z'])
})
test('of many rooms those with news are shown, and the one that is open', () => {
  const said = {
    kind: 'said',
    key: 'k',
    isMine: false,
    text: 'x',
    isFile: false,
    namesUs: false,
    privateWith: null,
    state: 'said',
  } as const
  const room = (i: number, more: Partial<Room> = {}): Room => ({ ...newRoom(`r${i}@c`, 'me'), stay: 'in', read: '', ...more })
  const line = { ...said, id: null, archiveId: null, nick: 'her', at: new Date(0), occupantId: null }
  const news = { lines: [{ ...line, key: 'old' }, line], read: 'old' }
  const rooms = Array.from({ length: 30 }, (_, i) => room(i, i === 20 ? news : i === 10 ? { stay: 'lost' } : {}))
  const all = new Map(rooms.map((one) => [one.jid, one]))
  const { shown, folded } = roomsListed(all, 'r3@c')
  assert.deepEqual([shown.map(({ jid }) => jid), folded.length], [['r20@c', 'r3@c', 'r10@c'], 27])
  assert.equal(roomsListed(new Map([...all].slice(0, 8)), null).folded.length, 0)
  assert.deepEqual(
    roomsFound(all, 'r2').map(({ jid }) => jid),
    ['r20@c', 'r2@c', 'r21@c', 'r22@c', 'r23@c', 'r24@c', 'r25@c', 'r26@c', 'r27@c', 'r28@c', 'r29@c'],
  )
})
