/** Facts of presence that other servers know too, one by one: U1 to U15, and what is true of every history. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  clientActs,
  clientAway,
  clientGoes,
  clientSays,
  declareBySync,
  deviceActivity,
  newUser,
  put,
  removeDevice,
  requestBegins,
  requestEnds,
  settle,
  viewOf,
  type Availability,
  type PresenceRules,
  type UserPresence,
} from './machine.ts'

const NOW = 5_000_000
const IDLE = 300_000
const GRAN = 60_000
const OFF = 30_000
const RULES: PresenceRules = {
  idleMs: IDLE,
  granularityMs: GRAN,
  overlayMs: 60_000,
  offlineMs: OFF,
  busyOfflineMs: 3_600_000,
  pauseMs: 30_000,
  lostMs: 1_800_000,
  hasBusy: true,
  syncIsActivity: 'explicit',
}

interface Before {
  readonly state: Availability
  readonly text?: string
  readonly isActive?: boolean
  /** Of the user and of the device. */
  readonly lastActive: number | null
}
/** A user with one device that says `declared`, about whom `before` was published. */
function userWith(declared: Availability, before: Before, requests: number, aliveAt = NOW): UserPresence {
  const user = newUser()
  const { state, text = '', isActive = false, lastActive } = before
  requestBegins(RULES, user, 'D1', aliveAt)
  const device = user.devices.get('D1')!
  Object.assign(device, { declared, declaredAt: 0, requests, aliveAt, lastActivity: lastActive })
  Object.assign(user, { userText: text, lastActive })
  user.published = { presence: state, text, isCurrentlyActive: isActive, lastActive }
  return user
}
/** What is told: the state, and whether the user is active; null for nothing. And when to look again, from now on. */
function told(user: UserPresence, now = NOW): readonly [string | null, number | null] {
  const { published, wakeAt } = settle(RULES, user, now)
  const words = published === null ? null : `${published.presence}${published.isCurrentlyActive ? '*' : ''} ${published.text}`
  return [words?.trim() ?? null, wakeAt === null ? null : wakeAt - now]
}

test('U1: from offline to online is told, and each deadline is known: the earliest comes first', () => {
  const user = userWith('offline', { state: 'offline', lastActive: null }, 0)
  put(RULES, user, 'D1', 'online', '', NOW)
  assert.deepEqual(told(user), ['online*', OFF + 1])
  requestBegins(RULES, user, 'D1', NOW)
  assert.deepEqual(told(user), [null, GRAN + 1])
  assert.deepEqual(told(user, NOW + GRAN + 1), ['online', IDLE - GRAN])
})
test('U2: online again at the same moment is not told', () => {
  const user = userWith('online', { state: 'online', isActive: true, lastActive: NOW }, 1)
  declareBySync(RULES, user, 'D1', 'online', true, NOW)
  assert.equal(told(user)[0], null)
})
test('U3: a new activity of a user who counts as active is not told, however old the last one is', () => {
  const user = userWith('online', { state: 'online', isActive: true, lastActive: NOW - GRAN - 10 }, 1)
  deviceActivity(RULES, user, 'D1', NOW)
  assert.deepEqual(told(user), [null, GRAN + 1])
})
test('U4: the end of being active is told', () => {
  const user = userWith('online', { state: 'online', isActive: true, lastActive: NOW - GRAN - 1 }, 1)
  assert.equal(told(user)[0], 'online')
})
test('U5: from online to offline is told, and nothing is to be waited for', () => {
  const user = userWith('online', { state: 'online', isActive: true, lastActive: NOW }, 1)
  put(RULES, user, 'D1', 'offline', '', NOW)
  assert.deepEqual(told(user), ['offline', null])
})
test('U6: from online to unavailable is told, and only the end of the device is waited for', () => {
  const user = userWith('online', { state: 'online', isActive: true, lastActive: NOW - 1 }, 0)
  declareBySync(RULES, user, 'D1', 'unavailable', false, NOW)
  assert.deepEqual(told(user), ['unavailable', OFF + 1])
})
test('U7, U8: without activity online becomes unavailable, and busy does not; the text stays', () => {
  const before = { state: 'online', text: 'here', lastActive: NOW - IDLE - 1 } as const
  assert.equal(told(userWith('online', before, 0))[0], 'unavailable here')
  assert.equal(told(userWith('busy', { ...before, state: 'busy' }, 0))[0], null)
})
test('U9, U10: a device that is silent for too long is offline, unless a request of it is under way; the text stays', () => {
  const before = { state: 'online', text: 'here', lastActive: null } as const
  assert.equal(told(userWith('online', before, 0, NOW - OFF - 1))[0], 'offline here')
  assert.equal(told(userWith('online', before, 1, NOW - OFF - 1))[0], null)
})
test('U11: when nothing is due, nothing changes', () => {
  const user = userWith('online', { state: 'online', isActive: true, lastActive: NOW }, 1)
  assert.deepEqual([told(user)[0], told(user, NOW + GRAN)[0]], [null, null])
})
test('U12: a resource behind a lost link is offline after half an hour; the text stays', () => {
  const user = newUser()
  clientSays(user, 'r', { state: 'unavailable', text: 'there', priority: 0, idleSince: null }, NOW)
  assert.equal(told(user)[0], 'unavailable there')
  clientAway(user, 'r', { why: 'link lost', since: NOW })
  assert.deepEqual(told(user), [null, 1_800_001])
  assert.equal(told(user, NOW + 1_800_000)[0], null)
  user.userText = 'there'
  assert.equal(told(user, NOW + 1_800_001)[0], 'offline there')
})
test('U13: what was published before a restart holds until the devices can be back', () => {
  const restored = (): UserPresence => {
    const user = newUser()
    user.published = { presence: 'online', text: '', isCurrentlyActive: false, lastActive: NOW - GRAN - 1 }
    return Object.assign(user, { lastActive: NOW - GRAN - 1, restored: { state: 'online', until: NOW + OFF } })
  }
  const gone = restored()
  assert.deepEqual(told(gone), [null, OFF + 1])
  assert.deepEqual(told(gone, NOW + OFF + 1), ['offline', null])
  const back = restored()
  requestBegins(RULES, back, 'D1', NOW + OFF / 2)
  declareBySync(RULES, back, 'D1', 'unavailable', true, NOW + OFF / 2)
  assert.equal(told(back, NOW + OFF / 2)[0], null)
  assert.equal(told(back, NOW + OFF + 1)[0], 'unavailable')
})

/** The device begins a request that says this. */
function says(user: UserPresence, id: string, state: Availability, now: number): void {
  if (state === 'offline') return
  requestBegins(RULES, user, id, now)
  if (state === 'busy') put(RULES, user, id, 'busy', '', now)
  else declareBySync(RULES, user, id, state, false, now)
  settle(RULES, user, now)
}
const at = (user: UserPresence, now: number): Availability => {
  settle(RULES, user, now)
  return viewOf(RULES, user, now).presence
}

const PAIRS: readonly (readonly [Availability, Availability, string, string])[] = [
  // D1, D2, U14: at 150, 305 and 455 seconds, U15: at 0 and 35
  ['online', 'online', 'online online unavailable', 'online online'],
  ['online', 'unavailable', 'online unavailable unavailable', 'online unavailable'],
  ['online', 'offline', 'online unavailable unavailable', 'online offline'],
  ['unavailable', 'online', 'online online unavailable', 'online online'],
  ['unavailable', 'unavailable', 'unavailable unavailable unavailable', 'unavailable unavailable'],
  ['unavailable', 'offline', 'unavailable unavailable unavailable', 'unavailable offline'],
  ['offline', 'online', 'online online unavailable', 'online online'],
  ['offline', 'unavailable', 'unavailable unavailable unavailable', 'unavailable unavailable'],
  ['offline', 'offline', 'offline offline offline', 'offline offline'],
  ['busy', 'online', 'busy busy busy', 'busy busy'],
  ['busy', 'unavailable', 'busy busy busy', 'busy busy'],
  ['busy', 'offline', 'busy busy busy', 'busy busy'],
  ['online', 'busy', 'busy busy busy', 'busy busy'],
  ['unavailable', 'busy', 'busy busy busy', 'busy busy'],
  ['offline', 'busy', 'busy busy busy', 'busy busy'],
  ['busy', 'busy', 'busy busy busy', 'busy busy'],
]
for (const [d1, d2, held, ended] of PAIRS) {
  test(`U14: a device that is ${d1}, and one that is ${d2} 150 seconds later`, () => {
    const user = newUser()
    says(user, 'D1', d1, NOW)
    says(user, 'D2', d2, NOW + 150_000)
    assert.equal([150, 306, 456].map((s) => at(user, NOW + s * 1000)).join(' '), held)
  })
  test(`U15: a device that is ${d1} and goes, and one that is ${d2} and stays for a while`, () => {
    const user = newUser()
    says(user, 'D1', d1, NOW)
    says(user, 'D2', d2, NOW)
    requestEnds(user, 'D1', NOW)
    assert.equal([0, 36].map((s) => at(user, NOW + s * 1000)).join(' '), ended)
    requestEnds(user, 'D2', NOW + 36_000)
    const isBusy = d2 === 'busy' || d1 === 'busy'
    assert.equal(at(user, NOW + 36_000 + OFF + 1), isBusy ? 'busy' : 'offline')
    assert.equal(at(user, NOW + 36_000 + 3_600_001), 'offline')
  })
}

type Input = (user: UserPresence, now: number) => void
const device = fc.constantFrom('D1', 'D2', 'D3')
const resource = fc.constantFrom('r1', 'r2')
const text = fc.constantFrom('', 'here', 'there')
const input: fc.Arbitrary<Input> = fc.oneof(
  fc
    .tuple(device, fc.constantFrom('online', 'unavailable'), fc.boolean())
    .map(([id, wanted, isExplicit]): Input => (user, now) => {
      requestBegins(RULES, user, id, now)
      declareBySync(RULES, user, id, wanted, isExplicit, now)
    }),
  device.map(
    (id): Input =>
      (user, now) =>
        requestEnds(user, id, now),
  ),
  device.map(
    (id): Input =>
      (user, now) =>
        deviceActivity(RULES, user, id, now),
  ),
  device.map(
    (id): Input =>
      (user) =>
        removeDevice(user, id),
  ),
  fc.tuple(device, fc.constantFrom('online', 'unavailable', 'busy', 'offline'), text).map(
    ([id, wanted, words]): Input =>
      (user, now) =>
        put(RULES, user, id, wanted, words, now),
  ),
  fc
    .tuple(resource, fc.constantFrom('online', 'unavailable', 'busy'), text, fc.option(fc.nat(1_000_000)))
    .map(([name, state, words, idle]): Input => (user, now) => {
      clientSays(user, name, { state, text: words, priority: 0, idleSince: idle === null ? null : now - idle }, now)
    }),
  resource.map(
    (name): Input =>
      (user, now) =>
        clientActs(user, name, now),
  ),
  fc.tuple(resource, text).map(
    ([name, words]): Input =>
      (user, now) =>
        clientGoes(RULES, user, name, words, now),
  ),
  fc.tuple(resource, fc.boolean()).map(([name, isAway]): Input => (user, now) => {
    clientAway(user, name, isAway ? { why: 'paused', since: now } : null)
  }),
)

test('In every history: what was told is so, until the named moment; settling again tells nothing; activity never becomes older', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(input, fc.nat(200_000)), { maxLength: 30 }), (history) => {
      const user = newUser()
      let now = NOW
      let before: number | null = null
      for (const [happens, span] of history) {
        happens(user, now)
        const { wakeAt } = settle(RULES, user, now)
        const again = settle(RULES, user, now)
        assert.deepEqual([again.published, again.devices, again.wakeAt], [null, [], wakeAt])
        const view = viewOf(RULES, user, now)
        assert.deepEqual([user.published.presence, user.published.text], [view.presence, view.text])
        assert(!view.isCurrentlyActive || view.presence === 'online')
        assert(before === null || view.lastActive! >= before)
        if (user.devices.size + user.clients.size === 0) assert.equal(view.presence, 'offline')
        before = view.lastActive
        const last = Math.min(now + span, (wakeAt ?? Infinity) - 1)
        assert(last >= now, 'the named moment lies ahead')
        assert.deepEqual(settle(RULES, user, last).published, null, 'nothing changes before it')
        now = last + 1
        settle(RULES, user, now)
      }
    }),
  )
})
