/** Commands for invitations: make, list and revoke them. */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import type { Host } from '../server/feature.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { CommandError, defineCommand, type Command } from './command.ts'
import { existingAccount, notOurs } from './user-commands.ts'

export interface InvitationRow {
  readonly id: string
  readonly inviter: string | null
  readonly domain: string
  readonly name: string
  readonly makesAccount: boolean
  readonly makesContact: boolean
  readonly usesMax: number
  readonly uses: number
  readonly createdAt: Millis
  readonly expiresAt: Millis
  readonly note: string
}
/** The answer of `invite.create`. */
export interface InvitationLinks {
  readonly id: string
  readonly uri: string
  readonly page: string | null
  readonly expiresAt: Millis
}
/** What the commands need of XEP-0401. */
export interface Inviting<New extends InvitationRow> {
  create(
    wish: Omit<InvitationRow, 'id' | 'uses' | 'createdAt' | 'expiresAt'> & { readonly lifetime: Millis | null },
  ): Promise<New>
  list(): Promise<readonly InvitationRow[]>
  revoke(id: string): Promise<boolean>
  linksOf(made: New): { readonly uri: string; readonly page: string | null }
}

const NOTE_MAX = 200
const CREATE = {
  domain: v.nullable(v.string()),
  inviter: v.nullable(v.string()),
  name: v.string(),
  account: v.boolean(),
  uses: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
  lifetime: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  note: v.pipe(v.string(), v.maxLength(NOTE_MAX)),
}

export function inviteCommands<N extends InvitationRow>(
  host: Pick<Host, 'domains' | 'stores'>,
  inviting: Inviting<N>,
): readonly Command[] {
  return [
    defineCommand(
      'invite.create',
      CREATE,
      async ({ uses, account, lifetime, note, name, ...given }): Promise<InvitationLinks> => {
        const inviter = given.inviter === null ? null : await existingAccount(host, given.inviter)
        if (!account && inviter === null)
          throw new CommandError('An invitation without an account has to say whose contact the person becomes: --from JID')
        if (name !== '' && uses > 1) throw new CommandError('Only one person can have the name: leave out --name or --uses.')
        const domain = given.domain === null ? (inviter?.domain ?? host.domains[0]!) : prepareDomain(given.domain)
        if (!host.domains.includes(domain)) throw notOurs(domain, host.domains)
        const wish = { domain, inviter: inviter?.bare ?? null, name, makesAccount: account, makesContact: inviter !== null }
        const made = await inWords(() => inviting.create({ ...wish, usesMax: uses, lifetime, note }))
        return { id: made.id, ...inviting.linksOf(made), expiresAt: made.expiresAt }
      },
    ),
    defineCommand('invite.list', {}, () => inviting.list()),
    defineCommand('invite.revoke', { id: v.string() }, async ({ id }) => {
      if (!(await inviting.revoke(id)))
        throw new CommandError(`There is no invitation ${id}. \`invite list\` shows those that there are.`)
      return { id }
    }),
  ]
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StanzaError) throw new CommandError(`${error.detail.text ?? error.condition}.`)
    throw error
  }
}
