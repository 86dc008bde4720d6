/**
 * PEP-12: contacts on other servers who come online get the last items of an account whose owner is away. So their presence is
 * wanted for accounts that have something to offer.
 */
import type { NodeFace } from '../../pubsub/face.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import type { Host } from '../../server/feature.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** @returns follows what becomes of nodes */
export function wantContacts({ accounts, router, on }: Host, nodes: Nodes): NodeFace {
  const endings = new Map<string, () => void>()
  const follow = (owner: string, offers: boolean): void => {
    if (offers === endings.has(owner)) return
    const jid = storedJid(owner)
    if (offers && router.homeOf(jid) !== null) endings.set(owner, accounts.wantPresence(jid, 'elsewhere'))
    else {
      endings.get(owner)?.()
      endings.delete(owner)
    }
  }
  for (const owner of nodes.index.owners()) follow(owner, nodes.index.offeredBy(owner).length > 0)
  on('account-deleted', ({ jid }) => follow(jid.bare, false))
  return { happened: ({ origin: { owner } }) => follow(owner, nodes.index.offeredBy(owner).length > 0) }
}
