import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareOf, NOON, Scene, sessionOf, shows } from '../testing.ts'
import { SERVICE } from './commands.ts'

test('5.1.2: the role that goes with the affiliation', () => {
  const roles = { owner: 'moderator', admin: 'moderator', member: 'participant', none: 'participant' } as const
  for (const moderated of [false, true])
    for (const [affiliation, role] of Object.entries(roles) as [keyof typeof roles, string][]) {
      const scene = new Scene({ moderated })
      scene.make('romeo', affiliation)
      assert.equal(scene.enter('romeo'), null)
      assert.equal(scene.occupant('romeo')!.role, moderated && affiliation === 'none' ? 'visitor' : role)
    }
})

test('T-M04, ROOM-51: of several refusals the first in the order is told', () => {
  const scene = new Scene({ membersOnly: true, passwordProtected: true, password: 'secret', occupantsMax: 1 })
  scene.make('founder', 'owner')
  scene.make('member', 'member')
  scene.make('banned', 'outcast')
  scene.enter('founder', 'Nick', { password: 'secret' })
  // Nick, password, who: everything is wrong at first, and then one thing less at a time
  assert.equal(scene.enter('banned', ' Nick'), 'nick-malformed')
  assert.equal(scene.enter('banned', 'Nick'), 'banned')
  assert.equal(scene.enter('stranger', 'Nick'), 'members-only')
  assert.equal(scene.enter('member', 'Nick'), 'password')
  assert.equal(scene.enter('member', 'Nick', { password: 'wrong' }), 'password')
  assert.equal(scene.enter('member', 'Nick', { password: 'secret' }), 'full')
  scene.do({ do: 'configure', changes: { occupantsMax: 2 }, owners: null, admins: null })
  assert.equal(scene.enter('member', 'Nick', { password: 'secret' }), 'nick-taken')
  assert.equal(scene.enter('member', 'Other', { password: 'secret' }), null)
})

test('ROOM-51: a locked room is there for its creator alone, and a destroyed one for nobody', () => {
  const scene = new Scene()
  scene.do({ do: 'create', locked: true, config: {} }, 'founder')
  assert.equal(scene.enter('romeo'), 'locked')
  assert.equal(scene.enter('founder'), null)
  assert.deepEqual(scene.tells.at(-1), { ...scene.tells.at(-1), tell: 'entered', isNew: true })
  assert.equal(scene.do({ do: 'configure', changes: {}, owners: null, admins: null }, 'founder'), null)
  assert.equal(scene.enter('romeo'), null)
  scene.do({ do: 'destroy', alternate: 'new@conference.a.example', password: '', reason: '' }, 'founder')
  assert.equal(scene.enter('romeo'), 'gone')
})

test('ROOM-51: an outcast by domain, unless the person has an affiliation of their own', () => {
  const scene = new Scene()
  scene.make('b.example', 'outcast')
  scene.make('friend@b.example', 'member')
  assert.equal(scene.enter('foe@b.example', 'foe'), 'banned')
  assert.equal(scene.enter('friend@b.example', 'friend'), null)
  assert.equal(scene.enter('romeo'), null)
})

test('ROOM-138: a full room puts out occupants who may be gone, the least important first, and nobody above the newcomer', () => {
  const scene = new Scene({ occupantsMax: 3 })
  scene.make('member', 'member')
  for (const name of ['member', 'old', 'young']) {
    scene.now += 1000
    scene.enter(name)
  }
  assert.equal(scene.enter('romeo'), 'full')
  const doubt = (...names: readonly string[]): void =>
    void scene.do({ do: 'doubt', who: names.map(sessionOf), doubts: ['connection-paused'] })
  doubt('member')
  assert.equal(scene.enter('romeo'), 'full')
  doubt('young', 'old')
  assert.equal(scene.enter('romeo', 'old'), null) // under the nickname that becomes free
  assert.deepEqual(scene.told, ['out self old lost', 'out others old lost', 'in old', 'entered romeo@a.example/1'])
  assert.equal(scene.enter('juliet', 'member'), 'nick-taken') // who is refused puts out nobody
  assert.notEqual(scene.occupant('young'), undefined)
  assert.equal(scene.enter('juliet'), null)
  scene.make('owner', 'owner')
  assert.equal(scene.enter('paris'), 'full')
  assert.equal(scene.enter('owner'), null) // beyond the number
  assert.notEqual(scene.occupant('member'), undefined)
})

test('7.2.9: owners and admins are let in beyond the number, by a tenth of it', () => {
  const scene = new Scene({ occupantsMax: 10 })
  for (let i = 0; i < 10; i++) scene.enter(`guest${i}`)
  assert.equal(scene.enter('romeo'), 'full')
  for (const name of ['admin', 'owner'] as const) scene.make(name, name)
  assert.equal(scene.enter('admin'), null)
  assert.equal(scene.enter('owner'), 'full')
  assert.equal(scene.enter('guest0/2', 'guest0'), null, 'another client takes no place')
})

test('T-M36, ROOM-6: nicknames that differ by case, width, composition or look are of one person', () => {
  const scene = new Scene()
  scene.enter('romeo', 'Paypal')
  scene.make('juliet', 'member')
  for (const nick of ['Paypal', 'paypal', 'PAYPAL', 'P\u0430ypal', '\uFF30aypal', 'PaypaI', 'Paypa1', 'P\u0430yp\u0430\u04CF'])
    assert.equal(scene.enter('juliet', nick), 'nick-taken', nick)
  for (const nick of ['Paypal2', 'Pay pal', 'Peypal']) assert.equal(scene.enter('juliet', nick, {}), null, nick)
})

test('ROOM-6: what cannot be a nickname', () => {
  const scene = new Scene()
  const invisible = ['\u200B', 'a\u200Db', 'a\u202Eb', '\u00AD', '\u3164', '\uFEFFa', 'a\u0007']
  const spaced = ['', ' ', ' a', 'a ', '\u00A0a', 'a\u3000']
  for (const nick of [...invisible, ...spaced, 'x'.repeat(129), '\u{1F600}'.repeat(129)])
    assert.equal(scene.enter('romeo', nick), 'nick-malformed', JSON.stringify(nick))
  for (const nick of ['x'.repeat(128), 'two words', '\u{1F600}', 'Жанна', '李四'])
    assert.equal(scene.enter(`n${nick.length}-${nick.codePointAt(0)!}`, nick), null, nick)
})

test('7.2.8: a nickname that is reserved for another person', () => {
  const scene = new Scene()
  scene.do({ do: 'register', nick: 'Juliet' }, 'juliet')
  assert.equal(scene.enter('romeo', 'juliet'), 'nick-taken')
  assert.equal(scene.enter('juliet', 'Juliet'), null)
})

test('7.10: where nicknames are locked, who has a reserved one gets that one', () => {
  const scene = new Scene({ nicksLocked: true })
  scene.do({ do: 'register', nick: 'Juliet' }, 'juliet')
  assert.equal(scene.enter('juliet', 'Jule'), null)
  assert.deepEqual(scene.told, ['in Juliet', 'entered juliet@a.example/1 as Juliet'])
  assert.equal(scene.nick('juliet', 'Jule'), 'nick-locked')
  assert.equal(scene.enter('romeo', 'Romeo'), null)
  assert.equal(scene.nick('romeo', 'Rome'), null, 'a person without one is free')
})

test('T-M05, ROOM-56, ROOM-57: a second client is the same occupant, and shown when its priority is higher', () => {
  const scene = new Scene()
  scene.enter('romeo/phone', 'Romeo')
  assert.equal(scene.enter('romeo/desk', 'Romeo', { presence: shows('away', -1) }), null)
  assert.deepEqual(scene.told, ['entered romeo@a.example/desk'])
  assert.equal(scene.room.occupants.size, 1)
  scene.presence('romeo/desk', 'away', 5)
  assert.deepEqual(scene.told, ['update all Romeo none participant'])
  assert.equal(scene.occupant('Romeo')!.effective.jid.resource, 'desk')
  scene.exit('romeo/desk')
  assert.deepEqual(scene.told, ['out self Romeo left', 'update all Romeo none participant'])
  scene.exit('romeo/phone')
  assert.deepEqual(scene.told, ['out self Romeo left', 'out others Romeo left'])
})

test('ROOM-56: the same person under two nicknames has one occupant id, another one in another room', () => {
  const scene = new Scene()
  scene.enter('romeo/1', 'Romeo')
  scene.enter('romeo/2', 'Montague')
  const [first, second] = [...scene.room.occupants.values()]
  assert.equal(first!.id, second!.id)
  assert.match(first!.id, /^[\w-]{43}$/)
  assert.deepEqual(scene.room.nicksOf.get(bareOf('romeo')), ['Romeo', 'Montague'])
})

test('ROOM-56: a person has so many sessions and nicknames, and no more', () => {
  const scene = new Scene({}, { sessionsMax: 2 })
  for (const resource of ['1', '2']) assert.equal(scene.enter(`romeo/${resource}`, 'Romeo'), null)
  assert.equal(scene.enter('romeo/3', 'Romeo'), 'too-many-sessions')
  assert.equal(scene.enter('romeo/3', 'Montague'), null)
  assert.equal(scene.enter('romeo/4', 'Third'), 'too-many-sessions')
})

test('T-M07, ROOM-58: a session that is here already is told everything again, and nobody else anything', () => {
  const scene = new Scene()
  scene.enter('juliet', 'Juliet')
  scene.enter('romeo', 'Romeo')
  assert.equal(scene.enter('romeo', 'Romeo'), null)
  assert.deepEqual(scene.told, ['entered romeo@a.example/1 again'])
  scene.enter('romeo', 'Romeo', { presence: shows('away') })
  assert.deepEqual(scene.told, ['update all Romeo none participant', 'entered romeo@a.example/1 again'])
  assert.equal(scene.enter('romeo', 'Montague'), null)
  assert.deepEqual(scene.told, ['renamed Romeo Montague', 'entered romeo@a.example/1 again'])
  assert.equal(scene.enter('romeo', 'Juliet'), 'nick-taken')
})

test('ROOM-70: a nickname changes for all sessions, and joins that of the same person', () => {
  const scene = new Scene()
  scene.enter('romeo/1', 'Romeo')
  scene.enter('romeo/2', 'Romeo')
  scene.enter('romeo/3', 'Montague')
  scene.enter('juliet', 'Juliet')
  assert.equal(scene.nick('romeo/1', 'Juliet'), 'nick-taken')
  assert.equal(scene.nick('romeo/1', 'Rom\u200Beo'), 'nick-malformed')
  assert.equal(scene.nick('nobody', 'Juliet'), 'not-inside')
  assert.equal(scene.nick('romeo/1', 'ROMEO'), null, 'their own in another case')
  assert.deepEqual([...scene.room.occupants.keys()], ['Montague', 'Juliet', 'ROMEO'])
  assert.equal(scene.nick('romeo/1', 'Montague'), null)
  assert.deepEqual([...scene.room.occupants.keys()].sort(), ['Juliet', 'Montague'])
  assert.deepEqual(
    scene
      .occupant('Montague')!
      .sessions.map(({ jid }) => jid.resource)
      .sort(),
    ['1', '2', '3'],
  )
  assert.equal(scene.enter('tybalt', 'Romeo'), null, 'the old nickname is free')
})

test('ROOM-69: a presence like the last one is told to nobody', () => {
  const scene = new Scene()
  scene.enter('romeo')
  scene.presence('romeo', 'away')
  assert.deepEqual(scene.told, ['update all romeo none participant'])
  scene.presence('romeo', 'away')
  assert.deepEqual(scene.told, [])
  assert.equal(scene.presence('nobody', 'away'), 'not-inside')
})

test('ROOM-133: an occupant is in doubt if all sessions are, until one of them speaks', () => {
  const scene = new Scene()
  scene.enter('romeo/1', 'Romeo')
  scene.enter('romeo/2', 'Romeo')
  const doubt = (name: string, ...doubts: ('connection-paused' | 'server-unavailable')[]): void => {
    scene.do({ do: 'doubt', who: [sessionOf(name)], doubts })
  }
  doubt('romeo/1', 'connection-paused')
  assert.deepEqual(scene.told, [])
  doubt('romeo/2', 'server-unavailable')
  assert.deepEqual(scene.told, ['doubt Romeo connection-paused server-unavailable'])
  scene.presence('romeo/2', '')
  assert.deepEqual(scene.told, ['doubt Romeo'])
})

test('ROOM-164: the room that its creator leaves unconfigured is destroyed', () => {
  for (const how of ['exit', 'cancel'] as const) {
    const scene = new Scene()
    scene.do({ do: 'create', locked: true, config: {} }, 'founder')
    scene.enter('founder')
    if (how === 'exit') scene.exit('founder')
    else scene.do({ do: 'cancel' }, 'founder')
    assert.equal(scene.told[0], 'ended founder')
    assert.equal(scene.end, 'given up')
  }
})

test('7.14: a temporary room ends with the last occupant, unless somebody belongs to it', () => {
  const temporary = new Scene({ persistent: false })
  temporary.enter('romeo')
  temporary.enter('juliet')
  temporary.exit('romeo')
  assert.equal(temporary.end, null)
  temporary.do({ do: 'lost', who: sessionOf('juliet') })
  assert.equal(temporary.end, 'empty')
  const kept = new Scene({ persistent: false })
  kept.enter('romeo')
  kept.do({ do: 'join', nick: 'Juliet', password: null }, 'juliet')
  kept.exit('romeo')
  assert.equal(kept.end, null)
  kept.do({ do: 'leave', reason: '' }, 'juliet')
  assert.equal(kept.end, 'empty')
})

test('ROOM-5: the role of a visitor outlasts the visit for a while, and no longer', () => {
  const scene = new Scene({ moderated: true }, { visitKeepMs: 1000 })
  scene.enter('romeo')
  scene.do({ do: 'change', items: [{ of: { nick: 'romeo' }, affiliation: null, role: 'participant', reason: '' }] }, SERVICE)
  scene.exit('romeo')
  scene.now = NOON + 500
  scene.do({ do: 'lapse' })
  scene.enter('romeo')
  assert.equal(scene.occupant('romeo')!.role, 'participant')
  scene.exit('romeo')
  scene.now = NOON + 1500
  scene.do({ do: 'lapse' })
  assert.deepEqual(
    scene.entries.map(({ kind }) => kind),
    ['role'],
  )
  scene.enter('romeo')
  assert.equal(scene.occupant('romeo')!.role, 'visitor')
})
