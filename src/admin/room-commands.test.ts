import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { SERVICE } from '../rooms/machine/commands.ts'
import { jid } from '../xmpp/jid.ts'
import { multiUserChat, roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { entityCapabilities } from '../xep/0115-entity-capabilities/index.ts'
import { serviceDiscovery } from '../xep/0030-service-discovery/index.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import { roomCommands } from './room-commands.ts'
import type { RoomPage } from './room-list.ts'
import type { AffiliationPage, OccupantPage, RoomReport } from './room-report.ts'

const MUC = 'http://jabber.org/protocol/muc'
const at = (name: string): string => `${name}@conference.example.net`
const DEN = at('den')
const NONE = { settings: {}, password: null, owners: [] }

async function operator(settings: object = {}, page = 100) {
  const server = await memoryServer({
    features: [serviceDiscovery, entityCapabilities, multiUserChat],
    settings: { 'multi-user-chat': settings },
  })
  const commands = commandsOf(...roomCommands(roomsOf(server.host), page))
  const ask = <T = unknown>(name: string, args: object): Promise<T> => runCommand(commands, name, args) as Promise<T>
  const enter = async (who: string, room: string) => {
    const client = await server.bind(`${who}@example.net`, '1')
    await client.send(`<presence to='${room}/${who}'><x xmlns='${MUC}'/></presence>`)
    return client
  }
  return { server, ask, enter }
}

test('room.create makes a room that stays, with settings and owners; the password is shown to nobody', async () => {
  const { server, ask, enter } = await operator()
  const owners = ['romeo@example.net', 'Juliet@elsewhere.example']
  await ask('room.create', { room: DEN, settings: { 'name': 'Den', 'members-only': 'yes' }, password: 'friend', owners })
  const report = await ask<RoomReport>('room.show', { room: DEN })
  const { persistent, name, 'members-only': membersOnly, 'password-protected': isProtected } = report.settings
  assert.deepEqual([persistent, name, membersOnly, isProtected], ['yes', 'Den', 'yes', 'yes'])
  assert.doesNotMatch(JSON.stringify(report), /friend/)
  assert.deepEqual([report.lockedFor, report.affiliations.owner], [null, 2])
  const { affiliations } = await ask<AffiliationPage>('room.affiliations', { room: DEN, after: '' })
  assert.deepEqual(
    affiliations.map(({ jid, affiliation }) => `${jid} ${affiliation}`),
    ['juliet@elsewhere.example owner', 'romeo@example.net owner'],
  )
  const tybalt = await enter('tybalt', DEN)
  assert.match(tybalt.texts().join(), /registration-required/)
  await assert.rejects(ask('room.create', { room: DEN, ...NONE }), /There is a room den@conference\.example\.net already/)
  assert.deepEqual(server.errors, [])
})

test('room.list: by address over all rooms, or those in memory in another order, pages of both', async () => {
  const { server, ask, enter } = await operator({}, 2)
  for (const name of ['a', 'b', 'c', 'd']) await ask('room.create', { room: at(name), ...NONE })
  await enter('romeo', at('b'))
  for (const who of ['romeo', 'juliet']) await enter(who, at('c'))
  const pages = async (order: string, find = ''): Promise<string[][]> => {
    const all: string[][] = []
    for (let after: string | null = ''; after !== null;) {
      const page: RoomPage = await ask('room.list', { find, after, order })
      all.push(page.rooms.map(({ jid, occupants }) => `${jid[0]!}${occupants}`))
      after = page.next
    }
    return all
  }
  assert.deepEqual(await pages('address'), [
    ['a0', 'b1'],
    ['c2', 'd0'],
  ])
  assert.deepEqual(await pages('occupants'), [
    ['c2', 'b1'],
    ['a0', 'd0'],
  ])
  assert.deepEqual((await pages('sent'))[0], ['c2', 'b1'])
  const who = [jid('romeo@example.net/1')]
  const order = { do: 'doubt', who, doubts: ['connection-paused'] } as const
  await roomsOf(server.host)!.rooms.perform({
    address: jid(at('b')),
    actor: SERVICE,
    command: order,
    create: null,
    answered: null,
  })
  assert.deepEqual((await pages('doubted'))[0], ['b1', 'a0'])
  assert.deepEqual(await pages('occupants', 'B@'), [['b1']])
  await assert.rejects(ask('room.list', { find: '', after: 'x', order: 'occupants' }), CommandError)
})

test('room.occupants: pages by nickname, real addresses, and who is in doubt', async () => {
  const { server, ask, enter } = await operator({}, 2)
  await ask('room.create', { room: DEN, ...NONE })
  for (const who of ['romeo', 'juliet', 'tybalt']) await enter(who, DEN)
  const session = [...server.host.sessions.all()].find(({ jid }) => jid.local === 'juliet')!
  const who = [session.jid]
  const doubt = { do: 'doubt', who, doubts: ['connection-paused'] } as const
  const { rooms } = roomsOf(server.host)!
  const [room] = rooms.all()
  await rooms.perform({ address: room!.room.address, actor: SERVICE, command: doubt, create: null, answered: null })
  const first = await ask<OccupantPage>('room.occupants', { room: DEN, after: '' })
  assert.deepEqual(first.occupants[0], {
    nick: 'juliet',
    jid: 'juliet@example.net',
    role: 'participant',
    affiliation: 'none',
    show: '',
    sessions: ['juliet@example.net/1'],
    doubts: ['connection-paused'],
  })
  const second = await ask<OccupantPage>('room.occupants', { room: DEN, after: first.next })
  assert.deepEqual([second.occupants.map(({ nick }) => nick), second.next], [['tybalt'], null])
  const { occupants, doubted, sent } = await ask<RoomReport>('room.show', { room: DEN })
  assert.deepEqual([occupants, doubted], [3, 1])
  // Each is told of those who are there, of themselves and the subject, and of those who come later
  assert.equal(sent, 2 + (3 + 1) + (4 + 2))
  const read = (name: string): number => server.host.metrics.gauges.find((gauge) => gauge.name === name)!.read()
  assert.deepEqual(
    ['', '_occupants', '_occupants_doubted'].map((end) => read(`porchlight_rooms${end}`)),
    [1, 3, 1],
  )
})

test('room.affiliation and room.destroy act at once on those who are inside, and say why', async () => {
  const { ask, enter } = await operator()
  await ask('room.create', { room: DEN, ...NONE, owners: ['romeo@example.net'] })
  const [juliet, romeo] = [await enter('juliet', DEN), await enter('romeo', DEN)]
  juliet.sent()
  const change = (jid: string, affiliation: string): Promise<unknown> =>
    ask('room.affiliation', { room: DEN, jid, affiliation, reason: 'the prince says so' })
  await change('juliet@example.net', 'outcast')
  assert.match(juliet.texts().join(), /affiliation='outcast' role='none'.*the prince says so.*code='301'/)
  await assert.rejects(change('romeo@example.net', 'outcast'), /Take that rank away first/)
  await assert.rejects(change('example.net', 'member'), /A domain can be banned/)
  await assert.rejects(change('romeo@example.net/1', 'none'), /is not the address of a person or a domain/)
  await change('romeo@example.net', 'none')
  romeo.sent()
  await ask('room.destroy', { room: DEN, alternate: at('balcony'), reason: 'over' })
  assert.match(romeo.texts().join(), /<destroy jid='balcony@conference\.example\.net'.*<reason>over/)
  await assert.rejects(ask('room.show', { room: DEN }), /There is no room/)
  await ask('room.create', { room: DEN, ...NONE })
})

test('room.kick, room.ban and room.role are for occupants, by nickname; a ban also for somebody absent, by address', async () => {
  const { ask, enter } = await operator()
  await ask('room.create', { room: DEN, ...NONE, settings: { moderated: 'yes' }, owners: ['romeo@example.net'] })
  const [tybalt, romeo] = [await enter('tybalt', DEN), await enter('romeo', DEN)]
  const reason = 'the prince says so'
  assert.deepEqual(await ask('room.role', { room: DEN, nick: 'tybalt', role: 'participant', reason }), {
    room: DEN,
    nick: 'tybalt',
    role: 'participant',
  })
  assert.match(tybalt.texts().join(), /affiliation='none' role='participant'/)
  await ask('room.kick', { room: DEN, nick: 'tybalt', reason })
  assert.match(tybalt.texts().join(), /role='none'.*the prince says so.*code='307'/)
  const again = await enter('tybalt', DEN)
  assert.deepEqual(await ask('room.ban', { room: DEN, who: 'tybalt', reason }), { room: DEN, jid: 'tybalt@example.net' })
  assert.match(again.texts().join(), /affiliation='outcast' role='none'.*code='301'/)
  assert.deepEqual(await ask('room.ban', { room: DEN, who: 'paris@example.net', reason: '' }), {
    room: DEN,
    jid: 'paris@example.net',
  })
  await assert.rejects(ask('room.ban', { room: DEN, who: 'mercutio', reason }), /Nobody with the nickname "mercutio" is in den@/)
  await assert.rejects(ask('room.ban', { room: DEN, who: 'romeo', reason }), /Take that rank away first/)
  await assert.rejects(ask('room.role', { room: DEN, nick: 'romeo', role: 'visitor', reason }), /Take that rank away first/)
  await assert.rejects(ask('room.kick', { room: DEN, nick: 'tybalt', reason }), /Nobody with this nickname is in the room/)
  await ask('room.kick', { room: DEN, nick: 'romeo', reason })
  assert.match(romeo.texts().join(), /code='307'/)
})

test('room.set: what cannot be is refused in the words of the operator, and nothing is changed', async () => {
  const { ask } = await operator()
  await ask('room.create', { room: DEN, ...NONE })
  const set = (settings: object, password: string | null = null): Promise<unknown> =>
    ask('room.set', { room: DEN, settings, password })
  for (const [settings, why] of [
    [{ colour: 'blue' }, /"colour" is not a setting of rooms\. Known are: name, description/],
    [{ password: 'friend' }, /"password" is not a setting/],
    [{ moderated: 'maybe' }, /moderated is yes or no, not "maybe"/],
    [{ 'occupants-max': '6000' }, /The setting occupants-max must be from 1 to 5000\./],
    [{ 'member-list': 'moderator,king' }, /"king" is none of them/],
    [{ 'password-protected': 'yes' }, /a room that is protected by a password needs one/],
  ] as const)
    await assert.rejects(set({ public: 'yes', ...settings }), why)
  const shown = async () => (await ask<RoomReport>('room.show', { room: DEN })).settings
  assert.equal((await shown())['public'], 'no')
  await set({ 'public': 'yes', 'member-list': 'moderator', 'occupants-max': 'unlimited', 'registration': 'off' }, 'friend')
  const settings = await shown()
  assert.deepEqual(
    ['public', 'member-list', 'occupants-max', 'registration', 'password-protected'].map((word) => settings[word]),
    ['yes', 'moderator', 'unlimited', 'off', 'yes'],
  )
  await set({}, '')
  assert.equal((await shown())['password-protected'], 'no')
  await set(settings, 'all of them can be given back')
})

test('an address that is no room, and a server that has no rooms', async () => {
  const { ask } = await operator()
  await assert.rejects(ask('room.show', { room: 'den' }), /Write it like team@conference\.example\.net/)
  await assert.rejects(ask('room.show', { room: 'den@example.net' }), /Its rooms are at conference\.example\.net/)
  await assert.rejects(ask('room.show', { room: DEN }), /There is no room den@conference\.example\.net/)
  const without = await operator({ enabled: false })
  await assert.rejects(without.ask('room.list', { find: '', after: '' }), /This server has no rooms/)
})
