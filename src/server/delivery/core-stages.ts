/**
 * Installs the rules of RFC 6120 and 6121 in the pipelines and registries, among those of the extensions. `order.ts` has the
 * order.
 */
import type { Wire } from '../../xml/wire.ts'
import type { FromClient, ToAccount, ToSession } from '../pipeline/contexts.ts'
import { checkStage } from './check-stage.ts'
import { deliverStage, iqInStage, routeStage, type DeliveryParts } from './delivery-stages.ts'
import type { RosterStore } from '../ports.ts'
import { presenceInStage, presenceStage, type PresenceParts } from './presence-stages.ts'
import type { RateLimiter } from '../pipeline/rate-limit.ts'
import type { Registry } from '../routing/registry.ts'
import { installRosterService } from '../contacts/roster-service.ts'
import type { Rush } from '../rush/rush.ts'
import { installSessionRequest } from './session-request.ts'
import type { StageBook } from '../pipeline/stage-book.ts'

export interface Books {
  readonly fromClient: StageBook<FromClient>
  readonly toAccount: StageBook<ToAccount>
  readonly toSession: StageBook<ToSession>
  readonly registry: Registry
}
export interface CoreParts extends PresenceParts, DeliveryParts {
  readonly rateLimiter: RateLimiter
  readonly rush: Rush
  readonly rosters: RosterStore
  readonly requestId: () => Wire
}

export function installCore({ fromClient, toAccount, toSession, registry }: Books, parts: CoreParts): void {
  const { heard, rateLimiter, router, rush } = parts
  const check = checkStage((domain) => router.serves(domain))
  fromClient.install('rate-limit', (context) => rateLimiter.check(context))
  fromClient.install('check', check)
  fromClient.install('presence', presenceStage(parts))
  fromClient.install('route', routeStage(router))
  toAccount.install('heard', ({ account, packet }) => {
    if (packet.kind === 'presence') heard.note(account, packet)
    return 'next'
  })
  toAccount.install('presence-in', presenceInStage(parts))
  toAccount.install('iq-in', iqInStage(parts))
  toAccount.install('deliver', deliverStage)
  toSession.install('rush', (context) => rush.stage(context))
  installSessionRequest(registry)
  installRosterService({ ...parts, registry })
}
