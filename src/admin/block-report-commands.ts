/** Commands for what users say about people whom they block (XEP-0377). */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import { CommandError, defineCommand, limit, type Command } from './command.ts'

export interface BlockReport {
  readonly id: string
  /** Bare JID. */
  readonly reporter: string
  readonly jid: string
  /** A URN, such as "urn:xmpp:reporting:spam". */
  readonly reason: string
  readonly text: string
  /** Ids of messages in the archive of the reporter. */
  readonly messages: readonly string[]
  readonly at: Millis
}
/** One page of `report.list`. */
export interface BlockReportPage {
  readonly reports: readonly BlockReport[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}
export interface BlockReports {
  page(before: Pick<BlockReport, 'at' | 'id'> | null, limit: number): Promise<readonly BlockReport[]>
  dismiss(id: string): Promise<boolean>
}

const LIST = { after: v.string(), limit: v.optional(limit, Number.MAX_SAFE_INTEGER) }

export const blockReportCommands = (reports: BlockReports, pageSize: number): readonly Command[] => [
  defineCommand('report.list', LIST, async ({ after, limit }): Promise<BlockReportPage> => {
    const size = Math.min(limit, pageSize)
    const page = await reports.page(placeFrom(after), size)
    const last = page.at(-1)
    return { reports: page, next: last === undefined || page.length < size ? null : `${last.at} ${last.id}` }
  }),
  defineCommand('report.dismiss', { id: v.string() }, async ({ id }) => {
    if (!(await reports.dismiss(id))) throw new CommandError(`There is no report ${id}. \`report list\` shows all.`, 'missing')
    return { id }
  }),
]

function placeFrom(text: string): Pick<BlockReport, 'at' | 'id'> | null {
  if (text === '') return null
  const [, at, id] = /^(\d{1,15}) (\S+)$/.exec(text) ?? []
  if (at === undefined) throw new CommandError(`No page begins at "${text}". Begin with the first page.`)
  return { at: Number(at), id: id! }
}
