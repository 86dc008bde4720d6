/**
 * Installs the rules of RFC 6120 and 6121 in the pipelines and registries, among those of the extensions. `order.ts` has the
 * order.
 */
import type { LocalAccount, Session } from '../account/session.ts'
import type { Wire } from '../../xml/wire.ts'
import type { FromAccount, FromClient, ToAccount, ToSession } from '../pipeline/contexts.ts'
import { checkStage } from './check-stage.ts'
import { deliverStage, iqInStage, routeStage, type DeliveryParts } from './delivery-stages.ts'
import type { RosterStore } from '../ports.ts'
import { presenceInStage, presenceStage, type PresenceParts } from './presence-stages.ts'
import { groupsStage } from './groups-stage.ts'
import type { Groups } from '../contacts/groups.ts'
import type { RateLimiter } from '../pipeline/rate-limit.ts'
import type { Registry } from '../routing/registry.ts'
import { installRosterService } from '../contacts/roster-service.ts'
import type { Rush } from '../rush/rush.ts'
import { installSessionRequest } from './session-request.ts'
import { correspondentsStage, strangersStage, type StrangersParts } from './strangers-stage.ts'
import type { Stage } from '../pipeline/pipeline.ts'
import type { StageBook } from '../pipeline/stage-book.ts'

export interface Books {
  readonly fromClient: StageBook<FromClient>
  /** Those of the stages `fromClient` that messages pass which are not from a client. */
  readonly fromAccount: StageBook<FromAccount>
  readonly toAccount: StageBook<ToAccount, LocalAccount>
  readonly toSession: StageBook<ToSession, Session>
  readonly registry: Registry
}
export interface CoreParts extends PresenceParts, DeliveryParts, StrangersParts {
  readonly rateLimiter: RateLimiter
  readonly rush: Rush
  readonly groups: Groups
  readonly rosters: RosterStore
  readonly requestId: () => Wire
}

export function installCore({ fromClient, fromAccount, toAccount, toSession, registry }: Books, parts: CoreParts): void {
  const { facts, heard, rateLimiter, router, rush } = parts
  const check = checkStage((domain) => router.serves(domain))
  fromClient.install('rate-limit', (context) => rateLimiter.check(context))
  fromClient.install('check', check)
  fromClient.install('groups-out', groupsStage(parts.groups), { kinds: ['presence', 'iq'] })
  fromClient.install('presence', presenceStage(parts), { kinds: ['presence'] })
  const [correspondents, route] = [correspondentsStage(parts), routeStage(router)]
  fromClient.install('correspondents', correspondents)
  fromClient.install('route', route)
  fromAccount.install('correspondents', correspondents)
  fromAccount.install('route', route)
  const isSelective = ({ policy }: LocalAccount): boolean => policy.strangers !== 'all'
  const chosen = toAccount.install('strangers', strangersStage(parts), { isFor: isSelective })
  facts.on('policy-changed', ({ account }) => chosen(account))
  const note: Stage<ToAccount> = ({ account, packet }) => {
    heard.note(account, packet)
    return 'next'
  }
  toAccount.install('heard', note, { kinds: ['presence'] })
  toAccount.install('presence-in', presenceInStage(parts), { kinds: ['presence'] })
  toAccount.install('iq-in', iqInStage(parts), { kinds: ['iq'] })
  toAccount.install('deliver', deliverStage, { kinds: ['message'] })
  toSession.install('rush', (context) => rush.stage(context))
  installSessionRequest(registry)
  installRosterService({ ...parts, registry })
}
