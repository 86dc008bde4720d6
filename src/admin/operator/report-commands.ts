/** The reports of the operator's view, in addition to the commands of the command line, and the ticket that lets a browser in. */
import * as v from 'valibot'
import type { DoubtInForce, Witnesses } from '../../server/explaining/witnesses.ts'
import { defineCommand, type Command } from '../command.ts'
import type { LoginsWatch } from '../logins-watch.ts'
import type { Changes } from './changes.ts'
import type { Costs } from './costs.ts'
import type { History } from './history.ts'
import { ROLES, type Logins } from './logins.ts'
import type { Troubles } from './troubles.ts'

export interface ReportParts {
  readonly logins: Logins
  readonly history: History
  readonly changes: Changes
  readonly troubles: Troubles
  readonly watch: LoginsWatch
  readonly costs: Costs
  readonly witnesses: Witnesses
}

/** The doubts that clients were told of, the oldest first. */
export interface Doubts {
  readonly total: number
  /** The oldest of them, up to a limit. */
  readonly doubts: readonly DoubtInForce[]
}
const DOUBTS_TOLD = 100

/** @param page the address of the view for a browser on this machine; null if no port serves it */
export const reportCommands = (
  { logins, history, changes, troubles, watch, costs, witnesses }: ReportParts,
  page: () => string | null,
): readonly Command[] => [
  defineCommand('history', {}, () => history.report()),
  defineCommand('changes', {}, () => changes.report()),
  defineCommand('troubles', {}, () => troubles.report()),
  defineCommand('login.failures', {}, () => watch.report()),
  defineCommand('doubts', {}, (): Doubts => {
    const all = [...witnesses.doubts()].sort((a, b) => a.since - b.since)
    return { total: all.length, doubts: all.slice(0, DOUBTS_TOLD) }
  }),
  defineCommand('costs', {}, () => costs.report()),
  defineCommand('operator.ticket', { role: v.picklist(ROLES) }, ({ role }) => ({ ticket: logins.ticket(role), page: page() })),
]
