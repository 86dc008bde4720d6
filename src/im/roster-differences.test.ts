import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { Roster, type PendingRequest, type RosterItem } from './account.ts'
import { differences } from './roster-differences.ts'

const contact = fc.constantFrom('a@b.example', 'b@b.example', 'c@b.example', 'gateway.example/registered')
const items = fc.uniqueArray(
  fc.record({
    jid: contact.map(jid),
    name: fc.constantFrom('', 'Bob'),
    groups: fc.subarray(['Friends', 'Work']),
    subscription: fc.constantFrom('none', 'to', 'from', 'both'),
    ask: fc.boolean(),
    approved: fc.boolean(),
  }),
  { selector: (item) => item.jid.full },
)
const requests = fc.uniqueArray(
  fc
    .record({ from: contact.map(jid), status: fc.constantFrom('hi', 'please'), receivedAt: fc.nat(2) })
    .map(({ from, status, receivedAt }): PendingRequest => ({
      from,
      receivedAt,
      stanza: Packet.of({
        kind: 'presence',
        type: 'subscribe',
        from,
        payload: Payload.ofText(wire(`<status>${status}</status>`)),
      }),
    })),
  { selector: (request) => request.from.full },
)
const state = fc.record({ version: fc.integer({ min: 10, max: 20 }), items, pending: requests })
const told = (item: RosterItem | null | undefined) => (item === undefined ? null : item)

test('Applied, the differences make the roster the stored one; an unchanged contact has none', () => {
  fc.assert(
    fc.property(state, state, (before, stored) => {
      const roster = new Roster(5, before.items, before.pending)
      const unchanged = new Roster(5, before.items, before.pending)
      const changes = differences(roster, stored)
      for (const change of changes) {
        const { full } = change.contact
        assert.equal(change.pushed, JSON.stringify(told(roster.item(full))) !== JSON.stringify(change.item))
        roster.apply(change)
      }
      const wanted = new Roster(stored.version, stored.items, stored.pending)
      for (const { full } of new Set([...unchanged.items(), ...wanted.items()].map((item) => item.jid))) {
        assert.deepEqual(told(roster.item(full)), told(wanted.item(full)))
        assert.deepEqual(roster.pendingFrom(full)?.stanza.wire, wanted.pendingFrom(full)?.stanza.wire)
      }
      assert.equal(roster.size, wanted.size)
      assert.equal(roster.pendingCount, wanted.pendingCount)
      assert.deepEqual(differences(roster, { ...stored, version: roster.version }), [])
    }),
  )
})

test('RFC 6121 2.6.3: the last push alone bears the stored version', () => {
  fc.assert(
    fc.property(state, state, (before, stored) => {
      const changes = differences(new Roster(5, before.items, before.pending), stored)
      const pushes = changes.filter(({ pushed }) => pushed)
      assert.deepEqual(
        pushes.map(({ version }) => version),
        pushes.map((_, i) => (i === pushes.length - 1 ? stored.version : 5)),
      )
    }),
  )
})
