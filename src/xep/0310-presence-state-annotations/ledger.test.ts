import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import { PresenceLedger } from './ledger.ts'

const AMPLE = { presencesMax: 100, octetsMax: 10_000 }
const presence = (from: string, content = ''): Packet =>
  Packet.of({ kind: 'presence', from: jid(from), payload: Payload.ofText(wire(content)) })

/** What a ledger says of itself must be what is in it. */
function sums(ledger: PresenceLedger): void {
  const all = [...ledger.all()]
  assert.equal(ledger.size, all.length)
  assert.equal(
    ledger.octets,
    all.reduce((sum, { packet }) => sum + packet.payload.text.length, 0),
  )
  assert.equal(ledger.doubted, all.filter(({ told }) => told !== null).length)
  assert.deepEqual([...ledger.domains].flatMap((domain) => [...ledger.of(domain)]).length, all.length)
}

test('PSA-7: the last available presence of each full JID', () => {
  const ledger = new PresenceLedger(AMPLE)
  ledger.show(presence('j@b/orchard', '<show>away</show>'), null, 1)
  ledger.show(presence('j@b/phone'), null, 2)
  ledger.show(presence('j@b/orchard', '<show>xa</show>'), null, 3)
  ledger.show(presence('k@c/x'), null, 4)
  assert.deepEqual(
    [...ledger.of('b')].map(({ packet, at }) => [packet.from.full, packet.payload.text, at]),
    [
      ['j@b/orchard', '<show>xa</show>', 3],
      ['j@b/phone', '', 2],
    ],
  )
  sums(ledger)
})

test('PSA-25: who is gone is gone, a resource or all of them', () => {
  const ledger = new PresenceLedger(AMPLE)
  for (const from of ['j@b/1', 'j@b/2', 'j@b', 'jay@b/1', 'b', 'b/1']) ledger.show(presence(from), 'server-unavailable', 0)
  ledger.close(jid('j@b/1'))
  assert.deepEqual(
    [...ledger.of('b')].map((s) => s.packet.from.full),
    ['j@b/2', 'j@b', 'jay@b/1', 'b', 'b/1'],
  )
  ledger.close(jid('j@b'))
  assert.deepEqual(
    [...ledger.of('b')].map((s) => s.packet.from.full),
    ['jay@b/1', 'b', 'b/1'],
  )
  ledger.close(jid('b'))
  assert.deepEqual(
    [...ledger.of('b')].map((s) => s.packet.from.full),
    ['jay@b/1'],
  )
  sums(ledger)
})

test('PSA-27: nothing is told twice, and nothing is taken back that was not told', () => {
  const ledger = new PresenceLedger(AMPLE)
  ledger.show(presence('j@b/1'), null, 0)
  const shown = ledger.get(jid('j@b/1'))!
  assert.equal(ledger.tell(shown, null, 5), false)
  assert.equal(ledger.tell(shown, 'server-unavailable', 5), true)
  assert.equal(ledger.tell(shown, 'server-unavailable', 5), false)
  assert.equal(ledger.tell(shown, 'connection-paused', 5), true)
  assert.equal(ledger.tell(shown, null, 5), true)
  assert.equal(ledger.tell(shown, null, 5), false)
})

test('PSA-25: a new presence brings its own doubt, or none', () => {
  const ledger = new PresenceLedger(AMPLE)
  ledger.show(presence('j@b/1'), 'connection-paused', 0)
  ledger.show(presence('j@b/1'), null, 0)
  assert.equal(ledger.tell(ledger.get(jid('j@b/1'))!, null, 5), false)
  sums(ledger)
})

test('what the client has been told of since is no news, even if somebody still holds it', () => {
  const ledger = new PresenceLedger(AMPLE)
  ledger.show(presence('j@b/1'), null, 0)
  const old = ledger.get(jid('j@b/1'))!
  ledger.close(jid('j@b/1'))
  assert.equal(ledger.tell(old, 'server-unavailable', 5), false)
  ledger.show(presence('j@b/1'), null, 0)
  assert.equal(ledger.tell(old, 'server-unavailable', 5), false)
  sums(ledger)
})

test('beyond its limits nothing is noted, and nothing false is left behind', () => {
  const few = new PresenceLedger({ presencesMax: 2, octetsMax: 100 })
  assert.deepEqual(
    ['j@b/1', 'j@b/2', 'j@b/3', 'j@b/2'].map((from) => few.show(presence(from), null, 0)),
    [true, true, false, true],
  )
  const small = new PresenceLedger({ presencesMax: 10, octetsMax: 10 })
  assert.equal(small.show(presence('j@b/1', '<a>12</a>'), 'server-unavailable', 0), true)
  assert.equal(small.show(presence('j@b/2', '<a/>'), null, 0), false)
  assert.equal(small.show(presence('j@b/1', '<a>1234</a>'), null, 0), false)
  assert.equal(small.get(jid('j@b/1')), undefined) // the client has seen another one since
  assert.equal(small.octets, 0)
  for (const ledger of [few, small]) sums(ledger)
})

type Step =
  | readonly ['show', from: string]
  | readonly ['close', from: string]
  | readonly ['doubt', from: string, Doubt | null]
  | readonly ['look', from: string]

const FULL = ['j@b/1', 'j@b/2', 'k@b/1', 'm@c/1']
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('show' as const), fc.constantFrom(...FULL)),
    fc.tuple(fc.constant('close' as const), fc.constantFrom(...FULL, 'j@b', 'm@c', 'nobody@b')),
    fc.tuple(
      fc.constant('doubt' as const),
      fc.constantFrom(...FULL),
      fc.constantFrom<Doubt | null>(null, 'server-unavailable', 'connection-paused'),
    ),
    fc.tuple(fc.constant('look' as const), fc.constantFrom(...FULL)),
  ),
  { maxLength: 60 },
)

test('PSA-27: whatever happens, the client hears of each change once, and in the end believes what is so', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (script, presencesMax) => {
      const ledger = new PresenceLedger({ presencesMax, octetsMax: 1000 })
      const truth = new Map<string, Doubt | null>(FULL.map((full) => [full, null]))
      /** What the client has seen: by full JID the last annotation, undefined: not available. */
      const seen = new Map<string, Doubt | null>()
      const look = (from: string): void => {
        const shown = ledger.get(jid(from))
        const doubt = truth.get(from)!
        if (shown === undefined || !ledger.tell(shown, doubt, 5)) return
        assert(seen.has(from), 'nobody is annotated who was not shown')
        assert.notEqual(seen.get(from), doubt, 'not the same twice; not empty without one before')
        seen.set(from, doubt)
      }
      for (const [what, from, ...more] of script) {
        if (what === 'show') {
          ledger.show(presence(from), truth.get(from)!, 0)
          seen.set(from, truth.get(from)!)
        } else if (what === 'close') {
          ledger.close(jid(from))
          for (const full of [...seen.keys()]) if (full === from || full.startsWith(`${from}/`)) seen.delete(full)
        } else if (what === 'doubt') truth.set(from, more[0]!)
        else look(from)
        sums(ledger)
        for (const { packet, told } of ledger.all()) assert.equal(seen.get(packet.from.full), told)
      }
      for (const from of FULL) look(from)
      for (const { packet } of ledger.all()) assert.equal(seen.get(packet.from.full), truth.get(packet.from.full))
    }),
    { numRuns: 500 },
  )
})
