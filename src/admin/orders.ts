/**
 * Orders of the operator are recorded: each order that can change something is counted, and logged with its object and the
 * way it came.
 */
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { CommandError, type Command, type Commands } from './command.ts'
import { onlyLooks } from './operator/permissions.ts'

/** The arguments that are logged. No other argument may be logged, because some are passwords. */
const OBJECT: readonly string[] = [
  'jid',
  'device',
  'remote',
  'local',
  'reason',
  'settings',
  'role',
  'fix',
  'room',
  'affiliation',
  'owners',
  'alternate',
]

/** The ways in which orders arrive. */
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
