/** The command that gives out what the server keeps of an account. */
import * as v from 'valibot'
import type { Host } from '../server/feature.ts'
import { defineCommand, type Command } from './command.ts'
import { existingAccount } from './user-commands.ts'

/** Writes accounts in the format of XEP-0227. */
export interface AccountExport {
  /**
   * XML inside the user's element; '' for nothing. And the number of the next part; null: this is the last one.
   * @param owner the bare JID of an account that exists
   * @param part from 0
   * @param withKeys with what can check the password
   */
  part(owner: string, part: number, withKeys: boolean): Promise<{ readonly xml: string; readonly next: number | null }>
}

export interface ExportedPart {
  /** The address in its two parts, prepared. */
  readonly local: string
  readonly domain: string
  readonly xml: string
  /** The number of the next part; null: this is the last one. */
  readonly next: number | null
}

const ARGS = { jid: v.string(), part: v.pipe(v.number(), v.integer(), v.minValue(0)), keys: v.boolean() }

export function exportCommand(host: Pick<Host, 'domains' | 'stores'>, exporting: AccountExport): Command {
  return defineCommand('user.export', ARGS, async ({ jid, part, keys }): Promise<ExportedPart> => {
    const { bare, local, domain } = await existingAccount(host, jid)
    return { local, domain, ...(await exporting.part(bare, part, keys)) }
  })
}
