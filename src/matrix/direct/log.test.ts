import assert from 'node:assert/strict'
import { contract } from '../../../test/support/contract.ts'
import { seededEntropy } from '../../base/entropy.ts'
import { silent } from '../../base/log.ts'
import { EVERYTHING } from '../../rooms/room-log.ts'
import type { Entry } from '../../rooms/log.ts'
import type { AccountArchive } from '../../server/account-archive.ts'
import { openCoreStores } from '../../storage/stores.ts'
import { el, type Element } from '../../xml/element.ts'
import { escape } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { CORRECT, REACTIONS } from '../../xmpp/relations.ts'
import { TalkLog } from './log.ts'

const [EVE, GUS] = ['eve@a.example', 'gus@b.example']

/** What was read of it: calls, and messages that came back. */
interface Reads {
  calls: number
  messages: number
}
/** The same archive, with its look-ups counted. */
function counted(archive: AccountArchive, reads: Reads): AccountArchive {
  const lookups: ReadonlySet<string | symbol> = new Set(['about', 'lastAbout', 'byId', 'byFromId'])
  return new Proxy(archive, {
    get(target, name) {
      const own = Reflect.get(target, name) as unknown
      if (typeof own !== 'function') return own
      const call = own.bind(target) as (...parameters: unknown[]) => unknown
      if (!lookups.has(name)) return call
      return async (...parameters: unknown[]) => {
        const found = await call(...parameters)
        reads.calls += 1
        reads.messages += Array.isArray(found) ? found.length : 1
        return found
      }
    },
  })
}
const reacts = (id: string, all: readonly string[]): Element =>
  el('reactions', REACTIONS, { id }, ...all.map((one) => el('reaction', REACTIONS, {}, one)))
const body = (text: string): Element => el('body', 'jabber:client', {}, text)
const steps = (entries: readonly Entry[]): readonly unknown[] =>
  entries.map((entry) => (entry.kind === 'react' ? [entry.by, entry.added, entry.removed] : entry.kind))

contract('MXR-134: reactions of a page are read once, however many are about one message', async (open) => {
  const { database, clock } = await open(EVE)
  const parts = { clock, entropy: seededEntropy('talk log'), epoch: 'e1', log: silent, gathers: false }
  const { accountArchive: archive } = await openCoreStores(database, parts)
  const reads: Reads = { calls: 0, messages: 0 }
  const log = new TalkLog(counted(archive, reads), jid(EVE), GUS)
  let count = 0
  const say = (what: readonly Element[], isSent = false): Promise<void> => {
    const [from, to] = isSent ? [`${EVE}/desk`, GUS] : [`${GUS}/1`, EVE]
    const payload = Payload.of(...what)
    const packet = Packet.of({ kind: 'message', type: 'chat', from: jid(from), to: jid(to), id: escape(`m${++count}`), payload })
    return archive.append(EVE, { packet, id: archive.newId(count), at: count, isSent })
  }
  await say([body('hi')])
  for (let n = 0; n < 60; n++) await say([reacts('m1', [n % 2 === 0 ? '👍' : '🎉'])])
  await say([reacts('m1', ['❤'])], true)
  await say([body(`see ${REACTIONS}`), el('replace', CORRECT, { id: 'm1' })])
  await say([reacts('m1', [])])

  const { entries } = await log.page(EVERYTHING, 20, 'last')
  assert.ok(reads.calls < 20, `${reads.calls} look-ups for 20 entries`)
  assert.ok(reads.messages < 40, `${reads.messages} messages were read for 20 entries`)
  assert.deepEqual(steps(entries).slice(0, 1), [[GUS, ['🎉'], ['👍']]])
  assert.deepEqual(steps(entries).slice(-4), [[GUS, ['🎉'], ['👍']], [EVE, ['❤'], []], 'correct', [GUS, [], ['🎉']]])
  const [target] = (await log.page(EVERYTHING, 1, 'first')).entries
  assert.deepEqual(steps((await log.about(target!.id, 'react')).slice(0, 2)), [
    [GUS, ['👍'], []],
    [GUS, ['🎉'], ['👍']],
  ])
  assert.deepEqual([await log.reactionsOf(EVE, target!.id), await log.reactionsOf(GUS, target!.id)], [['❤'], []])
  assert.equal((await log.about(target!.id, 'react')).length, 62)

  const last = await archive.byId(jid(EVE), entries.at(-1)!.id)
  Object.assign(reads, { calls: 0, messages: 0 })
  const [alone] = await log.entriesOf([last!], entries.slice(0, -1))
  assert.deepEqual(alone, entries.at(-1))
  assert.ok(reads.messages <= 3, 'what a reaction has changed is known from the entries before it')
})
