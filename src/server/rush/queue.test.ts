import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import { HeldPresence } from './queue.ts'

const presence = (from: string, id: number, type = ''): Packet =>
  Packet.of({ kind: 'presence', type, from: jid(from), id: wire(String(id)) })

test('property: of each resource its last presence is left, in the order in which those came', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a@x/1', 'a@x/2', 'a@x', 'b@x/1'), fc.boolean()), { maxLength: 30 }),
      (said) => {
        const held = new HeldPresence()
        const packets = said.map(([from, isGone], i) => presence(from, i, isGone ? 'unavailable' : ''))
        for (const packet of packets) held.put(packet)
        const last = packets.filter((p) => packets.findLast(({ from }) => from.full === p.from.full) === p)
        const ofA = last.filter(({ from }) => from.bare === 'a@x')
        assert.deepEqual(held.takeOf('a@x'), ofA)
        assert.deepEqual(
          held.takeAll(),
          last.filter((p) => !ofA.includes(p)),
        )
        assert.equal(held.size, 0)
      },
    ),
  ))
