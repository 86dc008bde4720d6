/** The orders of administrators on a server for tests: the commands that a whole server has for accounts, sessions and domains. */
import { announceCommand } from '../../src/admin/announcing.ts'
import { commandsOf, type Command } from '../../src/admin/command.ts'
import { domainCommands } from '../../src/admin/domain-commands.ts'
import { recorded } from '../../src/admin/orders.ts'
import { sessionCommands } from '../../src/admin/session-commands.ts'
import { userCommands } from '../../src/admin/user-commands.ts'
import { userReports } from '../../src/admin/user-reports.ts'
import { silent } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Session } from '../../src/server/account/session.ts'
import type { Server } from '../../src/server/server.ts'
import { administrationOf } from '../../src/xep/0133-service-administration/index.ts'

const COMMANDS = 'http://jabber.org/protocol/commands'
const ADMIN = 'http://jabber.org/protocol/admin'

export interface AuditLine {
  readonly order: string
  readonly by: string
  readonly jid?: string
  readonly reason?: string
}

/** @returns what is logged of orders */
export function takeOrders(
  server: Server,
  {
    isInactive = () => false,
    enforce = null,
    more = [],
  }: {
    readonly isInactive?: (session: Session) => boolean
    readonly enforce?: (() => void) | null
    readonly more?: readonly Command[]
  } = {},
): readonly AuditLine[] {
  const audit: AuditLine[] = []
  const log = { ...silent, info: (fields: object) => void audit.push(fields as AuditLine) }
  const { host } = server
  const commands = commandsOf(
    ...userCommands(host, 100),
    ...userReports(host, isInactive),
    ...sessionCommands(host, 100),
    ...domainCommands(host, server.domainLists, enforce),
    announceCommand(host),
    ...more,
  )
  administrationOf(host).claim(recorded(commands, log, new Metrics()))
  return audit
}

/** The command, with what was filled into its form; null: none yet. */
export function adminCommand(node: string, fields: Readonly<Record<string, string | readonly string[]>> | null): string {
  const one = ([name, values]: [string, string | readonly string[]]): string =>
    `<field var='${name}'>${[values]
      .flat()
      .map((value) => `<value>${value}</value>`)
      .join('')}</field>`
  const kind = `<field var='FORM_TYPE' type='hidden'><value>${ADMIN}</value></field>`
  const form =
    fields === null ? '' : `<x xmlns='jabber:x:data' type='submit'>${kind}${Object.entries(fields).map(one).join('')}</x>`
  return `<command xmlns='${COMMANDS}' node='${ADMIN}#${node}'>${form}</command>`
}
