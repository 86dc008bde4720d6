/** Commands that compare rosters with each other and repair them. */
import * as v from 'valibot'
import type { AuditPage, RosterAudit } from '../server/contacts/roster-audit.ts'
import { CommandError, defineCommand, type Command } from './command.ts'

/** @param accountsMax the most accounts of one page */
export const rosterCommand = (audit: RosterAudit, domains: readonly string[], accountsMax: number): Command =>
  defineCommand(
    'roster.check',
    { domain: v.string(), owner: v.string(), contact: v.string(), fix: v.boolean() },
    ({ domain, owner, contact, fix }): Promise<AuditPage> => {
      if (!domains.includes(domain)) throw new CommandError(`${domain} is not a domain of this server.`)
      return audit.page({ domain, from: { owner, contact }, accountsMax, mend: fix })
    },
  )
