import assert from 'node:assert/strict'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { escape, wire } from '../xml/wire.ts'
import { Payload } from '../xmpp/packet.ts'
import type { CoreTables } from './core-tables.ts'
import { SqlLastPresence } from './last-presence.ts'
import { contract } from '../../test/support/contract.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'
const gone = Payload.ofText(wire(`<status xml:lang='de'>${escape('Auf Wiedersehen, <Küche> 🏃')}</status><x xmlns='a&amp;b'/>`))

contract('PRES: the last unavailable presence is kept octet for octet, until the next one', async (open) => {
  const { lastPresence, clock } = await open(ROMEO)
  assert.equal(await lastPresence.load(ROMEO), null)
  lastPresence.available(ROMEO, clock.now())
  lastPresence.unavailable(ROMEO, { at: clock.now() + 5, payload: gone })
  const last = await lastPresence.load(ROMEO)
  assert.deepEqual([last!.at, last!.payload.text], [clock.now() + 5, gone.text])
  lastPresence.available(ROMEO, clock.now() + 10)
  assert.equal(await lastPresence.load(ROMEO), null)
  lastPresence.unavailable(ROMEO, { at: clock.now() + 15, payload: Payload.empty })
  assert.deepEqual(await lastPresence.load(ROMEO), { at: clock.now() + 15, payload: Payload.empty })
})

contract('marks of one tick take effect in their order', async (open) => {
  const { lastPresence } = await open(ROMEO, JULIET)
  for (let at = 1; at <= 99; at++) {
    if (at % 2 === 0) lastPresence.available(ROMEO, at)
    else lastPresence.unavailable(ROMEO, { at, payload: Payload.empty })
  }
  await lastPresence.flush()
  assert.equal((await lastPresence.load(ROMEO))!.at, 99)
})

contract('after a crash, whoever was available was last seen at the last heartbeat, with nothing to say', async (open) => {
  const { lastPresence } = await open(ROMEO, JULIET, 'nurse@example.net')
  lastPresence.unavailable(ROMEO, { at: 1000, payload: gone })
  lastPresence.available(ROMEO, 2000)
  lastPresence.unavailable(JULIET, { at: 2500, payload: gone })
  lastPresence.heartbeat(3000)
  lastPresence.heartbeat(4000)
  assert.equal(await lastPresence.closeAfterCrash(), 1)
  assert.deepEqual(await lastPresence.load(ROMEO), { at: 4000, payload: Payload.empty })
  assert.equal((await lastPresence.load(JULIET))!.at, 2500)
  assert.equal(await lastPresence.load('nurse@example.net'), null)
  assert.equal(await lastPresence.closeAfterCrash(), 0)
})

contract('nobody was last seen before he came: not when the heart beat earlier, nor when it never did', async (open) => {
  const { lastPresence } = await open(ROMEO, JULIET)
  lastPresence.available(ROMEO, 2000)
  await lastPresence.closeAfterCrash()
  assert.equal((await lastPresence.load(ROMEO))!.at, 2000)
  lastPresence.heartbeat(2500)
  lastPresence.available(JULIET, 3000)
  await lastPresence.closeAfterCrash()
  assert.equal((await lastPresence.load(JULIET))!.at, 3000)
})

contract('a mark for an account that is gone within the moment is no mark and no error', async (open) => {
  const { lastPresence, warnings } = await open()
  lastPresence.available('nobody@example.net', 1)
  await lastPresence.flush()
  assert.equal(warnings.length, 0)
  assert.equal(await lastPresence.load('nobody@example.net'), null)
})

contract('marks that are gathered: the last of each account is written, and whoever asks has it', async (open) => {
  const { database } = await open(ROMEO, JULIET)
  const clock = new ManualClock()
  const marks = new SqlLastPresence(database, silent, clock)
  const written = async (): Promise<readonly number[]> =>
    (await database.schema<CoreTables>().selectFrom('last_presence').select('at').orderBy('at').execute()).map(({ at }) => at)
  marks.available(ROMEO, 1)
  marks.unavailable(ROMEO, { at: 2, payload: Payload.empty })
  marks.unavailable(JULIET, { at: 3, payload: Payload.empty })
  assert.deepEqual(await written(), [])
  clock.advance(250)
  assert.deepEqual(await written(), [2, 3])
  marks.unavailable(ROMEO, { at: 4, payload: Payload.empty })
  assert.equal((await marks.load(ROMEO))!.at, 4)
  marks.unavailable(ROMEO, { at: 5, payload: Payload.empty })
  await marks.flush()
  assert.deepEqual(await written(), [3, 5])
})

contract(
  'a server that was alive and has not said that it rests has crashed; one that was restarted properly has not',
  async (open) => {
    const { lastPresence, clock } = await open()
    assert.equal(await lastPresence.hasCrashed(), false, 'it was never alive')
    lastPresence.heartbeat(clock.now())
    assert.equal(await lastPresence.hasCrashed(), true)
    lastPresence.rest(clock.now())
    assert.equal(await lastPresence.hasCrashed(), false)
    assert.equal(await lastPresence.hasCrashed(), true, 'the mark is for one start')
  },
)
