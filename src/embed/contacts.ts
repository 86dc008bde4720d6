/** A contact list as an application reads it: whom the user sees, and who sees the user. */
import type { LocalAccount } from '../server/account/session.ts'

export interface Contact {
  /** Usually a bare address. */
  readonly address: string
  /** The user's name for the contact; '' if there is none. */
  readonly name: string
  readonly groups: readonly string[]
  /** The user sees when the contact is available. */
  readonly sees: boolean
  /** The contact sees when the user is available. */
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
