import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { WaitingStanzas } from './queue.ts'

const stanza = (kind: 'presence' | 'message', nick: string, type: string, text: string): Packet =>
  Packet.of({ kind, type, from: jid(`den@x/${nick}`), payload: Payload.ofText(wire(text)) })

type Said = readonly [nick: string, what: 'here' | 'gone' | 'kicked' | 'says']
const packetOf = ([nick, what]: Said, i: number): Packet => {
  if (what === 'says') return stanza('message', nick, 'groupchat', `<body>${i}</body>`)
  if (what === 'here') return stanza('presence', nick, '', `<status>${i}</status>`)
  return stanza('presence', nick, 'unavailable', what === 'kicked' ? `<status code='307'/>` : '')
}
/** What a client knows after these stanzas: the presence of each nickname, and what was said by whom, seen or not. */
function viewOf(packets: readonly Packet[], shown: readonly string[]) {
  const here = new Map<string, string>(shown.map((nick) => [nick, 'listed']))
  const said: string[] = []
  let unseen = 0
  for (const { kind, type, from, payload } of packets) {
    if (kind === 'message') {
      said.push(`${from.resource} ${payload.text}`)
      if (!here.has(from.resource)) unseen += 1
    } else if (type === '') here.set(from.resource, payload.text)
    else here.delete(from.resource)
  }
  return { here: new Map([...here].toSorted()), said, unseen }
}
/** As a room sends it: nobody leaves or speaks who is not there. */
function possible(script: readonly Said[], shown: readonly string[]): readonly Said[] {
  const here = new Set(shown)
  return script.filter(([nick, what]) => {
    if (what === 'here') here.add(nick)
    else if (!here.has(nick)) return false
    else if (what !== 'says') here.delete(nick)
    return true
  })
}

test('property, ROOM-152: what waits leads to the same view, with fewer presences, and no message from somebody unseen', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom('A', 'B', 'C'),
          fc.constantFrom('here', 'here', 'gone', 'kicked', 'says') as fc.Arbitrary<Said[1]>,
        ),
        {
          maxLength: 30,
        },
      ),
      fc.subarray(['A', 'B']),
      fc.array(fc.boolean(), { maxLength: 10 }),
      (script, shown, takes) => {
        const waiting = new WaitingStanzas()
        for (const nick of shown) waiting.pass(nick, true)
        const packets = possible(script, shown).map(packetOf)
        const taken: Packet[] = []
        for (const [i, packet] of packets.entries()) {
          if (packet.kind === 'message') waiting.putLast(packet)
          else waiting.putPresence(packet)
          const next = takes[i] === true ? waiting.take() : null
          if (next !== null) taken.push(next)
        }
        for (let next = waiting.take(); next !== null; next = waiting.take()) taken.push(next)
        assert.deepEqual(viewOf(taken, shown), viewOf(packets, shown))
        assert.ok(taken.length <= packets.length)
        assert.equal(waiting.octets, 0)
        const kicked = (all: readonly Packet[]) => all.filter(({ payload }) => payload.text.includes('307')).length
        assert.equal(kicked(taken), kicked(packets), 'nobody is put out in silence')
      },
    ),
  ))

test('ROOM-152: of several presences the newest is left, and of a short stay nothing', () => {
  const waiting = new WaitingStanzas()
  const newest = packetOf(['A', 'here'], 3)
  for (const packet of [packetOf(['A', 'here'], 0), packetOf(['B', 'here'], 1), packetOf(['B', 'gone'], 2), newest])
    waiting.putPresence(packet)
  assert.equal(waiting.take(), newest)
  assert.equal(waiting.take(), null)
})
