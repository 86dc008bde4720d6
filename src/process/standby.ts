/**
 * A server that stands by (CL-29): another one has the database. Until its lease is over, this one has no port open but the one for
 * monitoring, and knows one command, the one for its status.
 */
import type { ControlServer } from '../admin/control-server.ts'
import { commandsOf } from '../admin/command.ts'
import { standByCommand } from '../admin/status-commands.ts'
import { Metrics } from '../base/metrics.ts'
import { addressOf } from '../net/address.ts'
import type { Listening } from '../net/listener.ts'
import type { Runtime } from './assembly.ts'
import { monitoringNames } from './ports.ts'
import type { Setup } from './setup.ts'

export interface StandByParts {
  readonly setup: Setup
  readonly runtime: Runtime
  readonly about: { readonly pid: number; standingBy(): void }
  readonly control: ControlServer
}

export class StandBy {
  readonly #parts: StandByParts
  #ports: Promise<readonly Listening[]> = Promise.resolve([])

  constructor(parts: StandByParts) {
    this.#parts = parts
  }
  /** @param place where the server is that serves */
  begin(place: string): void {
    const { runtime, about, control } = this.#parts
    const since = runtime.clock.now()
    control.begin(commandsOf(standByCommand({ place, pid: about.pid, since })))
    runtime.log.info({ serving: place }, 'Standing by: another server has the database')
    this.#ports = this.#monitoring(place).then((ports) => {
      about.standingBy()
      return ports
    })
  }
  /** The server begins to serve, or ends. */
  async end(): Promise<void> {
    const ports = await this.#ports
    this.#ports = Promise.resolve([])
    await Promise.all(ports.map((port) => port.close()))
  }

  async #monitoring(place: string): Promise<readonly Listening[]> {
    const { setup, runtime } = this.#parts
    const { clock, log } = runtime
    const addresses = setup.config.listen.monitoring.map((text) => addressOf(text)!)
    if (addresses.length === 0) return []
    const { monitoringPort } = await import('./http.ts')
    const health = () => Promise.resolve({ status: 'standby' as const, serving: place })
    const port = monitoringPort({ metrics: new Metrics(), health, names: monitoringNames(setup.config) }, clock, log)
    const open: Listening[] = []
    for (const { host, port: number } of addresses)
      try {
        open.push(await port.listen(host, number, null))
      } catch (error) {
        log.warn({ err: error }, 'The port for monitoring cannot be opened while the server stands by')
      }
    return open
  }
}
