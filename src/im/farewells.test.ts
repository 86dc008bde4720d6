/** RFC 6121 3.3, A.2.2, A.3.2: an 'unsubscribe' that got lost is said again, and not for ever. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { Farewells, FAREWELLS_MAX } from './farewells.ts'
import { accountOf, presence } from '../../test/support/im-recorder.ts'
import { STATES, type SubscriptionState } from './subscription.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@b.example'
const NOON = Date.UTC(2026, 0, 1, 12)
const HOUR = 3_600_000
const say = (type: string, to = BOB) => presence({ type, from: ALICE, to })
const stray = presence({ from: `${BOB}/x`, to: ALICE })
const id = () => wire('again')
const never = () => false

/** How she stands to him, and when the last word was said. */
function told(state: SubscriptionState = 'None', times = 1) {
  const farewells = new Farewells([{ contact: jid(BOB), saidAt: NOON, times }])
  const account = accountOf(ALICE, { [BOB]: state })
  return { farewells, at: (now: number) => farewells.stray(account, stray, now, id) }
}

test('presence that comes all the same is answered, not at once, and less and less often', () => {
  const { at } = told()
  assert.equal(at(NOON + 30_000), null)
  const spoken: number[] = []
  for (let now = NOON; now < NOON + 30 * 24 * HOUR; now += 60_000) if (at(now) !== null) spoken.push((now - NOON) / 60_000)
  const days = [1, 2, 3, 4, 5, 6].map((n) => 341 + 1024 + 1440 * n)
  assert.deepEqual(spoken, [1, 5, 21, 85, 341, 341 + 1024, ...days.slice(0, 5)])
  assert.equal(spoken.length + 1, 12)
})

test('what is said is an unsubscribe between bare JIDs', () => {
  const again = told().at(NOON + HOUR)!.again
  assert.deepEqual([again.type, again.from.full, again.to!.full, again.id], ['unsubscribe', ALICE, BOB, 'again'])
})

test('A.1: only where the user does not see the contact, and has not asked to', () => {
  const spoken = STATES.filter((state) => told(state).at(NOON + HOUR) !== null)
  assert.deepEqual(spoken, ['None', 'None + Pending In', 'From'])
})

test('8.5.1: a stranger is told nothing', () => {
  const farewells = new Farewells([])
  assert.equal(farewells.stray(accountOf(ALICE), stray, NOON, id), null)
})

test('A.3.2: it is over when the other server confirms it, or the user asks again when no answer can come any more', () => {
  for (const end of [
    (f: Farewells) => f.heard(presence({ type: 'unsubscribed', from: BOB, to: ALICE })),
    (f: Farewells) => f.said(say('subscribe'), NOON, never),
  ]) {
    const { farewells, at } = told()
    assert.deepEqual(farewells.heard(presence({ type: 'unavailable', from: BOB, to: ALICE })), { keep: null, drop: [] })
    assert.deepEqual(end(farewells), { keep: null, drop: [BOB] })
    assert.deepEqual(end(farewells), { keep: null, drop: [] })
    assert.equal(at(NOON + HOUR), null)
  }
})

test('A.3.4: its answer is no refusal of what the user has asked for since, however often they changed their mind', () => {
  const farewells = new Farewells([])
  const hears = (type: string): boolean => {
    const answer = presence({ type, from: BOB, to: ALICE })
    const isAnswer = farewells.isConfirmedBy(answer, () => true)
    farewells.heard(answer)
    return isAnswer
  }
  for (const type of ['unsubscribe', 'subscribe', 'unsubscribe', 'subscribe', 'subscribe'])
    farewells.said(say(type), NOON, (saidAt) => saidAt === NOON)
  assert.deepEqual(['unsubscribed', 'subscribed', 'unsubscribed', 'unsubscribed'].map(hears), [true, false, true, false])
  for (const type of ['unsubscribe', 'subscribe']) farewells.said(say(type), NOON, () => true)
  assert.deepEqual(['subscribed', 'unsubscribed'].map(hears), [false, false], 'the other server has answered the last word')
  farewells.said(say('unsubscribe'), NOON, () => true)
  farewells.said(say('subscribe'), NOON + HOUR, never)
  assert.equal(hears('unsubscribed'), false, 'a server that answers no farewell refuses')
})

test('A.3.4: a refusal that comes when no answer to the farewell can come any more is one', () => {
  const farewells = new Farewells([])
  for (const type of ['unsubscribe', 'subscribe']) farewells.said(say(type), NOON, () => true)
  assert.equal(farewells.isConfirmedBy(presence({ type: 'unsubscribed', from: BOB, to: ALICE }), never), false)
})

test('a farewell counts from the last time that the user said it', () => {
  const { farewells, at } = told('None', 5)
  assert.deepEqual(farewells.said(say('unsubscribe'), NOON + HOUR, never), {
    keep: { contact: jid(BOB), saidAt: NOON + HOUR, times: 1 },
    drop: [],
  })
  assert.notEqual(at(NOON + HOUR + 60_000), null)
})

test('one more than may be kept takes the place of the oldest', () => {
  const farewells = new Farewells([])
  for (let i = 0; i < FAREWELLS_MAX; i++) farewells.said(say('unsubscribe', `u${i}@b.example`), NOON + i, never)
  const { keep, drop } = farewells.said(say('unsubscribe'), NOON + HOUR, never)
  assert.deepEqual([keep?.contact.full, drop], [BOB, ['u0@b.example']])
})
