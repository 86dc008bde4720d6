/** What the operator's view asks beside the command line's orders, and the ticket that lets a browser in. */
import * as v from 'valibot'
import type { DoubtInForce, Witnesses } from '../../server/explaining/witnesses.ts'
import { defineCommand, type Command } from '../command.ts'
import type { LoginsWatch } from '../logins-watch.ts'
import type { Costs } from './costs.ts'
import type { History } from './history.ts'
import { ROLES, type Logins } from './logins.ts'
import type { Troubles } from './troubles.ts'

export interface ReportParts {
  readonly logins: Logins
  readonly history: History
  readonly troubles: Troubles
  readonly watch: LoginsWatch
  readonly costs: Costs
  readonly witnesses: Witnesses
}

/** What clients are told to doubt, the oldest first. */
export interface Doubts {
  readonly total: number
  /** The first of many. */
  readonly doubts: readonly DoubtInForce[]
}
const DOUBTS_TOLD = 100

/** @param page the address of the view as a browser on this machine finds it; null: no port has it */
export const reportCommands = (
  { logins, history, troubles, watch, costs, witnesses }: ReportParts,
  page: () => string | null,
): readonly Command[] => [
  defineCommand('history', {}, () => history.report()),
  defineCommand('troubles', {}, () => troubles.report()),
  defineCommand('login.failures', {}, () => watch.report()),
  defineCommand('doubts', {}, (): Doubts => {
    const all = [...witnesses.doubts()].sort((a, b) => a.since - b.since)
    return { total: all.length, doubts: all.slice(0, DOUBTS_TOLD) }
  }),
  defineCommand('costs', {}, () => costs.report()),
  defineCommand('operator.ticket', { role: v.picklist(ROLES) }, ({ role }) => ({ ticket: logins.ticket(role), page: page() })),
]
