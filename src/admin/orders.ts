/**
 * Orders of the operator leave a trace: each one that may change something is logged with what it is about and the way it came,
 * and counted.
 */
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { CommandError, type Command, type Commands } from './command.ts'
import { onlyLooks } from './operator/permissions.ts'

/** What an order is about. Nothing else that it is given may be logged: there are passwords among it. */
const OBJECT: readonly string[] = ['jid', 'remote', 'local', 'reason', 'settings', 'role', 'fix']

/** The ways in which orders come. */
export type Way = 'socket' | 'browser'

/** The same commands for each way. */
export type Orders = Readonly<Record<Way, Commands>>

export function recorded(commands: Commands, log: Log, metrics: Metrics): Orders {
  const orders = metrics.counter('porchlight_operator_orders_total', 'Orders of the operator that may change something')
  const recording = ({ name, run }: Command, way: Way): Command => ({
    name,
    async run(args) {
      const about = { order: name, way, ...objectOf(args) }
      orders.value += 1
      try {
        const result = await run(args)
        log.info(about, 'Operator command carried out')
        return result
      } catch (error) {
        if (error instanceof CommandError) log.info({ ...about, reason: error.message }, 'Operator command refused')
        throw error
      }
    },
  })
  const by = (way: Way): Commands =>
    new Map([...commands].map(([name, command]) => [name, onlyLooks(name) ? command : recording(command, way)]))
  return { socket: by('socket'), browser: by('browser') }
}

const objectOf = (args: unknown): object =>
  typeof args === 'object' && args !== null
    ? Object.fromEntries(Object.entries(args).filter(([name]) => OBJECT.includes(name)))
    : {}
