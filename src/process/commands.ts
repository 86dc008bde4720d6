/** The operator's commands that need only the database and the parts over it: with and without a running server. */
import { blockReportCommands } from '../admin/block-report-commands.ts'
import type { Command } from '../admin/command.ts'
import { clearanceCommands } from '../admin/clearance-commands.ts'
import { domainCommands } from '../admin/domain-commands.ts'
import { exportCommand } from '../admin/export-command.ts'
import { groupCommands } from '../admin/group-commands.ts'
import { inviteCommands } from '../admin/invite-commands.ts'
import { nodeCommands } from '../admin/node-commands.ts'
import { outageCommands } from '../admin/outage-commands.ts'
import { roomCommands } from '../admin/room-commands.ts'
import { roomExportCommand } from '../admin/room-export-command.ts'
import { rosterCommand } from '../admin/roster-commands.ts'
import { orderCommand } from '../admin/status-commands.ts'
import { userCommands } from '../admin/user-commands.ts'
import { userReports } from '../admin/user-reports.ts'
import type { Config } from '../config/sections.ts'
import { Exporting } from '../import/exporting.ts'
import { RoomExporting } from '../import/exporting-rooms.ts'
import type { Assembly } from './assembly.ts'

/** @param enforce makes streams follow the lists of domains; null if there are none */
export function storedCommands(
  { server, rooms, nodes, porting, invitations, blockReports, outages, isInactive }: Assembly,
  { admin, limits }: Pick<Config, 'admin' | 'limits'>,
  enforce: (() => void) | null,
): readonly Command[] {
  const { host } = server
  return [
    ...userCommands(host, admin.page),
    ...userReports(host, isInactive),
    exportCommand(host, new Exporting(host, porting)),
    ...groupCommands(host, server.groups, limits),
    ...clearanceCommands(host, server.groups, admin.page),
    ...inviteCommands(host, invitations),
    ...domainCommands(host, server.domainLists, enforce),
    roomExportCommand(rooms, (served) => new RoomExporting(served, host.stores.archive)),
    ...roomCommands(rooms, admin.page),
    ...nodeCommands(nodes, admin.page),
    rosterCommand(server.rosterAudit, host.domains, admin.page),
    ...blockReportCommands(blockReports, admin.page),
    ...outageCommands(outages, host.clock),
    orderCommand(server.order),
  ]
}
