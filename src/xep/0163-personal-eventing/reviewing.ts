/** PUB-7: access was lost, perhaps: by a change of the roster, of a node's configuration or of its affiliations. */
import type { Relation } from '../../pubsub/machine/commands.ts'
import { isRefused } from '../../pubsub/machine/decide.ts'
import { bareOf, type Node } from '../../pubsub/machine/node.ts'
import { serverFor, type Nodes } from '../../pubsub/nodes.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { actorFor } from './asker.ts'

/** Subscriptions at the account's nodes end of those who may not see them any more. */
export async function review(account: LocalAccount, nodes: Nodes): Promise<void> {
  const owner = account.bare.bare
  for (const name of await nodes.store.namesWithSubscriptions(owner)) {
    const node = await nodes.one(owner, name)
    if (node === null) continue
    const command = { do: 'review', relations: relationsAt(account, node) } as const
    const outcome = await nodes.perform({ owner, name, actor: serverFor(owner), command, make: null })
    if (!isRefused(outcome)) outcome.tell()
  }
}
function relationsAt(account: LocalAccount, { subscriptions }: Node): ReadonlyMap<string, Relation> {
  const people = new Set(Array.from(subscriptions.values(), ({ jid }) => bareOf(jid)))
  return new Map(Array.from(people, (bare) => [bare, actorFor(account, storedJid(bare)).relation]))
}
