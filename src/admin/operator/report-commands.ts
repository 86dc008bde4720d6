/** What the operator's view asks beside the command line's orders, and the ticket that lets a browser in. */
import * as v from 'valibot'
import { defineCommand, type Command } from '../command.ts'
import type { Costs } from './costs.ts'
import type { History } from './history.ts'
import { ROLES, type Logins } from './logins.ts'
import type { Troubles } from './troubles.ts'

export interface ReportParts {
  readonly logins: Logins
  readonly history: History
  readonly troubles: Troubles
  readonly costs: Costs
}

/** @param page the address of the view as a browser on this machine finds it; null: no port has it */
export const reportCommands = (
  { logins, history, troubles, costs }: ReportParts,
  page: () => string | null,
): readonly Command[] => [
  defineCommand('history', {}, () => history.report()),
  defineCommand('troubles', {}, () => troubles.report()),
  defineCommand('costs', {}, () => costs.report()),
  defineCommand('operator.ticket', { role: v.picklist(ROLES) }, ({ role }) => ({ ticket: logins.ticket(role), page: page() })),
]
