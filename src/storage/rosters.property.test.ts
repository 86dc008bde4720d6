/** Any sequence of changes: the store knows what a plain map would, before and after tombstones go. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RosterChange, RosterItem } from '../server/ports.ts'
import { wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { contract } from '../../test/support/contract.ts'
import { CREDENTIALS, itemOf } from './testing.ts'

const DAY = 86_400_000
const contacts = ['juliet@example.com', 'nurse@example.com', 'gateway.example/registered'] as const

const contact = fc.constantFrom(...contacts)
const look = fc.record({
  name: fc.string({ unit: 'grapheme', maxLength: 8 }),
  groups: fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 4 }), { maxLength: 3 }),
  subscription: fc.constantFrom('none', 'to', 'from', 'both'),
  ask: fc.boolean(),
  approved: fc.boolean(),
})
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('change' as const),
      contact,
      look: fc.option(look),
      asks: fc.boolean(),
      pushed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('purge' as const), days: fc.integer({ min: 1, max: 60 }) }) },
)

interface Remembered {
  version: number
  item: RosterItem | null
  removedAt: number
}
class Model {
  version: number
  horizon: number
  readonly contacts = new Map<string, Remembered>()
  /** In the order of first asking: a map keeps the place of a key that is set again. */
  readonly pending = new Map<string, number>()

  constructor(version: number) {
    this.version = this.horizon = version
  }
  apply({ contact: { full }, item, pending, version, pushed }: RosterChange, now: number): void {
    this.version = version
    const known = this.contacts.get(full)
    if (pushed || (item !== null && known === undefined)) this.contacts.set(full, { version, item, removedAt: now })
    else if (item !== null) known!.item = item
    else if (known !== undefined && known.item !== null) this.contacts.delete(full)
    if (pending === null) this.pending.delete(full)
    else this.pending.set(full, pending.receivedAt)
  }
  purge(now: number): void {
    for (const [full, { item, version, removedAt }] of this.contacts) {
      if (item !== null || removedAt >= now - 90 * DAY) continue
      this.horizon = Math.max(this.horizon, version)
      this.contacts.delete(full)
    }
  }
  since(version: number): readonly (readonly [number, string, RosterItem | null])[] | null {
    if (version < this.horizon || version > this.version) return null
    const entries = [...this.contacts].map(([full, known]) => [known.version, full, known.item] as const)
    return entries.filter(([at]) => at > version).sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1))
  }
}
const plain = (item: RosterItem | null) => (item === null ? null : { ...item, jid: item.jid.full })

contract('RVER-3, RVER-6: the stored roster is that of a simple model, whatever happens', async (open) => {
  const { accounts, rosters, clock } = await open()
  let owners = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const owner = `owner${owners++}@example.net`
      await accounts.create(owner, CREDENTIALS, clock.now())
      const model = new Model(clock.now())
      const start = model.version
      for (const s of steps) {
        clock.advance(1)
        if (s.act === 'purge') {
          clock.advance(s.days * DAY)
          await rosters.purge(clock.now())
          model.purge(clock.now())
          continue
        }
        const from = jid(s.contact)
        const stanza = Packet.of({
          kind: 'presence',
          type: 'subscribe',
          from,
          to: jid(owner),
          payload: Payload.ofText(wire(`<n>${clock.now()}</n>`)),
        })
        const change: RosterChange = {
          contact: from,
          item: s.look === null ? null : itemOf(s.contact, s.look),
          pending: s.asks ? { from, stanza, receivedAt: clock.now() } : null,
          version: model.version + (s.pushed ? 1 : 0),
          pushed: s.pushed,
        }
        await rosters.save(owner, change)
        model.apply(change, clock.now())
      }
      const stored = await rosters.load(owner)
      assert.equal(stored.version, model.version)
      const items = [...model.contacts.values()].flatMap(({ item }) => (item === null ? [] : [plain(item)]))
      const byAddress = (list: readonly ReturnType<typeof plain>[]) => new Map(list.map((item) => [item!.jid, item]))
      assert.deepEqual(byAddress(stored.items.map(plain)), byAddress(items))
      assert.equal(stored.items.length, items.length)
      assert.deepEqual(
        stored.pending.map((p) => [p.from.full, p.receivedAt, p.stanza.payload.text]),
        [...model.pending].map(([full, at]) => [full, at, `<n>${at}</n>`]),
      )
      for (let version = start - 1; version <= model.version + 1; version++) {
        const changes = await rosters.changesSince(owner, version)
        const found = changes?.items.map((entry) => [entry.version, entry.jid.full, plain(entry.item)]) ?? null
        assert.deepEqual(found, model.since(version)?.map(([at, full, item]) => [at, full, plain(item)]) ?? null)
      }
    }),
    { numRuns: 40 },
  )
})
