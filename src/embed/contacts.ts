/** A contact list as an application reads it: who sees whom. */
import type { LocalAccount } from '../server/account/session.ts'

export interface Contact {
  /** Bare, as a rule. */
  readonly address: string
  /** As the user calls the contact; '' for none. */
  readonly name: string
  readonly groups: readonly string[]
  /** The user sees when the contact can be reached. */
  readonly sees: boolean
  /** The contact sees when the user can be reached. */
  readonly isSeen: boolean
}

export const contactsOf = ({ roster }: LocalAccount): readonly Contact[] =>
  [...roster.items()].map(({ jid, name, groups, subscription }) => ({
    address: jid.full,
    name,
    groups: [...groups],
    sees: subscription === 'to' || subscription === 'both',
    isSeen: subscription === 'from' || subscription === 'both',
  }))
