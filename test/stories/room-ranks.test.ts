/** XEP-0045 5, 8, 9, 10: who may do what to whom in a room, and that a refused list changes nothing. */
import assert from 'node:assert/strict'
import { admin, enter, error, open, ROOM } from '../support/rooms.ts'
import type { StoryClient } from '../support/story-client.ts'
import { story, type Cast } from '../support/story.ts'

type Name = 'alice' | 'bob' | 'carol' | 'dave' | 'erin' | 'frank'
type People = Readonly<Record<Name, StoryClient>>

const role = (nick: string, to: string): string => `<item nick='${nick}' role='${to}'/>`
const affiliation = (name: string, to: string): string => `<item jid='${name}@a.example' affiliation='${to}'/>`

/** Alice owns the room, Bob is an admin, Carol a moderator without an affiliation, Dave a member, Frank has no voice. */
async function people(cast: Cast): Promise<People> {
  const alice = await open(cast)
  const others = ['bob', 'carol', 'dave', 'erin', 'frank'] as const
  const clients: Partial<Record<Name, StoryClient>> = { alice }
  for (const name of others) clients[name] = await enter(cast, name, nickOf(name))
  for (const item of [
    affiliation('bob', 'admin'),
    affiliation('dave', 'member'),
    role('Carol', 'moderator'),
    role('Frank', 'visitor'),
  ])
    alice.send(admin(item))
  await cast.forget()
  return clients as People
}
const nickOf = (name: string): string => name[0]!.toUpperCase() + name.slice(1)

const FORBIDDEN = ['auth', 'forbidden'] as const
const PROTECTED = ['cancel', 'not-allowed'] as const
const CONFLICT = ['cancel', 'conflict'] as const
const KICK = (name: string): string => role(nickOf(name), 'none')
const BAN = (name: string): string => affiliation(name, 'outcast')

/** Each is refused, and nobody is told anything. */
const REFUSED: readonly (readonly [Name, string, readonly [type: string, condition: string]])[] = [
  ['dave', KICK('erin'), FORBIDDEN],
  ['carol', KICK('alice'), PROTECTED],
  ['carol', KICK('bob'), PROTECTED],
  ['carol', KICK('dave'), PROTECTED],
  ['bob', KICK('alice'), PROTECTED],
  ['carol', BAN('erin'), FORBIDDEN],
  ['dave', BAN('erin'), FORBIDDEN],
  ['bob', BAN('alice'), PROTECTED],
  ['bob', BAN('bob'), CONFLICT],
  ['alice', BAN('alice'), CONFLICT],
  ['dave', role('Frank', 'participant'), FORBIDDEN],
  ['frank', role('Frank', 'participant'), FORBIDDEN],
  ['carol', role('Dave', 'visitor'), PROTECTED],
  ['bob', role('Alice', 'visitor'), PROTECTED],
  ['alice', role('Bob', 'visitor'), PROTECTED],
  ['carol', role('Erin', 'moderator'), FORBIDDEN],
  ['carol', role('Carol', 'participant'), FORBIDDEN],
  ['bob', role('Alice', 'participant'), PROTECTED],
  ['bob', affiliation('dave', 'admin'), FORBIDDEN],
  ['bob', affiliation('bob', 'owner'), FORBIDDEN],
  ['bob', affiliation('alice', 'member'), FORBIDDEN],
  ['carol', affiliation('erin', 'member'), FORBIDDEN],
  ['alice', affiliation('alice', 'admin'), CONFLICT],
]
/** Each is done, in this order. */
const DONE: readonly (readonly [Name, string, shown: readonly [nick: string, affiliation: string, role: string]])[] = [
  ['carol', KICK('erin'), ['Erin', 'none', 'none']],
  ['carol', role('Frank', 'participant'), ['Frank', 'none', 'participant']],
  ['carol', role('Frank', 'visitor'), ['Frank', 'none', 'visitor']],
  ['bob', role('Dave', 'moderator'), ['Dave', 'member', 'moderator']],
  ['bob', role('Dave', 'participant'), ['Dave', 'member', 'participant']],
  ['alice', affiliation('dave', 'admin'), ['Dave', 'admin', 'moderator']],
  ['alice', affiliation('dave', 'owner'), ['Dave', 'owner', 'moderator']],
  ['dave', affiliation('alice', 'admin'), ['Alice', 'admin', 'moderator']],
  ['bob', `<item jid='frank@a.example/1' affiliation='outcast'/>`, ['Frank', 'outcast', 'none']],
]

story('T-M12: kick, ban, voice and ranks between people of all ranks', async (cast) => {
  const all = await people(cast)
  for (const [by, item, [type, condition]] of REFUSED) {
    all[by].send(admin(item))
    await all[by].expect(error('iq', `id='a' from='${ROOM}'`, type, condition))
  }
  await cast.expectNothing()
  for (const [by, item, [nick, ...now]] of DONE) {
    all[by].send(admin(item))
    await cast.settle()
    const told = all.bob.take().findLast((xml) => xml.name === 'presence' && xml.attr('from') === `${ROOM}/${nick}`)
    const shown = told!.child('x')!.child('item')!
    assert.deepEqual([shown.attr('affiliation'), shown.attr('role')], now, item)
    await cast.forget()
  }
})

story('T-M13: a list of bans with one that is refused changes nothing', async (cast) => {
  const { bob } = await people(cast)
  for (const [list, [type, condition]] of [
    [BAN('erin') + BAN('bob'), CONFLICT],
    [BAN('erin') + BAN('alice'), PROTECTED],
    [BAN('stranger') + BAN('erin') + affiliation('dave', 'admin'), FORBIDDEN],
    [BAN('erin') + BAN('erin'), ['modify', 'bad-request']],
  ] as const) {
    bob.send(admin(list))
    await bob.expect(error('iq', `id='a' from='${ROOM}'`, type, condition))
  }
  bob.send(admin(`<item affiliation='outcast'/>`, 'get'))
  await bob.expect(`<iq type='result' id='a' from='${ROOM}'><query xmlns='http://jabber.org/protocol/muc#admin'/></iq>`)
})
