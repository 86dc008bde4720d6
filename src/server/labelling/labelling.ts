/** Puts the parts together by which a server decides about security labels (XEP-0258). */
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { SecurityPolicy } from '../../im/security-policy.ts'
import type { FactBoard } from '../account/facts.ts'
import { Audit, type AuditSettings } from './audit.ts'
import type { ClearanceStore, ClearedKind } from './clearance-store.ts'
import { Clearances, type ClearancesParts } from './clearances.ts'
import { Labels, type LabelsParts } from './labels.ts'

/** What the operator has decided about labels. */
export interface Labelling {
  readonly policy: SecurityPolicy
  readonly settings: AuditSettings
}

export interface LabellingParts extends Pick<ClearancesParts, 'groupsOf'>, Pick<LabelsParts, 'isOfServer' | 'isFromOutside'> {
  readonly hasAccounts: (domain: string) => boolean
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly facts: FactBoard
  readonly store: ClearanceStore
}

export function labelsOf({ policy, settings }: Labelling, parts: LabellingParts): Labels {
  const { log, facts } = parts
  const changed = (kind: ClearedKind, subject: string): void => facts.tell('clearances-changed', { kind, subject })
  const clearances = new Clearances({ ...parts, policy, changed })
  const forget = (kind: 'account' | 'group', subject: string): void =>
    void clearances
      .forget(kind, subject)
      .catch((error: unknown) => log.error({ err: error, kind, subject }, 'The clearances could not be read; it has none'))
  facts.on('account-deleted', ({ jid }) => forget('account', jid.bare))
  facts.on('group-deleted', ({ name }) => forget('group', name))
  facts.on('group-changed', ({ name, accounts }) => {
    if (clearances.isGroupCleared(name)) for (const account of accounts) changed('account', account)
  })
  const { isOfServer, isFromOutside } = parts
  return new Labels({ policy, clearances, audit: new Audit({ ...parts, settings }), isOfServer, isFromOutside })
}

/** Reads the clearances. Call it once, before anything else. */
export async function loadClearances({ clearances, policy }: Labels, log: Log): Promise<void> {
  for (const { kind, subject, clearance } of await clearances.load())
    log.warn({ kind, subject, clearance, policy: policy.id }, 'A clearance is not in the policy any more, and grants nothing')
}
