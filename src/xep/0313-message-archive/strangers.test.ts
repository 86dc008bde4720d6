import assert from 'node:assert/strict'
import type { Host } from '../../server/feature.ts'
import { LocalAccount } from '../../server/account/session.ts'
import { SlotBook } from '../../server/account/slots.ts'
import { WrittenTo } from '../../server/account/written-to.ts'
import { Parties } from '../../server/routing/parties.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { SqlCorrespondents } from '../../storage/correspondents.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { wire } from '../../xml/wire.ts'
import { contract } from '../../../test/support/contract.ts'
import { Roster } from '../../im/account.ts'
import { migrations, Strangers } from './strangers.ts'

const ROMEO = 'romeo@example.net'
const DAY = 86_400_000
const router = { kindOf: (domain: string) => (domain === 'example.net' ? 'accounts' : 'elsewhere') } as Host['router']

contract('MAM-41: who has how much of what strangers may add, and for how long it counts', async (open) => {
  const { database, clock } = await open(ROMEO)
  await database.migrate('xep-0313', migrations)
  const slots = new SlotBook<LocalAccount>()
  const accounts = { slots, release: () => {} }
  const writtenTo = new WrittenTo({ accounts, clock, store: new SqlCorrespondents(database), max: 10 })
  const parties = new Parties()
  parties.learn('a.evil.example', ['one certificate'])
  parties.learn('b.evil.example', ['one certificate'])
  const parts = { clock, database, router, parties, writtenTo, messagesMax: 8, octetsMax: 4000 }
  const strangers = new Strangers(parts)
  const account = new LocalAccount(jid(ROMEO), new Roster(0, [], []))
  account.furnish(slots.fill(account))
  let seq = 0
  const add = async (from: string, octets = 100): Promise<boolean> => {
    const payload = Payload.ofText(wire(`<body>${'x'.repeat(octets)}</body>`))
    const packet = Packet.of({ kind: 'message', from: jid(from), to: jid(ROMEO), payload })
    const along = await strangers.shareOf(account, packet)
    try {
      await database.atomically(along((seq += 1)))
      return true
    } catch (error) {
      assert(error instanceof StorageError && error.trouble === 'nothing-changed')
      return false
    }
  }
  const times = async (n: number, from: string, octets?: number): Promise<number> => {
    let stored = 0
    for (let i = 0; i < n; i++) if (await add(from.replace('*', String(i)), octets)) stored += 1
    return stored
  }
  assert.equal(await times(6, 'x*@a.evil.example/1'), 4)
  assert.equal(await times(6, 'y@b.evil.example'), 0, 'the same party')
  assert.equal(await times(6, 'eve@example.net/1'), 2)
  assert.equal(await times(6, 'mallory@example.net/1'), 1)
  assert.equal(await times(1, 'good@c.example', 3000), 0, 'octets')
  assert.equal(await times(6, `${ROMEO}/2`), 6, 'the user is no stranger')
  await writtenTo.note(account, jid('friend@a.evil.example'))
  assert.equal(await times(6, 'friend@a.evil.example/1'), 6)
  clock.advance(30 * DAY - 1)
  assert.equal(await times(1, 'eve@example.net/1'), 0)
  clock.advance(1)
  assert.equal(await times(6, 'eve@example.net/1'), 4)
  const rows = async (): Promise<number> =>
    (await database.read({ sql: 'select seq from archive_stranger', parameters: [] })).length
  assert.equal(await rows(), 11)
  await strangers.shorten(ROMEO, 0)
  assert.equal(await rows(), 4, 'what does not count any more is forgotten')
  await strangers.shorten(ROMEO, seq - 3)
  assert.ok((await rows()) < 4, 'what has gone from the archive too')
})
