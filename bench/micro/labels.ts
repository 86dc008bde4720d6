/**
 * What security labels cost (LAB-35): one decision that was made before, the label of a message that is new, and a message between two
 * clients with and without a policy. `node bench/micro/labels.ts`
 */
import { label, labelling } from '../../test/support/labels.ts'
import { memoryServer } from '../../test/support/memory-server.ts'
import { securityLabels } from '../../src/xep/0258-security-labels/index.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { wire } from '../../src/xml/wire.ts'
import { CLIENT } from '../../src/xmpp/ns.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { Packet, Payload } from '../../src/xmpp/packet.ts'

const ROUNDS = 5
const TIMES = 200_000

/** The best of some rounds, in nanoseconds for each. */
function measure(what: string, times: number, work: (i: number) => unknown): number {
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < times; i++) work(i)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / times)
  }
  console.log(`${what.padEnd(60)} ${best.toFixed(0).padStart(7)} ns`)
  return best
}

async function scene(withPolicy: boolean, inside: string): Promise<() => void> {
  const options = withPolicy ? { labelling: labelling() } : {}
  const server = await memoryServer({ features: [securityLabels], ...options })
  await server.friends('romeo@example.net', 'juliet@example.net')
  const [romeo, juliet] = [await server.bind('romeo@example.net', 'a'), await server.bind('juliet@example.net', 'b')]
  for (const client of [romeo, juliet]) await client.send('<presence/>')
  if (withPolicy)
    for (const subject of ['romeo@example.net', 'juliet@example.net'])
      await server.host.labels!.clearances.give({ kind: 'account', subject, clearance: 'secret' })
  const text = wire(inside)
  return () => {
    const packet = Packet.of({ kind: 'message', type: 'chat', from: romeo.jid, to: juliet.jid, payload: Payload.ofText(text) })
    server.server.receive(romeo.session, packet)
    juliet.texts()
  }
}

const server = await memoryServer({ features: [securityLabels], labelling: labelling() })
const labels = server.host.labels!
const who = jid('romeo@example.net')
await server.account(who.bare)
await labels.clearances.give({ kind: 'account', subject: who.bare, clearance: 'secret' })
const secret = labels.policy.labels.get('secret')!
const inside = `<body>hello</body>${label('secret')}`
const payload = Payload.of(...parseElement(wire(`<message xmlns='${CLIENT}'>${inside}</message>`)).elements)

measure('a decision about a label (LAB-35: below 1000)', TIMES * 10, () => labels.mayHave(who, secret))
measure('the same with the label of a message that was seen before', TIMES * 10, () =>
  labels.mayHave(who, labels.labelOf(payload)),
)
measure('the label of a new message', TIMES / 10, () => labels.labelOf(Payload.ofText(wire(inside))))
measure('that a new message has none', TIMES, () => labels.labelOf(Payload.ofText(wire('<body>hello</body>'))))
const plain = await scene(false, '<body>hello</body>')
const judged = await scene(true, '<body>hello</body>')
const marked = await scene(true, inside)
const base = measure('a message from client to client, no policy', TIMES / 10, plain)
for (const [what, send] of [
  ['a policy, no label', judged],
  ['a policy, a label', marked],
] as const)
  console.log(`  ratio ${(measure(`the same, ${what}`, TIMES / 10, send) / base).toFixed(2)}`)
