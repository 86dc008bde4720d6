import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Payload } from '../../xmpp/packet.ts'
import { affiliating, bareOf, giving, said, Scene, sessionOf } from '../testing.ts'
import type { ChangeItem, Command } from './commands.ts'

function stage(): Scene {
  const scene = new Scene()
  scene.make('owner', 'owner')
  scene.make('admin', 'admin')
  for (const name of ['owner', 'admin', 'guest', 'other']) scene.enter(name)
  return scene
}
const affiliationOf = (scene: Scene, name: string) => scene.room.members.get(bareOf(name))?.affiliation ?? 'none'
const configure = (more: Partial<Extract<Command, { do: 'configure' }>>): Command => ({
  do: 'configure',
  changes: {},
  owners: null,
  admins: null,
  ...more,
})

test('ROOM-30: the one who is kicked hears of it before the answer, the others after it', () => {
  const scene = stage()
  scene.change('admin', giving('guest', 'none'))
  assert.deepEqual(scene.told, ['out self guest kicked', 'answered', 'out others guest kicked'])
  assert.deepEqual(
    scene.entries.map(({ kind, by, nick }) => [kind, by, nick]),
    [['member', bareOf('admin'), 'admin']],
  )
})

test('ROOM-30, ROOM-166: a ban puts out all nicknames of a person, and takes the reserved one', () => {
  const scene = stage()
  scene.enter('guest/2', 'Second')
  scene.do({ do: 'register', nick: 'guest' }, 'guest')
  scene.change('admin', affiliating('guest', 'outcast'))
  assert.deepEqual(scene.told, [
    'out self guest banned',
    'out self Second banned',
    'answered',
    'out others guest banned',
    'out others Second banned',
    'affiliation guest@a.example outcast',
  ])
  assert.equal(scene.room.members.get(bareOf('guest'))!.nick, null)
  assert.equal(scene.enter('other2', 'guest'), null)
})

test('ROOM-29: a new affiliation brings its role, one presence for each nickname', () => {
  const scene = stage()
  const steps = [
    ['admin', 'moderator'],
    ['member', 'participant'],
    ['owner', 'moderator'],
    ['none', 'participant'],
  ] as const
  for (const [affiliation, role] of steps) {
    scene.change('owner', affiliating('guest', affiliation))
    const update = `guest ${affiliation} ${role}`
    assert.deepEqual(scene.told, [
      `update self ${update}`,
      'answered',
      `update others ${update}`,
      `affiliation guest@a.example ${affiliation}`,
    ])
  }
})

test('ROOM-29: a member has voice where the room is moderated', () => {
  const scene = new Scene({ moderated: true })
  scene.enter('guest')
  scene.make('guest', 'member')
  assert.equal(scene.occupant('guest')!.role, 'participant')
})

test('9.4: whose membership of a members-only room is revoked goes', () => {
  const scene = new Scene({ membersOnly: true })
  scene.make('owner', 'owner')
  scene.make('guest', 'member')
  scene.enter('guest')
  scene.change('owner', affiliating('guest', 'none'))
  assert.deepEqual(scene.told, [
    'out self guest affiliation',
    'answered',
    'out others guest affiliation',
    'affiliation guest@a.example none',
  ])
})

test('ROOM-25: a domain is banned, with those of its people of whom nothing else is said, and nothing else', () => {
  const scene = stage()
  scene.make('friend@b.example', 'member')
  for (const who of ['friend', 'foe']) scene.enter(`${who}@b.example`, who)
  for (const affiliation of ['member', 'admin', 'owner'] as const)
    assert.equal(scene.change('owner', affiliating('b.example', affiliation)), 'domain-affiliation')
  assert.equal(scene.change('admin', affiliating('b.example', 'outcast')), null)
  assert.deepEqual(scene.told.slice(0, 2), ['out self foe banned', 'answered'])
  assert.notEqual(scene.occupant('friend'), undefined)
  assert.equal(scene.change('admin', affiliating('b.example', 'none')), null)
  assert.equal(scene.enter('foe@b.example', 'foe'), null)
})

test('ROOM-162, 9.2: one item that is refused refuses them all', () => {
  const refused: readonly (readonly [string, ChangeItem])[] = [
    ['rank', affiliating('other', 'owner')],
    ['protected', affiliating('owner', 'outcast')],
    ['self-ban', affiliating('admin', 'outcast')],
    ['domain-affiliation', affiliating('b.example', 'member')],
    ['items', affiliating('guest', 'none')],
    ['items', { of: { jid: 'x@a.example' }, affiliation: null, role: null, reason: '' }],
    ['items', { of: { nick: 'other' }, affiliation: 'member', role: 'visitor', reason: '' }],
    ['no-such-occupant', giving('nobody', 'visitor')],
  ]
  for (const [reason, item] of refused)
    for (const items of [
      [affiliating('guest', 'member'), item],
      [item, affiliating('guest', 'member')],
    ]) {
      const scene = stage()
      assert.equal(scene.change('admin', ...items), reason)
      assert.equal(affiliationOf(scene, 'guest'), 'none')
    }
  assert.equal(stage().change('admin'), 'items', 'no item at all')
})

test('ROOM-160: who has no rank learns nothing else', () => {
  const scene = stage()
  assert.equal(scene.change('guest', giving('nobody', 'none')), 'rank')
  assert.equal(scene.change('guest', affiliating('owner', 'outcast')), 'rank')
  assert.equal(scene.change('stranger', affiliating('b.example', 'member')), 'rank')
})

test('ROOM-20: the last owner stays, two may change places, and one of two may go', () => {
  const scene = stage()
  for (const to of ['admin', 'member', 'none'] as const)
    assert.equal(scene.change('owner', affiliating('owner', to)), 'last-owner')
  assert.equal(scene.change('owner', affiliating('owner', 'member'), affiliating('guest', 'owner')), null)
  assert.equal(affiliationOf(scene, 'guest'), 'owner')
  assert.equal(scene.do(configure({ owners: [] }), 'guest'), 'last-owner')
  assert.equal(affiliationOf(scene, 'guest'), 'owner')
})

test('ROOM-94: owners and admins of a form are full lists', () => {
  const scene = stage()
  const lists = { owners: [bareOf('owner'), bareOf('guest')], admins: [bareOf('other')] }
  assert.equal(scene.do(configure(lists), 'owner'), null)
  assert.deepEqual(
    ['owner', 'guest', 'other', 'admin'].map((name) => affiliationOf(scene, name)),
    ['owner', 'owner', 'admin', 'member'],
  )
})

test('9.5: somebody absent is given an affiliation, up to the limit of a room', () => {
  const scene = new Scene({}, { affiliationsMax: 3 })
  scene.make('owner', 'owner')
  assert.equal(scene.change('owner', affiliating('a', 'member'), affiliating('b', 'member')), null)
  assert.equal(scene.change('owner', affiliating('c', 'member')), 'too-many-affiliations')
  assert.equal(scene.change('owner', affiliating('b', 'outcast')), null)
})

test('ROOM-23: the role of somebody absent who belongs to the room is changed by their nickname', () => {
  const scene = stage()
  scene.do({ do: 'join', nick: 'Absent', password: null }, 'absent')
  assert.equal(scene.change('admin', giving('Absent', 'moderator')), null)
  assert.deepEqual(scene.told, ['answered'])
  assert.deepEqual(
    scene.entries.map(({ kind }) => kind),
    ['role'],
  )
  scene.enter('absent', 'Absent')
  assert.equal(scene.occupant('Absent')!.role, 'moderator')
  scene.exit('absent')
  assert.equal(scene.change('admin', giving('Absent', 'none')), null)
  assert.equal(scene.room.members.get(bareOf('absent'))!.standing!.is, 'left')
  assert.equal(scene.change('admin', giving('Absent', 'visitor')), 'no-such-occupant')
})

test('ROOM-93: made members-only, who belongs to the room becomes a member and the others go', () => {
  const scene = stage()
  scene.do({ do: 'join', nick: 'Lasting', password: null }, 'lasting')
  scene.enter('lasting', 'Lasting')
  assert.equal(scene.do(configure({ changes: { membersOnly: true } }), 'owner'), null)
  assert.equal(affiliationOf(scene, 'lasting'), 'member')
  assert.deepEqual([...scene.room.occupants.keys()], ['owner', 'admin', 'Lasting'])
  assert.deepEqual(
    scene.told.filter((word) => word.startsWith('out') || word === 'answered'),
    [
      'out self guest members-only',
      'out self other members-only',
      'answered',
      'out others guest members-only',
      'out others other members-only',
    ],
  )
})

test('ROOM-93: what a change of the configuration tells', () => {
  const scene = stage()
  const told = (changes: Extract<Command, { do: 'configure' }>['changes']): readonly string[] => {
    assert.equal(scene.do(configure({ changes }), 'owner'), null)
    return scene.told
  }
  assert.deepEqual(told({ name: 'Den' }), ['answered', 'configured'])
  assert.deepEqual(told({ name: 'Den' }), ['answered'], 'nothing has changed')
  assert.deepEqual(told({ whois: 'anyone' }), ['answered', 'configured', 'unveiled'])
  assert.deepEqual(told({ presenceBroadcast: ['moderator'] }), ['answered', 'configured', 'hidden guest', 'hidden other'])
  assert.deepEqual(told({ presenceBroadcast: ['moderator', 'participant'] }), [
    'answered',
    'configured',
    'shown guest',
    'shown other',
  ])
  told({ passwordProtected: true, password: 'secret' })
  assert.equal(JSON.stringify(scene.entries).includes('secret'), false, 'the log does not know the password')
})

test('10.2: only an owner configures, and an impossible value changes nothing', () => {
  const scene = stage()
  assert.equal(scene.do(configure({ changes: { name: 'x' } }), 'admin'), 'rank')
  assert.equal(scene.do(configure({ changes: { name: 'x', passwordProtected: true } }), 'owner'), 'configuration')
  assert.equal(scene.room.facts.config.name, '')
})

test('10.9: everybody who is there is told that the room is destroyed', () => {
  const scene = stage()
  const destroy = { do: 'destroy', alternate: '', password: '', reason: 'end' } as const
  assert.equal(scene.do(destroy, 'admin'), 'rank')
  assert.equal(scene.do(destroy, 'owner'), null)
  assert.deepEqual(scene.told, ['ended owner admin guest other', 'answered'])
  assert.equal(scene.say('guest', 'hello?'), 'gone')
})

test('ROOM-63, ROOM-67: who may speak and who may set the subject', () => {
  const scene = new Scene({ moderated: true })
  scene.make('owner', 'owner')
  scene.make('member', 'member')
  for (const name of ['owner', 'member', 'visitor']) scene.enter(name)
  const subject = (name: string) => scene.do({ do: 'subject', said: said('s') }, name)
  assert.deepEqual(
    ['owner', 'member', 'visitor', 'absent'].map((name) => scene.say(name, 'hi')),
    [null, null, 'no-voice', 'not-inside'],
  )
  assert.deepEqual(['visitor', 'member', 'owner'].map(subject), ['no-voice', 'subject-closed', null])
  assert.equal(scene.room.facts.subject!.nick, 'owner')
  scene.do(configure({ changes: { changeSubject: true } }), 'owner')
  assert.deepEqual(['visitor', 'member'].map(subject), ['no-voice', null])
  assert.equal(scene.do({ do: 'subject', said: said('x'.repeat(5000)) }, 'owner'), 'subject-too-long')
})

test('ROOM-64: whom the room lets send private messages', () => {
  const table = {
    anyone: [null, null, null],
    participants: ['messages-closed', null, null],
    moderators: ['messages-closed', 'messages-closed', null],
  }
  for (const [allowed, verdicts] of Object.entries(table)) {
    const scene = new Scene({ moderated: true, allowPrivateMessages: allowed as keyof typeof table })
    scene.make('owner', 'owner')
    scene.make('member', 'member')
    for (const name of ['visitor', 'member', 'owner']) scene.enter(name)
    assert.deepEqual(
      ['visitor', 'member', 'owner'].map((name) => scene.do({ do: 'whisper', to: 'owner', payload: Payload.empty }, name)),
      verdicts,
    )
    assert.equal(scene.do({ do: 'whisper', to: 'nobody', payload: Payload.empty }, 'owner'), 'no-such-occupant')
    assert.equal(scene.do({ do: 'whisper', to: 'owner', payload: Payload.empty }, 'absent'), 'not-inside')
  }
})

test('XEP-0424, XEP-0425: an author takes back what they said, a moderator what others said', () => {
  const scene = stage()
  const retract = (name: string, by: string, moderated: boolean) =>
    scene.do(
      {
        do: 'retract',
        target: { id: 'e1', kind: 'message', by: bareOf(by), veiled: true, isRetracted: false, payload: Payload.empty },
        corrections: [],
        moderated,
        reason: '',
        said: said(''),
        noSubject: said(''),
        tombstone: Payload.empty,
      },
      name,
    )
  assert.equal(retract('guest', 'guest', false), null)
  assert.equal(retract('guest', 'other', false), 'not-the-author')
  assert.equal(retract('guest', 'other', true), 'rank')
  assert.equal(retract('admin', 'other', true), null)
  assert.equal(retract('stranger', 'stranger', false), 'not-inside')
})

test('ROOM-106: who invites, and who becomes a member by it', () => {
  const invite = (scene: Scene, by: string) => scene.do({ do: 'invite', who: 'new@a.example', reason: '' }, by)
  const open = stage()
  assert.equal(invite(open, 'guest'), null)
  assert.equal(affiliationOf(open, 'new'), 'none')
  assert.equal(invite(open, 'stranger'), 'rank')
  const closed = new Scene({ membersOnly: true })
  for (const name of ['owner', 'member'] as const) closed.make(name, name)
  assert.equal(invite(closed, 'member'), 'rank')
  assert.equal(invite(closed, 'owner'), null)
  assert.equal(affiliationOf(closed, 'new'), 'member')
  assert.equal(closed.told.at(-1), 'invited')
  assert.equal(closed.do({ do: 'decline', reason: '' }, 'new'), null)
  assert.deepEqual(closed.told, ['declined', 'answered'])
  const allowing = new Scene({ membersOnly: true, allowInvites: true })
  allowing.make('member', 'member')
  assert.equal(invite(allowing, 'member'), null)
})

test('ROOM-104: registration reserves a nickname, is asked for in a members-only room, and is taken back', () => {
  const open = stage()
  assert.equal(open.do({ do: 'register', nick: 'Julie' }, 'juliet'), null)
  assert.deepEqual(open.room.members.get(bareOf('juliet'))!.standing!.is, 'joined')
  assert.equal(affiliationOf(open, 'juliet'), 'member')
  assert.equal(open.do({ do: 'register', nick: 'julie' }, 'romeo'), 'reserved-elsewhere')
  assert.equal(open.do({ do: 'unregister' }, 'juliet'), null)
  assert.equal(open.room.members.has(bareOf('juliet')), false)
  const closed = new Scene({ membersOnly: true })
  assert.equal(closed.do({ do: 'register', nick: 'Julie' }, 'juliet'), null)
  assert.deepEqual(closed.told, ['asked', 'answered'])
  assert.equal(affiliationOf(closed, 'juliet'), 'none')
  const off = new Scene({ registration: 'off' })
  assert.equal(off.do({ do: 'register', nick: 'Julie' }, 'juliet'), 'registration-off')
})

test('a batch is done as a whole or not at all, each step on top of those before', () => {
  const scene = stage()
  const commands: Command[] = [
    { do: 'change', items: [affiliating('guest', 'owner')] },
    { do: 'change', items: [affiliating('owner', 'none')] },
  ]
  assert.equal(
    scene.do({ do: 'batch', commands: [...commands, { do: 'destroy', alternate: '', password: '', reason: '' }] }, 'owner'),
    'rank',
  )
  assert.equal(affiliationOf(scene, 'guest'), 'none')
  assert.equal(scene.do({ do: 'batch', commands }, 'owner'), null)
  assert.equal(affiliationOf(scene, 'guest'), 'owner')
  assert.equal(scene.told.filter((word) => word === 'answered').length, 1)
})

test('a plan that was made before the room changed is not put in force', async () => {
  const { decide, isRefused } = await import('./decide.ts')
  const scene = stage()
  const late = decide(scene.room, scene.actor('admin'), { do: 'change', items: [giving('guest', 'none')] }, scene.circumstances)
  scene.do({ do: 'lost', who: sessionOf('other') })
  assert.ok(!isRefused(late))
  assert.throws(() => late.commit(), /has changed/)
})

test('ROOM-5: the roles of so many visitors are remembered, of the newest', () => {
  const scene = new Scene({ moderated: true }, { visitsMax: 2 })
  scene.make('owner', 'owner')
  for (const name of ['owner', 'a', 'b', 'c']) scene.enter(name)
  for (const name of ['a', 'b', 'c']) scene.change('owner', giving(name, 'participant'))
  assert.deepEqual([...scene.room.members.keys()], ['owner', 'b', 'c'].map(bareOf))
  assert.equal(scene.occupant('a')!.role, 'participant', 'as long as they stay')
})

test('9.2: an item about somebody whom an earlier one has put out changes nothing more', () => {
  const scene = stage()
  scene.enter('eve@b.example', 'eve')
  assert.equal(scene.change('owner', affiliating('b.example', 'outcast'), giving('eve', 'moderator')), null)
  assert.equal(scene.occupant('eve'), undefined)
  assert.equal(scene.room.members.has('eve@b.example'), false)
})
