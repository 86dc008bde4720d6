import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Occupant } from '../../rooms/machine/room.ts'
import { audienceOf, HeldNews, type Exit } from './news.ts'

const occupant = (nick: string, arrival: number, id = nick): Occupant =>
  ({ nick, id, arrival, sessions: [], doubts: [] }) as unknown as Occupant
const exitOf = (who: Occupant): Exit => ({ tell: 'out', occupant: who }) as unknown as Exit

test('ROOM-152: of somebody who comes and goes while nobody enters, nothing is told', () => {
  const held = new HeldNews()
  const bob = occupant('Bob', 2)
  assert(held.put(bob, null, null, 2))
  assert(held.put(bob, bob, exitOf(bob), 2))
  assert.deepEqual(held.take(), [])
})
test('ROOM-152: whoever has the nickname of somebody whose leaving waits is told after it', () => {
  const held = new HeldNews()
  const bob = occupant('Bob', 2)
  assert(held.put(bob, bob, exitOf(bob), 3))
  assert(!held.put(occupant('Bob', 4, 'somebody else'), null, null, 4))
})

type Step = { readonly do: 'in' | 'out' | 'update'; readonly nick: string } | { readonly do: 'watch' }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('in' as const, 'out' as const, 'update' as const), nick: fc.constantFrom('A', 'B', 'C') }),
  fc.constant<Step>({ do: 'watch' }),
)
/** What one viewer believes: which record it was shown of each nickname. */
type View = Map<string, Occupant>

test('ROOM-152: property: when what waits is told, everybody sees the room as it is, whenever they entered', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(39)), (steps, tellings) => {
      const held = new HeldNews()
      const there: View = new Map()
      const viewers = new Map<Occupant, View>()
      let arrivals = 0
      const tell = (): void => {
        for (const news of held.take()) {
          const { knowing, others } = audienceOf(news, viewers.keys())
          for (const viewer of [...knowing, ...others])
            if (news.exit === null) viewers.get(viewer)!.set(news.now.nick, news.now)
            else assert(viewers.get(viewer)!.delete(news.now.nick), 'nobody is told that somebody unseen has gone')
          for (const viewer of knowing) assert(news.before !== null && viewer.arrival <= news.changes[0]!.at)
        }
      }
      for (const [i, now] of steps.entries()) {
        if (now.do === 'watch') viewers.set(occupant(`viewer ${i}`, (arrivals += 1)), new Map(there))
        else {
          const before = there.get(now.nick) ?? null
          if ((before === null) !== (now.do === 'in')) continue
          const after = now.do === 'in' ? occupant(now.nick, (arrivals += 1)) : { ...before! }
          if (now.do === 'out') there.delete(now.nick)
          else there.set(now.nick, after)
          assert(held.put(after, before, now.do === 'out' ? exitOf(after) : null, arrivals))
        }
        if (tellings.includes(i)) tell()
      }
      tell()
      for (const view of viewers.values()) assert.deepEqual([...view].toSorted(), [...there].toSorted())
    }),
  )
})
