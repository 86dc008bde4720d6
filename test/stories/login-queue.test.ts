/** When many come at once: logins begin at a pace, in the order of their coming, and whoever waits loses nothing by it. */
import assert from 'node:assert/strict'
import { bareOf, PASSWORD, storyOn, type Cast } from '../support/story.ts'
import { SASL, TLS, type WireClient } from '../support/wire-client.ts'

/** One at once, and one more each 10 ms. */
const SLOW = { 'logins-per-second': 100 }
const HELLO = `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>biwsbj1hbGljZSxyPWFiY2RlZmdo</auth>`
const story = storyOn('memory')

/** Until what is in memory has found its way. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((next) => void setImmediate(next))
}

/** Streams on which a login has begun, one after the other. */
async function applicants(cast: Cast, count: number): Promise<WireClient[]> {
  await cast.server.account('alice')
  const wires: WireClient[] = []
  for (let i = 0; i < count; i++) wires.push(await cast.secured())
  for (const wire of wires) {
    wire.write(HELLO)
    await settle()
  }
  return wires
}
const waiting = (cast: Cast): number =>
  cast.server.host.metrics.gauges.find(({ name }) => name === 'porchlight_logins_waiting')!.read()
const answered = (wires: readonly WireClient[]): number[] => wires.flatMap((wire, i) => (wire.arrived.length > 0 ? [i] : []))

async function pass(cast: Cast, span: number): Promise<void> {
  cast.pass(span)
  await settle()
}

story('logins begin at a pace, in the order of their coming', { streams: SLOW }, async (cast) => {
  const wires = await applicants(cast, 4)
  assert.deepEqual([answered(wires), waiting(cast)], [[0], 3])
  await pass(cast, 10)
  assert.deepEqual([answered(wires), waiting(cast)], [[0, 1], 2])
  await pass(cast, 10)
  assert.deepEqual([answered(wires), waiting(cast)], [[0, 1, 2], 1])
  await pass(cast, 10)
  assert.deepEqual([answered(wires), waiting(cast)], [[0, 1, 2, 3], 0])
  for (const wire of wires) await wire.expect(`<challenge xmlns='${SASL}'>*</challenge>`)
})

story('who has gone takes nobody his turn', { streams: SLOW }, async (cast) => {
  const wires = await applicants(cast, 3)
  wires[1]!.link.drop()
  await settle()
  await pass(cast, 10)
  assert.deepEqual([answered(wires).filter((i) => i !== 1), waiting(cast)], [[0, 2], 0])
})

story('only so many may wait', { streams: { ...SLOW, 'waiting-logins': 1 } }, async (cast) => {
  const [, second, third] = await applicants(cast, 3)
  await third!.expectStreamError('resource-constraint')
  await pass(cast, 10)
  await second!.expect(`<challenge xmlns='${SASL}'>*</challenge>`)
})

story(
  'the time for a login begins when its turn has come',
  { streams: { 'logins-per-second': 1, 'login-timeout': 1500 } },
  async (cast) => {
    const wires = await applicants(cast, 3)
    for (let second = 0; second < 2; second++) {
      if (second === 1) wires[0]!.link.drop() // its own time is over
      await pass(cast, 1000)
    }
    await wires[2]!.expect(`<challenge xmlns='${SASL}'>*</challenge>`)
    await pass(cast, 1499)
    assert.deepEqual(wires[2]!.arrived, [])
    await pass(cast, 1)
    await wires[2]!.expectStreamError('connection-timeout')
  },
)

story('the whole way of a login that had to wait', { streams: SLOW }, async (cast) => {
  await applicants(cast, 1)
  const second = await cast.secured()
  const login = second.authenticate('alice', PASSWORD)
  await settle()
  assert.equal(waiting(cast), 1)
  await pass(cast, 10)
  assert.equal((await login).name, 'success')
  await second.open()
  await second.features()
  assert.equal(await second.bind('late'), `${bareOf('alice')}/late`)
})

storyOn('memory tls', 'starttls')(
  'T-C04: TLS that has to wait for its turn, and what was sent in the clear meanwhile',
  { streams: { 'logins-per-second': 20 } },
  async (cast) => {
    await cast.server.account('alice')
    const first = await cast.wire()
    await first.open()
    await first.features()
    await first.startTls()
    const second = await cast.wire()
    await second.open()
    await second.features()
    const refused = await cast.wire()
    await refused.open()
    await refused.features()
    second.write(`<starttls xmlns='${TLS}'/>`)
    refused.write(`<starttls xmlns='${TLS}'/>${HELLO}`)
    await refused.expectStreamError('not-authorized')
    if (cast.transport === 'memory tls') await pass(cast, 50)
    await second.expect(`<proceed xmlns='${TLS}'/>`)
    await second.secure()
    await second.open()
    await second.features()
    assert.equal((await second.authenticate('alice', PASSWORD)).name, 'success')
  },
)
