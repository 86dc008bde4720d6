/**
 * Notifies systemd, if its unit asks for it (sd_notify(3)): that the server is ready (Type=notify), that it
 * stops, and, with WatchdogSec=, periodically that its event loop runs. Node.js has no datagram sockets for paths, so
 * systemd's own tool sends each message: docs/decisions/020-systemd-notify.md.
 */
import { every, type Clock, type Millis, type Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { World } from './world.ts'

const TOOL = 'systemd-notify'

export class Supervisor {
  readonly #world: Pick<World, 'variable' | 'pid' | 'run'>
  readonly #clock: Clock
  readonly #log: Log
  #watchdog: Timer | null = null
  #isHeard = true

  constructor(world: Pick<World, 'variable' | 'pid' | 'run'>, clock: Clock, log: Log) {
    this.#world = world
    this.#clock = clock
    this.#log = log
  }
  /** The ports are open, or the server stands by. */
  ready(): void {
    this.#tell('READY=1')
    if (this.#watchdog !== null) return
    const interval = this.#watchdogMs()
    if (interval !== null) this.#watchdog = every(this.#clock, interval, () => this.#tell('WATCHDOG=1'))
  }
  stopping(): void {
    this.#watchdog?.cancel()
    this.#tell('STOPPING=1')
  }

  /** sd_watchdog_enabled(3): half of the time after which systemd kills the process; null if there is no watchdog. */
  #watchdogMs(): Millis | null {
    const { variable, pid } = this.#world
    const microseconds = Number(variable('WATCHDOG_USEC') ?? 0)
    const isMeant = [undefined, String(pid)].includes(variable('WATCHDOG_PID'))
    return microseconds > 0 && isMeant ? microseconds / 1000 / 2 : null
  }
  #tell(word: string): void {
    if (this.#world.variable('NOTIFY_SOCKET') === undefined) return
    this.#world.run(TOOL, [word]).then(
      () => (this.#isHeard = true),
      (err: unknown) => {
        if (this.#isHeard)
          this.#log.warn({ err }, `systemd could not be notified. This needs ${TOOL}, and NotifyAccess=all in the unit`)
        this.#isHeard = false
      },
    )
  }
}
