/** The vectors of the presence of one user: what is told when, to Matrix users and to XMPP contacts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
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
  type Published,
} from './machine.ts'

interface Step {
  readonly at: number
  readonly op: string
  readonly args: readonly unknown[]
  readonly result?: object
}
interface Vector {
  readonly id: string
  readonly name: string
  readonly options: { readonly GRAN?: number; readonly busy?: boolean; readonly syncIsActivity?: 'always' }
  readonly end: number
  readonly steps: readonly Step[]
  readonly notifications: readonly object[]
  readonly xmpp?: readonly object[]
}
interface ClientSaid {
  readonly show?: string
  readonly status?: string
  readonly priority?: number
  readonly idle?: number
}

const { vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as { vectors: Vector[] }
/** The vectors count from 0; a clock never does. */
const EPOCH = 1_700_000_000_000

const RULES: PresenceRules = {
  idleMs: 300_000,
  granularityMs: 60_000,
  overlayMs: 60_000,
  offlineMs: 30_000,
  busyOfflineMs: 3_600_000,
  pauseMs: 30_000,
  lostMs: 1_800_000,
  hasBusy: false,
  syncIsActivity: 'explicit',
}

const json = ({ presence, text, isCurrentlyActive, lastActive }: Published, now: number): object => ({
  presence,
  ...(lastActive === null ? {} : { last_active_ago: now - lastActive }),
  ...(text === '' ? {} : { status_msg: text }),
  ...(presence === 'online' ? { currently_active: isCurrentlyActive } : {}),
})
const SHOWN: Readonly<Record<Availability, string>> = {
  offline: 'unavailable',
  unavailable: 'away',
  online: 'available',
  busy: 'dnd',
}
const SAID: Readonly<Record<string, 'online' | 'unavailable' | 'busy'>> = { away: 'unavailable', xa: 'unavailable', dnd: 'busy' }

/** Plays a vector to its end, and all deadlines on the way. */
class Player {
  readonly notifications: object[] = []
  readonly xmpp: object[] = []
  readonly #rules: PresenceRules
  readonly #user = newUser()
  #wakeAt: number | null = null
  #now = EPOCH

  constructor({ GRAN = 60_000, busy = false, syncIsActivity }: Vector['options']) {
    this.#rules = { ...RULES, granularityMs: GRAN, hasBusy: busy, syncIsActivity: syncIsActivity ?? 'explicit' }
  }
  passTo(second: number): void {
    const to = EPOCH + second * 1000
    while (this.#wakeAt !== null && this.#wakeAt <= to) {
      assert(this.#wakeAt > this.#now, 'time goes on')
      this.#now = this.#wakeAt
      this.#settle()
    }
    this.#now = to
  }
  do({ op, args, result }: Step): void {
    const [name, value, text] = args as [string, never, string?]
    const [rules, user, now] = [this.#rules, this.#user, this.#now]
    switch (op) {
      case 'get':
        return assert.deepEqual(json(viewOf(rules, user, now), now), result)
      case 'syncStart': {
        const wanted: string | undefined = value
        if (wanted === 'offline') return
        requestBegins(rules, user, name, now)
        declareBySync(rules, user, name, value ?? 'online', wanted !== undefined, now)
        break
      }
      case 'syncEnd':
        if (value !== 'offline') requestEnds(user, name, now)
        break
      case 'activity':
        deviceActivity(rules, user, name, now)
        break
      case 'put':
        put(rules, user, name, value, text ?? '', now)
        break
      case 'removeDevice':
        removeDevice(user, name)
        break
      case 'xPresence': {
        const { show = '', status = '', priority = 0, idle }: ClientSaid = value ?? {}
        const idleSince = idle === undefined ? null : EPOCH + idle
        clientSays(user, name, { state: SAID[show] ?? 'online', text: status, priority, idleSince }, now)
        break
      }
      case 'xUnavailable':
        clientGoes(rules, user, name, value ?? '', now)
        break
      case 'xActivity':
        clientActs(user, name, now)
        break
      case 'xPause':
        clientAway(user, name, { why: 'paused', since: now })
        break
      case 'xResume':
        clientAway(user, name, null)
        break
      default:
        assert.fail(`no such operation: ${op}`)
    }
    this.#settle()
    this.#settle(true)
  }
  #settle(isAgain = false): void {
    const [rules, user, now] = [this.#rules, this.#user, this.#now]
    const t = (now - EPOCH) / 1000
    const { published, devices, wakeAt } = settle(rules, user, now)
    if (isAgain) assert.deepEqual([published, devices], [null, []], 'settled twice')
    if (published !== null) this.notifications.push({ t, ...json(published, now) })
    for (const { id, state, text } of devices)
      this.xmpp.push({ t, from: `@alice:x/mx.${id}`, show: SHOWN[state], ...(text === '' ? {} : { status: text }) })
    this.#wakeAt = wakeAt
  }
}

/** The model that made the vectors forgot these: contacts who were shown a device are told when it goes (matrix.md 3.2). */
const FORGOTTEN: Readonly<Record<string, readonly object[]>> = {
  V24: [{ t: 2, from: '@alice:x/mx.D1', show: 'unavailable', status: 'gone fishing' }],
}

for (const vector of vectors) {
  const { id, name, options, end, steps, notifications, xmpp = [] } = vector
  test(`${id}: ${name}`, () => {
    const player = new Player(options)
    for (const step of steps) {
      player.passTo(step.at)
      player.do(step)
    }
    player.passTo(end)
    assert.deepEqual(player.notifications, notifications)
    assert.deepEqual(player.xmpp, [...xmpp, ...(FORGOTTEN[id] ?? [])])
  })
}
