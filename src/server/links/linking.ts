/** The links to remote domains, and what happens automatically when one is up again. */
import type { Clock } from '../../base/clock.ts'
import type { Entropy } from '../../base/entropy.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { Accounts } from '../account/accounts.ts'
import type { Asking } from '../routing/asking.ts'
import type { FactBoard } from '../account/facts.ts'
import { Links, type LinkTimes } from './links.ts'
import type { Probing } from '../contacts/probing.ts'
import type { Router } from '../routing/router.ts'
import type { Sessions } from '../account/sessions.ts'
import type { Decisions } from '../contacts/decisions.ts'
import { Mending } from './mending.ts'
import { Undelivered } from './undelivered.ts'

export interface LinkingParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly metrics: Metrics
  readonly facts: FactBoard
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly router: Router
  readonly probing: Probing
  readonly asking: Asking
  readonly decisions: Decisions
  /** The times of all links. */
  readonly times: LinkTimes
  readonly failed: (error: unknown, what: string) => void
}

export function linking(parts: LinkingParts): Links {
  const { facts, decisions } = parts
  const links = new Links({ ...parts, isWanted: (local, remote) => decisions.isWanted(local, remote) })
  const failed = (error: unknown): void => parts.failed(error, 'Presence could not be sent after a link was repaired')
  const undelivered = new Undelivered({ ...parts, failed })
  const mending = new Mending({ ...parts, belated: (link) => undelivered.mended(link) }, links)
  facts.on('presence-undelivered', ({ presence, why }) => {
    if (decisions.unheard(presence)) return
    undelivered.keep(presence)
    if (why.condition === 'resource-constraint') mending.missed(presence)
  })
  facts.on('link-mended', (link) => {
    undelivered.mended(link)
    decisions.mended(link)
  })
  return links
}
