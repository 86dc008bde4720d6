/** Who is a stranger to a user, and which strangers have one share together of what strangers can make grow. */
import { isStranger } from '../../im/strangers.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount } from '../account/session.ts'
import type { Parties } from './parties.ts'
import type { Router } from './router.ts'

type Kinds = Pick<Router, 'kindOf'>

/** A service or a component of this server, or the server itself, is none: they write to those who have asked for it. */
export const isStrangerTo = (router: Kinds, account: LocalAccount, sender: Jid): boolean =>
  isStranger(account, sender) && !(sender.local === '' && router.kindOf(sender.domain) !== 'elsewhere')

/** Each local user has a share; all users of one remote party have one together. */
export const holderOf = (router: Kinds, parties: Parties, { bare, domain }: Jid): string =>
  router.kindOf(domain) === 'accounts' ? bare : parties.of(domain)
