/**
 * Our server and one of another make, each with its users, that talk to each other: by certificates of one authority, or
 * by dialback because neither knows the other's. What users of both see is what they see within one server.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { says } from '../../support/annotations.ts'
import { xmppJs } from '../makes.ts'
import type { DrivenPerson } from '../driven.ts'
import type { Account, Show } from '../person.ts'
import type { OtherMake } from './other-server.ts'
import { accountOf, openTwoServers, OURS, stateOfLink, THEIRS, type Proof, type TwoServers } from './two-servers.ts'
import { Watcher } from './watcher.ts'

const PINGS = 'urn:xmpp:ping'
const QUESTION = 'Art thou there? <3 & "quotes"'
const ANSWER = 'Ich bin hier, größer als 你好 🌹'

interface Scene extends TwoServers {
  readonly romeo: DrivenPerson
  readonly juliet: DrivenPerson
  readonly accountOfRomeo: Account
}

export function federates(make: OtherMake): void {
  const { name, missing: skip } = make
  federatesBy(make, 'certificates')
  test(`${name}, by dialback`, { skip }, async (t) => {
    const scene = await open(t, make, 'dialback', { grace: '200 ms' })
    await t.test('contacts, presence, probes, messages, disco', () => meet(scene))
    await t.test('their server is killed and comes back late', () => comesBackLate(scene))
  })
}

/** With certificates that hold: what a server that dies has not acknowledged gets there when it is back. */
export function federatesBy(make: OtherMake, proof: Exclude<Proof, 'dialback'>): void {
  test(`${make.name}, by ${proof}`, { skip: make.missing }, async (t) => {
    const scene = await open(t, make, proof, {})
    await t.test('contacts, presence, probes, messages, disco', () => meet(scene))
    await t.test('their server is killed and comes back within the grace', () => comesBackInTime(scene))
    await t.test('our server is killed and comes back', () => weComeBack(scene))
  })
}

async function open(t: TestContext, make: OtherMake, proof: Proof, times: Readonly<Record<string, string>>): Promise<Scene> {
  const two = await openTwoServers(t, make, proof, times)
  const accountOfRomeo = await accountOf(two, 'romeo')
  const romeo = await xmppJs.come(two.door, accountOfRomeo)
  const juliet = await xmppJs.come(two.theirs, await two.theirs.account('juliet'))
  t.after(() => Promise.all([romeo.close(), juliet.close()]))
  return { ...two, romeo, juliet, accountOfRomeo }
}

/** RFC 6121 3.1, 4.2 to 4.5, 5.2, XEP-0030, as between users of one server. */
async function meet({ romeo, juliet, make }: Scene): Promise<void> {
  await romeo.logIn()
  await juliet.logIn()
  await romeo.add(juliet.jid)
  await juliet.seesRequest(romeo.jid)
  if (make.acknowledgesRequests) await romeo.seesOffline(juliet.jid)
  await juliet.approve(romeo.jid)
  await romeo.sees(juliet.jid, 'online', '')
  await juliet.add(romeo.jid)
  await romeo.seesRequest(juliet.jid)
  await romeo.approve(juliet.jid)
  await juliet.sees(romeo.jid, 'online', '')
  await romeo.hasContact(juliet.jid, 'both')
  await juliet.hasContact(romeo.jid, 'both')
  await romeo.show('away', 'in the orchard')
  await juliet.sees(romeo.jid, 'away', 'in the orchard')
  await juliet.show('dnd', 'Nürnberg & <Verona>')
  await romeo.sees(juliet.jid, 'dnd', 'Nürnberg & <Verona>')
  await romeo.say(juliet.jid, QUESTION)
  await juliet.reads(romeo.jid, QUESTION)
  await juliet.say(romeo.jid, ANSWER)
  await romeo.reads(juliet.jid, ANSWER)
  assert((await features(romeo, THEIRS)).includes(PINGS))
  assert((await features(juliet, OURS)).includes(PINGS))
  await goAndCome(romeo, juliet, 'dnd', 'Nürnberg & <Verona>')
  await juliet.show('xa', 'asleep')
  await romeo.sees(juliet.jid, 'xa', 'asleep')
  await romeo.show('away', 'waiting')
  await juliet.sees(romeo.jid, 'away', 'waiting')
  await goAndCome(juliet, romeo, 'away', 'waiting')
  await settled(romeo, juliet)
}
const features = async (person: DrivenPerson, jid: string): Promise<readonly string[]> =>
  (await person.order({ do: 'disco', jid })) as readonly string[]

/** One logs out and in again, and is told by a probe how the other is, who has said nothing (4.3). */
async function goAndCome(one: DrivenPerson, other: DrivenPerson, show: Show, status: string): Promise<void> {
  await one.logOut()
  await other.seesOffline(one.jid)
  await one.logIn()
  await one.sees(other.jid, show, status)
  await other.sees(one.jid, 'online', '')
}
/** What each has sent has been done, and nobody was told more than he has read. */
async function settled(romeo: DrivenPerson, juliet: DrivenPerson): Promise<void> {
  await answered(romeo, juliet)
  await romeo.sawAllOf(juliet.jid)
  await juliet.sawAllOf(romeo.jid)
}
/** The same for messages. */
async function answered(romeo: DrivenPerson, juliet: DrivenPerson): Promise<void> {
  await romeo.order({ do: 'ping', jid: THEIRS })
  await juliet.order({ do: 'ping', jid: OURS })
  for (const person of [romeo, juliet]) assert.deepEqual(person.unread('message'), [])
}

/** What was written to it, and what was said while it was away, gets there. */
async function comesBackInTime({ ours, theirs, romeo, juliet, make }: Scene): Promise<void> {
  if (make.acknowledges) {
    theirs.freeze()
    await romeo.say(juliet.jid, 'Nobody has read this')
    await romeo.order({ do: 'ping', jid: OURS })
  }
  await theirs.crash()
  await juliet.isCutOff()
  await stateOfLink(ours, 'suspect')
  await romeo.say(juliet.jid, 'Farewell')
  await theirs.start()
  await romeo.seesOffline(juliet.jid)
  await juliet.logIn()
  if (make.acknowledges) await juliet.readsAtLast(romeo.jid, 'Nobody has read this', QUESTION)
  await juliet.reads(romeo.jid, 'Farewell')
  await juliet.sees(romeo.jid, 'away', 'waiting')
  await romeo.sees(juliet.jid, 'online', '')
  await settled(romeo, juliet)
}

async function comesBackLate({ ours, theirs, romeo, juliet, accountOfRomeo }: Scene): Promise<void> {
  const watcher = await Watcher.come(ours, accountOfRomeo)
  try {
    await juliet.sees(romeo.jid, 'online', '')
    await watcher.sees(juliet.jid, `<presence>*</presence>`)
    await goAndCome(romeo, juliet, 'online', '') // he may have been told what the watcher's probe was answered
    await theirs.crash()
    await watcher.sees(juliet.jid, `<presence>*${says(OURS, 'server-unavailable', 'en', '*')}</presence>`)
    await juliet.isCutOff()
    await theirs.start()
    // The link is back, and the doubt stays until the answer to a probe says what has become of her
    await watcher.sees(juliet.jid, `<presence type='unavailable'>*</presence>`)
    await romeo.seesOffline(juliet.jid)
    await juliet.logIn()
    await romeo.sees(juliet.jid, 'online', '')
    await watcher.sees(juliet.jid, `<presence>*</presence>`)
    await stateOfLink(ours, 'up')
  } finally {
    watcher.close()
  }
}

/** His session of before the crash may be shown until he is back, and then ends: docs/decisions/018-sessions-over-a-restart.md. */
async function weComeBack({ ours, romeo, juliet }: Scene): Promise<void> {
  await ours.kill()
  await romeo.isCutOff()
  await ours.start()
  await romeo.logIn()
  await romeo.seesAtLast(juliet.jid, 'online', '')
  await juliet.seesAtLast(romeo.jid, 'online', '')
  await juliet.say(romeo.jid, 'Welcome')
  // What came in the seconds before the crash may come again
  await romeo.readsAtLast(juliet.jid, 'Welcome', ANSWER)
  await romeo.say(juliet.jid, 'Well met')
  await juliet.reads(romeo.jid, 'Well met')
  await answered(romeo, juliet)
}
