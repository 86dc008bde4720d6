/** XEP-0310, XEP-0410: a server is killed and comes back while users of both are in a room on either (ROOM-84, 122, 137). */
import assert from 'node:assert/strict'
import type { Afterwards } from '../../support/afterwards.ts'
import type { ServerProcess } from '../../support/server-process.ts'
import { within } from '../../support/within.ts'
import { Guest } from '../in-a-room.ts'
import { Line } from '../line.ts'
import { PATIENCE_MS } from '../person.ts'
import { roomsOf } from './other-server.ts'
import type { Scene } from './rooms-across.ts'
import { OURS, THEIRS } from './two-servers.ts'

const DOUBTED = ['server-unavailable']

/** Their rooms have forgotten everybody. */
export async function theyForgetUs({ ours, theirs, romeo, nurse, juliet }: Scene): Promise<void> {
  const room = `cell@${roomsOf(THEIRS)}`
  const [host, guest] = [new Guest(nurse, room, 'Nurse'), new Guest(romeo, room, 'Romeo')]
  await host.found()
  await guest.enter('Nurse')
  await host.sees('Romeo')
  await isSettled(ours)
  await theirs.crash()
  await guest.sees('Nurse', { doubts: DOUBTED })
  await guest.sees('Romeo', { doubts: DOUBTED, codes: [110] })
  await theirs.start()
  await guest.seesGone('Nurse')
  await guest.seesGone('Romeo', { codes: [110, 333] })
  await guest.sawAll()
  for (const person of [nurse, juliet]) {
    await person.isCutOff()
    await person.logIn()
  }
}
/** Their users are not connected any more. */
export async function theirsAreGone({ ours, theirs, romeo, nurse, juliet }: Scene): Promise<void> {
  const room = `churchyard@${roomsOf(OURS)}`
  const [host, guest] = [new Guest(romeo, room, 'Romeo'), new Guest(juliet, room, 'Juliet')]
  await host.found()
  await guest.enter('Romeo')
  await host.sees('Juliet')
  await isSettled(ours)
  await theirs.crash()
  await host.sees('Juliet', { doubts: DOUBTED })
  await theirs.start()
  await host.seesGone('Juliet', { codes: [333] })
  for (const person of [nurse, juliet]) {
    await person.isCutOff()
    await person.logIn()
  }
  await guest.enter('Romeo')
  await host.sees('Juliet')
  await guest.say('Where is my Romeo?')
  for (const one of [host, guest]) await one.reads('Juliet', 'Where is my Romeo?')
  await guest.leave()
  await host.seesGone('Juliet')
  await host.leave()
  for (const one of [host, guest]) await one.sawAll()
}
/** Our rooms still have them: they have seen nothing of it. */
export async function weComeBack({ ours, romeo, mercutio, juliet }: Scene): Promise<void> {
  const room = `street@${roomsOf(OURS)}`
  const [host, guest] = [new Guest(romeo, room, 'Romeo'), new Guest(juliet, room, 'Juliet')]
  await host.found()
  await guest.enter('Romeo')
  await host.sees('Juliet')
  await isSettled(ours)
  await ours.kill()
  await ours.start()
  for (const person of [romeo, mercutio]) {
    await person.isCutOff()
    await person.logIn()
  }
  await guest.seesGone('Romeo', { codes: [333] })
  await host.enter('Juliet')
  await guest.seesAfterAll('Romeo')
  await guest.say('I was here all the time')
  for (const one of [host, guest]) await one.reads('Juliet', 'I was here all the time')
  await guest.sawAll()
}
/** A client that comes back for its session is in the room still, and nobody has seen anything. */
export async function weRestart(t: Afterwards, { ours, mercutio, nurse }: Scene): Promise<void> {
  const line = await Line.open(t, () => ours.port)
  const room = `square@${roomsOf(THEIRS)}`
  const [host, guest] = [new Guest(nurse, room, 'Nurse'), new Guest(mercutio, room, 'Mercutio')]
  await mercutio.logOut()
  mercutio.port = line.port
  mercutio.managed = true
  await mercutio.logIn()
  await host.found()
  await guest.enter('Nurse')
  await host.sees('Mercutio')
  await ours.restart()
  line.cut()
  await mercutio.isCutOff()
  await mercutio.resume()
  // There are links both ways now: a message of the room that finds none would put the guest out, as rooms do
  assert.equal(await guest.isIn(), '')
  for (const one of [host, guest]) {
    await one.say('Good day')
    for (const reader of [host, guest]) await reader.reads(one.nick, 'Good day')
  }
  assert.equal(await guest.isIn(), '')
  for (const one of [host, guest]) await one.sawAll()
}

/** Until all that our server has sent is acknowledged (XEP-0198), so that it is not sent again, and what it knows is saved for a crash. */
async function isSettled({ monitoringPort }: ServerProcess): Promise<void> {
  const values = async (): Promise<readonly string[]> => {
    const metrics = await (await fetch(`http://127.0.0.1:${monitoringPort}/metrics`)).text()
    return ['s2s_stanzas_unacknowledged', 's2s_stanzas_waiting', 'states_unwritten'].map(
      (name) => new RegExp(`^porchlight_${name} (\\d+)$`, 'm').exec(metrics)![1]!,
    )
  }
  const wait = async (): Promise<void> => {
    while ((await values()).some((value) => value !== '0'));
  }
  await within(PATIENCE_MS, 'all to be acknowledged and saved', wait())
}
