import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { Supervisor } from './supervisor.ts'

interface Scene {
  readonly clock: ManualClock
  readonly supervisor: Supervisor
  readonly said: readonly string[]
  readonly warnings: readonly string[]
}

function scene(environment: Readonly<Record<string, string>>, isThere = true): Scene {
  const clock = new ManualClock()
  const said: string[] = []
  const warnings: string[] = []
  const world = {
    pid: 7,
    variable: (name: string) => environment[name],
    run: async (program: string, args: readonly string[]) => {
      said.push([program, ...args].join(' '))
      if (!isThere) throw new Error('not found')
    },
  }
  const log = { ...silent, warn: (_: object, message: string) => void warnings.push(message) }
  return { clock, supervisor: new Supervisor(world, clock, log), said, warnings }
}
const NOTIFY_SOCKET = '/run/systemd/notify'

test('a server that was not started by systemd tells nobody', () => {
  const { supervisor, clock, said } = scene({ WATCHDOG_USEC: '2000000' })
  supervisor.ready()
  clock.advance(60_000)
  supervisor.stopping()
  assert.deepEqual(said, [])
})

test('sd_notify(3): ready, and stopping', () => {
  const { supervisor, clock, said } = scene({ NOTIFY_SOCKET })
  supervisor.ready()
  clock.advance(60_000)
  supervisor.stopping()
  assert.deepEqual(said, ['systemd-notify READY=1', 'systemd-notify STOPPING=1'])
})

test('sd_watchdog_enabled(3): alive in half the time, until it stops; not for another process', () => {
  const { supervisor, clock, said } = scene({ NOTIFY_SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' })
  supervisor.ready()
  clock.advance(29_999)
  assert.equal(said.length, 1)
  clock.advance(1)
  clock.advance(30_000)
  supervisor.stopping()
  clock.advance(300_000)
  const alive = 'systemd-notify WATCHDOG=1'
  assert.deepEqual(said, ['systemd-notify READY=1', alive, alive, 'systemd-notify STOPPING=1'])
  const other = scene({ NOTIFY_SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' })
  other.supervisor.ready()
  other.clock.advance(300_000)
  assert.equal(other.said.length, 1)
})

test('without its tool the server goes on, and says once what is missing', async () => {
  const { supervisor, clock, warnings } = scene({ NOTIFY_SOCKET, WATCHDOG_USEC: '2000000' }, false)
  supervisor.ready()
  await setImmediate()
  for (let i = 0; i < 3; i++) {
    clock.advance(1000)
    await setImmediate()
  }
  assert.deepEqual(warnings, ['systemd could not be notified. This needs systemd-notify, and NotifyAccess=all in the unit'])
})
