/**
 * Orders of the operator are recorded: each order that can change something is counted, and logged with its object and the
 * way it came.
 */
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { CommandError, commandsOf, runCommand, type Command, type Commands } from './command.ts'
import { onlyLooks } from './operator/permissions.ts'

/** The arguments that are logged. No other argument may be logged, because some are passwords. */
const OBJECT: readonly string[] = [
  'jid',
  'jids',
  'inviter',
  'domain',
  'name',
  'uses',
  'id',
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
  'list',
  'add',
  'remove',
  'kind',
  'delay',
  'subject',
  'clearance',
]

/** The ways in which orders arrive. */
export type Way = 'socket' | 'browser' | 'client'

/** The same commands for each way. */
export interface Orders {
  readonly socket: Commands
  readonly browser: Commands
  /** Carries out the order of an administrator, who uses a client. @param by bare JID @throws CommandError */
  order(by: string, name: string, args: object): Promise<unknown>
}

export function recorded(commands: Commands, log: Log, metrics: Metrics): Orders {
  const orders = metrics.counter('porchlight_operator_orders_total', 'Orders of the operator that may change something')
  const recording = ({ name, run }: Command, from: { readonly way: Way; readonly by?: string }): Command => ({
    name,
    async run(args) {
      const about = { order: name, ...from, ...objectOf(args) }
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
    new Map([...commands].map(([name, command]) => [name, onlyLooks(name) ? command : recording(command, { way })]))
  return {
    socket: by('socket'),
    browser: by('browser'),
    // ADM-3: what an administrator only looks at is recorded, too
    order: (by, name, args) => {
      const command = commands.get(name)
      return runCommand(command === undefined ? commands : commandsOf(recording(command, { way: 'client', by })), name, args)
    },
  }
}

const objectOf = (args: unknown): object =>
  typeof args === 'object' && args !== null
    ? Object.fromEntries(Object.entries(args).filter(([name]) => OBJECT.includes(name)))
    : {}
