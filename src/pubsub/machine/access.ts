/** XEP-0060 4.1 and 4.5: who may subscribe, read, publish and own, by affiliation and access model. */
import { isInsider, isPublisher, type Affiliation } from './affiliation.ts'
import type { Actor, Relation } from './commands.ts'
import type { NodeConfig } from './config.ts'
import type { Node } from './node.ts'
import { refuse, type Refusal } from './refusals.ts'

type Asker = Pick<Actor, 'bare' | 'relation'>

/** May they subscribe? @returns null: they may; with 'authorize' it waits for an owner */
export function refusalToSubscribe(node: Node, { bare, relation }: Asker): Refusal | null {
  const affiliation = node.affiliationOf(bare)
  if (affiliation === 'outcast') return refuse('outcast')
  if (affiliation === 'publish-only') return refuse('rank')
  if (isInsider(affiliation) || node.config.access_model === 'authorize') return null
  return refusalOfModel(node.config, relation)
}

const NOW: Earlier = {}

/** How a node was, where somebody asks what was allowed then. */
export interface Earlier {
  readonly config?: NodeConfig
  readonly affiliation?: Affiliation
}
/** May they read items, and be sent them? (6.5.9) @param earlier what was different, if another time is meant */
export function refusalToRead(node: Node, { bare, relation }: Asker, earlier: Earlier = NOW): Refusal | null {
  const { config = node.config, affiliation = node.affiliationOf(bare) } = earlier
  const refusal = refusalToHear(node, { bare, relation }, earlier)
  if (refusal !== null || config.access_model !== 'authorize' || isInsider(affiliation) || node.isSubscribed(bare)) return refusal
  return refuse(node.subscriptionsOf(bare).length > 0 ? 'pending' : 'not-a-subscriber')
}
/** The same for somebody who is subscribed. */
export function refusalToHear(node: Node, { bare, relation }: Asker, earlier: Earlier = NOW): Refusal | null {
  const { config = node.config, affiliation = node.affiliationOf(bare) } = earlier
  if (affiliation === 'outcast') return refuse('outcast')
  if (affiliation === 'publish-only') return refuse('rank')
  return isInsider(affiliation) ? null : refusalOfModel(config, relation)
}

function refusalOfModel(config: NodeConfig, { seesPresence, groups }: Relation): Refusal | null {
  switch (config.access_model) {
    case 'presence':
      return seesPresence ? null : refuse('no-presence-subscription')
    case 'roster':
      if (!seesPresence) return refuse('no-presence-subscription')
      return groups.some((group) => config.roster_groups_allowed.includes(group)) ? null : refuse('not-in-roster-group')
    case 'whitelist':
      return refuse('closed')
    case 'open':
    case 'authorize':
      return null
  }
}

export function refusalToPublish(node: Node, { bare, isServer }: Actor): Refusal | null {
  const affiliation = node.affiliationOf(bare)
  if (isServer || isPublisher(affiliation)) return null
  if (affiliation === 'outcast') return refuse('outcast')
  const model = node.config.publish_model
  if (model === 'open') return null
  return model === 'subscribers' && node.isSubscribed(bare) ? null : refuse('rank')
}

export const refusalToOwn = (node: Node, { bare, isServer }: Pick<Actor, 'bare' | 'isServer'>): Refusal | null =>
  isServer || node.affiliationOf(bare) === 'owner' ? null : refuse('rank')
