/** What accounts have stored: their archives of messages, and their files. For the operator's view. */
import * as v from 'valibot'
import type { Millis } from '../../base/clock.ts'
import type { AccountArchive, MessageFilter } from '../../server/account-archive.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import { jid } from '../../xmpp/jid.ts'
import { defineCommand, limit, type Command } from '../command.ts'
import { existingAccount, unknown } from '../user-commands.ts'

export interface ArchiveRow {
  readonly jid: string
  /** Positions from the first to the last message, so a few more than messages if some are not shown. */
  readonly messages: number
  readonly oldestAt: Millis
  readonly newestAt: Millis
}
/** One page of `archive.list`, in the order of addresses. */
export interface ArchivePage {
  readonly archives: readonly ArchiveRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}
export interface FilesOfOwner {
  readonly jid: string
  readonly files: number
  readonly octets: number
  /** When the first of them expires; null if none does. */
  readonly nextExpiry: Millis | null
}
export interface FilesReport {
  readonly files: number
  readonly octets: number
  /** Those with the most octets, the largest first. */
  readonly owners: readonly FilesOfOwner[]
}
/** The answer to `files.report`. `files`: null if this server takes none. */
export interface FilesAnswer {
  readonly files: FilesReport | null
}
/** The answer to `user.stored`: what an account keeps on the server beside its roster. */
export interface StoredOfUser {
  readonly jid: string
  /** Null: nothing in it is shown. */
  readonly archive: ArchiveRow | null
  /** Null: this server takes none. */
  readonly files: { readonly files: number; readonly octets: number } | null
  /** Push services of its devices (XEP-0357). */
  readonly pushes: number
  /** Addresses on its block list (XEP-0191). */
  readonly blocked: number
}
/** What the commands need of the files. */
export interface StoredFiles {
  report(owners: number): Promise<FilesReport>
  usageOf(owner: string): Promise<{ readonly files: number; readonly octets: number }>
}
export interface StoredParts {
  readonly archive: Pick<AccountArchive, 'owners' | 'page'>
  /** Null: this server takes none. */
  readonly files: StoredFiles | null
  readonly host: Pick<Host, 'domains' | 'stores' | 'accounts'>
  readonly blockedBy: (account: LocalAccount) => number
}

const LIST = { after: v.string(), limit }
const OWNERS_TOLD = 100
const EVERYTHING: MessageFilter = { after: null, before: null, withBare: null, withFull: null, start: null, end: null }

export const storedCommands = ({ archive, files, host, blockedBy }: StoredParts, pageSize: number): readonly Command[] => [
  defineCommand('archive.list', LIST, ({ after, limit }) => archivePage(archive, after, Math.min(limit, pageSize))),
  defineCommand('files.report', {}, async (): Promise<FilesAnswer> => ({
    files: files === null ? null : await files.report(OWNERS_TOLD),
  })),
  defineCommand('user.stored', { jid: v.string() }, async ({ jid: text }): Promise<StoredOfUser> => {
    const address = await existingAccount(host, text)
    const { bare } = address
    const [account, row, usage, pushes] = await Promise.all([
      host.accounts.load(bare),
      rowOf(archive, bare),
      files === null ? null : files.usageOf(bare),
      host.stores.devices.pushes(bare),
    ])
    if (account === null) throw unknown(address) // deleted meanwhile
    return { jid: bare, archive: row, files: usage, pushes: pushes.length, blocked: blockedBy(account) }
  }),
]

async function archivePage(archive: Pick<AccountArchive, 'owners' | 'page'>, after: string, size: number): Promise<ArchivePage> {
  const owners = await archive.owners(after, size)
  const rows = await Promise.all(owners.map((owner) => rowOf(archive, owner)))
  return { archives: rows.filter((row) => row !== null), next: owners.length < size ? null : owners.at(-1)! }
}
/** Null: nothing in it is shown. */
async function rowOf(archive: Pick<AccountArchive, 'page'>, owner: string): Promise<ArchiveRow | null> {
  const ends = (['first', 'last'] as const).map((end) => archive.page(jid(owner), EVERYTHING, 1, end))
  const [first, last] = (await Promise.all(ends)).map(({ entries }) => entries[0])
  if (first === undefined || last === undefined) return null
  return { jid: owner, messages: last.seq - first.seq + 1, oldestAt: first.at, newestAt: last.at }
}
