/** For tests: random commands for a room, by a few people who know each other's nicknames. */
import fc from 'fast-check'
import type { ChangeItem, Command } from './machine/commands.ts'
import type { RoomConfig } from './machine/config.ts'
import { bareOf, said, sessionOf, shows } from './testing.ts'

const PEOPLE = ['ann', 'bob', 'cid', 'dan@b.example', 'eve@b.example'] as const
const NICKS = ['ann', 'Bob', 'bob', 'cid', 'B\u043Eb', 'Dan', 'dan '] as const

/** Who gives the command, as `Scene.do` wants it, and the command. */
export type Step = readonly [by: string, command: Command]

const person = fc.constantFrom<string>(...PEOPLE)
/** Who may do something. */
const powerful = fc.constantFrom('ann/1', 'ann/1', 'ann/1', 'bob/1', 'cid/2')
const session = fc.tuple(person, fc.constantFrom('1', '1', '2')).map(([who, resource]) => `${who}/${resource}`)
const nick = fc.constantFrom<string>(...NICKS)
const password = fc.constantFrom(null, 'secret', 'secret', 'wrong')
const presence = fc.record({ show: fc.constantFrom('', 'away', 'dnd'), priority: fc.integer({ min: -1, max: 2 }) })
const affiliation = fc.constantFrom('owner', 'admin', 'member', 'none', 'outcast') satisfies fc.Arbitrary<
  ChangeItem['affiliation']
>
const role = fc.constantFrom('moderator', 'participant', 'visitor', 'none') satisfies fc.Arbitrary<ChangeItem['role']>

const roles = fc.constantFrom<RoomConfig['presenceBroadcast']>(
  ['moderator', 'participant', 'visitor'],
  ['moderator'],
  ['participant'],
  [],
)
const config: fc.Arbitrary<Partial<RoomConfig>> = fc.record(
  {
    membersOnly: fc.boolean(),
    moderated: fc.boolean(),
    passwordProtected: fc.boolean(),
    password: fc.constantFrom('', 'secret'),
    whois: fc.constantFrom('anyone', 'moderators'),
    presenceBroadcast: roles,
    nicksLocked: fc.boolean(),
    changeSubject: fc.boolean(),
    occupantsMax: fc.constantFrom(null, 2, 4),
    archived: fc.boolean(),
  },
  { requiredKeys: [] },
)
const byAffiliation = fc.record({
  of: fc.oneof(
    person.map((who) => ({ jid: bareOf(who) })),
    nick.map((name) => ({ nick: name })),
    fc.constant({ jid: 'b.example' }),
  ),
  affiliation,
  role: fc.constant(null),
  reason: fc.constant(''),
})
const byRole = fc.record({
  of: fc.oneof(
    nick.map((name) => ({ nick: name })),
    person.map((who) => ({ jid: bareOf(who) })),
  ),
  affiliation: fc.constant(null),
  role,
  reason: fc.constant('because'),
})
const lists = fc.option(fc.array(person.map(bareOf), { maxLength: 2 }), { freq: 1 })

const enters = fc.record({ who: session, nick: fc.option(nick), password, presence }).map(({ who, ...rest }): Step => [
  who,
  {
    do: 'enter',
    as: sessionOf(who),
    face: 'xmpp',
    // Most have the nickname that is theirs
    nick: rest.nick ?? who.split(/[@/]/)[0]!,
    password: rest.password,
    presence: shows(rest.presence.show, rest.presence.priority),
    wantsDoubts: true,
    history: null,
    affiliationsSince: null,
    byStanding: false,
  },
])
const sessions = fc
  .record({ who: session, to: nick, presence, what: fc.constantFrom('exit', 'lost', 'presence', 'presence', 'nick', 'doubt') })
  .map(({ who, to, presence: { show, priority }, what }): Step => {
    const facts = shows(show, priority)
    if (what === 'presence') return [who, { do: what, who: sessionOf(who), presence: facts, wantsDoubts: true, doubts: [] }]
    if (what === 'nick') return [who, { do: what, who: sessionOf(who), nick: to, presence: facts }]
    if (what === 'exit') return [who, { do: what, who: sessionOf(who), presence: null }]
    if (what === 'lost') return [who, { do: 'lost', who: sessionOf(who) }]
    return [who, { do: 'doubt', who: [sessionOf(who)], doubts: priority > 0 ? ['connection-paused'] : [] }]
  })
const says = fc
  .tuple(session, fc.constantFrom('append' as const, 'subject' as const))
  .map(([who, what]): Step => [who, { do: what, said: said('hi') }])
const governs = fc.oneof(
  fc
    .tuple(session, fc.array(fc.oneof(byAffiliation, byRole), { minLength: 1, maxLength: 3 }))
    .map(([who, items]): Step => [who, { do: 'change', items }]),
  fc
    .tuple(session, config, lists, lists)
    .map(([who, changes, owners, admins]): Step => [who, { do: 'configure', changes, owners, admins }]),
)
const belongs = fc
  .record({ who: session, nick, password, other: person, what: fc.integer({ min: 0, max: 7 }) })
  .map(({ who, nick: name, password: word, other, what }): Step => {
    const commands: readonly Command[] = [
      { do: 'join', nick: name, password: word },
      { do: 'leave', reason: '' },
      { do: 'register', nick: name },
      { do: 'unregister' },
      { do: 'invite', who: bareOf(other), reason: '' },
      { do: 'decline', reason: '' },
      { do: 'knock', nick: name, reason: '' },
      { do: 'lapse' },
    ]
    return [who, commands[what]!]
  })
const single = fc.oneof(
  { weight: 9, arbitrary: enters },
  { weight: 6, arbitrary: sessions },
  { weight: 2, arbitrary: says },
  { weight: 5, arbitrary: governs },
  { weight: 3, arbitrary: belongs },
)
const batches = fc
  .tuple(powerful, fc.array(fc.oneof(governs, belongs, says), { minLength: 2, maxLength: 3 }))
  .map(([who, steps]): Step => [who, { do: 'batch', commands: steps.map(([, command]) => command) }])

/** What an owner called `ann` and others do in a room. */
export const scripts = (length: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.oneof({ weight: 12, arbitrary: single }, { weight: 1, arbitrary: batches }), {
    minLength: length / 2,
    maxLength: length,
    size: 'max',
  })
