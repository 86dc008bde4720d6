/** XEP-0045, XEP-0410: users of our server and of one of another make, with slixmpp, in a room on either. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Guest } from '../in-a-room.ts'
import { slixmppInRooms } from '../makes.ts'
import type { Endpoints } from '../person.ts'
import { roomsOf, type OtherMake } from './other-server.ts'
import { theirsAreGone, theyForgetUs, weComeBack, weRestart } from './room-outages.ts'
import { accountOf, openTwoServers, OURS, THEIRS, type TwoServers } from './two-servers.ts'

export interface Scene extends TwoServers {
  /** Of our server and of theirs, two each. None of them is a contact of another. */
  readonly romeo: Guest['person']
  readonly mercutio: Guest['person']
  readonly juliet: Guest['person']
  readonly nurse: Guest['person']
}

export function meetInRooms(make: OtherMake): void {
  test(`${make.name}: rooms across`, { skip: make.missing || slixmppInRooms.missing }, async (t) => {
    const scene = await open(t, make)
    await t.test('their users in our room', () => theirsHere(scene))
    await t.test('our users in their room', () => oursThere(scene))
    await t.test('their server is killed, with ours in a room there', () => theyForgetUs(scene))
    await t.test('their server is killed, with theirs in a room here', () => theirsAreGone(scene))
    await t.test('our server is killed, with theirs in a room here', () => weComeBack(scene))
    await t.test('our server is restarted, with ours in a room there', () => weRestart(t, scene))
  })
}

async function open(t: TestContext, make: OtherMake): Promise<Scene> {
  const two = await openTwoServers(t, make, 'certificates', { grace: '5 s' })
  const door: Endpoints = Object.create(two.door, { host: { value: '127.0.0.1' } }) // slixmpp looks for the name of the domain then
  const [romeo, mercutio] = await Promise.all(
    ['romeo', 'mercutio'].map(async (name) => slixmppInRooms.come(door, await accountOf(two, name))),
  )
  const [juliet, nurse] = await Promise.all(
    ['juliet', 'nurse'].map(async (name) => slixmppInRooms.come(two.theirs, await two.theirs.account(name))),
  )
  const all = [romeo!, mercutio!, juliet!, nurse!]
  t.after(() => Promise.all(all.map((person) => person.close())))
  await Promise.all(all.map((person) => person.logIn()))
  await juliet!.order({ do: 'publish', name: 'Giulietta' })
  return { ...two, romeo: romeo!, mercutio: mercutio!, juliet: juliet!, nurse: nurse! }
}

async function theirsHere({ romeo, mercutio, juliet }: Scene): Promise<void> {
  const room = `orchard@${roomsOf(OURS)}`
  await talk(new Guest(romeo, room, 'Romeo'), new Guest(juliet, room, 'Juliet'), new Guest(mercutio, room, 'Mercutio'))
}
async function oursThere({ romeo, juliet, nurse }: Scene): Promise<void> {
  const room = `balcony@${roomsOf(THEIRS)}`
  await talk(new Guest(nurse, room, 'Nurse'), new Guest(romeo, room, 'Romeo'), new Guest(juliet, room, 'Juliet'))
}

/** `owner` and `other` have the room on their server; `guest` comes from elsewhere. Only the owner learns real addresses. */
async function talk(owner: Guest, guest: Guest, other: Guest): Promise<void> {
  const all = [owner, guest, other]
  for (const one of all) await one.forgetOctets()
  const addressOf = { [guest.nick]: guest.person.jid, [other.nick]: other.person.jid }
  await owner.found()
  await guest.enter(owner.nick)
  await owner.sees(guest.nick, { jid: addressOf[guest.nick]! })
  await other.enter(owner.nick, guest.nick)
  await owner.sees(other.nick, { jid: addressOf[other.nick]! })
  await guest.sees(other.nick, { jid: '' })
  for (const one of all) {
    await one.say(`I am ${one.nick}, größer als 你好 & <3`)
    for (const reader of all) await reader.reads(one.nick, `I am ${one.nick}, größer als 你好 & <3`)
  }
  assert.deepEqual(await Promise.all(all.map((one) => one.isIn())), ['', '', ''])
  assert.deepEqual(await Promise.all([guest.ping(other.nick), other.ping(guest.nick)]), ['', ''])
  await seeCards(guest, other)
  const before = guest.nick
  await guest.rename('Capulet')
  for (const one of [owner, other]) await one.seesRenamed(before, 'Capulet')
  assert.equal(await guest.isIn(), '')
  await owner.kick('Capulet')
  await guest.seesGone('Capulet', { codes: [110, 307] })
  for (const one of [owner, other]) await one.seesGone('Capulet', { codes: [307] })
  assert.equal(await guest.isIn(), 'not-acceptable')
  await guest.enter(owner.nick, other.nick)
  for (const one of [owner, other]) await one.sees('Capulet')
  await guest.leave()
  for (const one of [owner, other]) await one.seesGone('Capulet')
  assert.equal(await guest.isIn(), 'not-acceptable')
  await other.leave()
  await owner.seesGone(other.nick)
  await owner.leave()
  for (const one of all) await one.sawAll()
  await guest.neverLearnt(owner.person.jid, other.person.jid)
  await other.neverLearnt(owner.person.jid, guest.person.jid)
}

/** Whose vCard is to be had by others (XEP-0054): Juliet's, who has one. */
async function seeCards(guest: Guest, other: Guest): Promise<void> {
  for (const [asker, asked] of [
    [guest, other],
    [other, guest],
  ] as const)
    if (asked.person.jid.startsWith('juliet')) assert.equal(await asker.nameOnCard(asked.nick), 'Giulietta')
}
