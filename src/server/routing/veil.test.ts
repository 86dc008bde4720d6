import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/manual-clock.ts'
import { memoryServer, settled, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import { offlineMessages } from '../../xep/0160-offline-messages/index.ts'
import { Veil } from './veil.ts'

const STEP = 10
/** Somebody who is there, somebody who is away and in memory, somebody who has to be read, and nobody. */
const VICTIMS = ['here', 'away', 'unread', 'nobody']
const STRANGER = 'tybalt@example.net'

async function scene(): Promise<{ readonly server: MemoryServer; readonly stranger: Client }> {
  const server = await memoryServer({ features: [offlineMessages], limits: { 'strangers-step': STEP } })
  const here = await server.bind('here@example.net', '1')
  await here.send('<presence/>')
  await server.account('unread@example.net')
  await server.account('away@example.net')
  await server.host.accounts.load('away@example.net')
  return { server, stranger: await server.bind(STRANGER, 'x') }
}

/** After how many milliseconds, looked at one by one, something has come. */
async function timeOf(server: MemoryServer, something: () => number): Promise<number> {
  for (let ms = 0; ms <= 10 * STEP; ms++) {
    await settled()
    if (something() > 0) return ms
    await server.advance(1)
  }
  return Infinity
}

for (const [what, xml] of [
  ['an IQ that nobody understands', `<iq type='get' id='1'><query xmlns='urn:unknown'/></iq>`],
  ['a roster get', `<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`],
  ['an IQ to a resource', `<iq type='get' id='1' to='/1'><ping xmlns='urn:xmpp:ping'/></iq>`],
] as const) {
  test(`the time of the answer to ${what} is the same for accounts and for names that do not exist`, async () => {
    const { server, stranger } = await scene()
    for (const victim of VICTIMS) {
      const to = `${victim}@example.net`
      await stranger.send(xml.includes(' to=') ? xml.replace("to='/", `to='${to}/`) : xml.replace('<iq ', `<iq to='${to}' `))
      assert.equal(await timeOf(server, () => stranger.sent().length), STEP, victim)
    }
  })
}

for (const [what, xml] of [
  ['a message', `<message type='chat'><body>x</body></message>`],
  ['a request', `<presence type='subscribe'/>`],
] as const) {
  test(`the time until ${what} is done is the same for accounts and for names that do not exist`, async () => {
    const { server, stranger } = await scene()
    for (const victim of VICTIMS) {
      await stranger.send(xml.replace(/ |\/>/, (end) => ` to='${victim}@example.net'${end}`))
      void stranger.send(`<iq type='get' id='2' to='example.net'><query xmlns='urn:unknown'/></iq>`)
      assert.equal(await timeOf(server, () => stranger.sent().length), STEP, victim)
    }
  })
}

test('what takes longer than a step takes two', async () => {
  const clock = new ManualClock()
  const veil = new Veil(clock, STEP)
  let answered: string | null = null
  const work = Promise.withResolvers<string>()
  void veil.over(() => work.promise).then((answer) => void (answered = answer))
  clock.advance(STEP + 1)
  work.resolve('at last')
  await settled()
  assert.equal(answered, null)
  clock.advance(STEP - 1)
  await settled()
  assert.equal(answered, 'at last')
})

/** How long what takes so long is hidden for. */
async function hiddenFor(clock: ManualClock, over: Veil['over'], ms: number): Promise<number> {
  const begun = clock.now()
  const ended: number[] = []
  void over(() => (ms === 0 ? null : new Promise<void>((done) => void clock.after(ms, done)))).then(
    () => void ended.push(clock.now()),
  )
  for (await settled(); ended.length === 0; await settled()) clock.advance(1)
  return ended[0]! - begun
}

test('under load a look takes longer than a step: the steps of answers follow it, so that all names take the same time', async () => {
  const clock = new ManualClock()
  const veil = new Veil(clock, STEP)
  const answer: Veil['over'] = (work) => veil.overAnswer(work)
  assert.equal(await hiddenFor(clock, answer, 4), STEP)
  assert.equal(await hiddenFor(clock, answer, 25), 3 * STEP)
  for (const ms of [0, 4, 25, 30]) assert.equal(await hiddenFor(clock, answer, ms), 4 * STEP, `${ms}`)
  clock.advance(10_000)
  for (const ms of [0, 4, 9]) assert.equal(await hiddenFor(clock, answer, ms), STEP, `quiet again: ${ms}`)
})

test('a lane waits one step under load too: what a sender may write in a second does not shrink', async () => {
  const clock = new ManualClock()
  const veil = new Veil(clock, STEP)
  await hiddenFor(clock, (work) => veil.over(work), 40)
  for (const ms of [0, 4]) assert.equal(await hiddenFor(clock, (work) => veil.over(work), ms), STEP)
  assert.equal(await hiddenFor(clock, (work) => veil.overAnswer(work), 0), 6 * STEP)
})

test('a look that never ends does not keep everybody waiting', async () => {
  const clock = new ManualClock()
  const veil = new Veil(clock, STEP)
  const answer: Veil['over'] = (work) => veil.overAnswer(work)
  await hiddenFor(clock, answer, 4000)
  assert.equal(await hiddenFor(clock, answer, 0), 500)
})

test('no more answers wait for a sender than their share; what is beyond it is refused at once, for all names alike', async () => {
  const { server, stranger } = await scene()
  const other = await server.bind('other@example.net', 'x')
  const ask = (id: number, to: string): string => `<iq type='get' id='${id}' to='${to}@example.net'><q xmlns='urn:unknown'/></iq>`
  for (let id = 0; id < 100; id++) await stranger.send(ask(id, 'here'))
  assert.deepEqual(stranger.sent(), [])
  for (const victim of VICTIMS) await stranger.send(ask(1000, victim))
  const refused = stranger.sent().map((e) => e.child('error')!.elements[0]!.name)
  assert.deepEqual(refused, ['resource-constraint', 'resource-constraint', 'resource-constraint', 'resource-constraint'])
  await other.send(ask(1, 'here'))
  await server.advance(STEP)
  await settled()
  assert.equal(stranger.sent().length, 100)
  assert.equal(other.sent().length, 1)
})

test('friends are not kept waiting', async () => {
  const server = await memoryServer({ limits: { 'strangers-step': STEP } })
  await server.friends('here@example.net', STRANGER)
  await server.bind('here@example.net', '1')
  const friend = await server.bind(STRANGER, 'x')
  assert.equal(
    (await friend.ask(`<iq type='get' id='1' to='here@example.net'><q xmlns='urn:unknown'/></iq>`)).attr('type'),
    'error',
  )
})

test('all that is kept of an account is looked for when nobody has the name, too', async () => {
  const { server } = await scene()
  const looked: string[] = []
  server.host.alsoLoad(async (bare) => {
    looked.push(bare.slice(0, bare.indexOf('@')))
    return () => {}
  })
  for (const name of ['unread', 'nobody']) await server.host.accounts.load(`${name}@example.net`)
  assert.deepEqual(looked, ['unread', 'nobody'])
})
