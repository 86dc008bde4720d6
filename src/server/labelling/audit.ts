/**
 * What was withheld, and why: for the log, and for operators who ask (LAB-37). It knows labels and clearances by their ids, and
 * nothing of what messages say.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import type { Denial, Grade } from '../../im/security-policy.ts'
import type { Cleared } from './clearances.ts'

/** Where a decision is made. */
export type EnforcementPoint =
  /** A client sends a message. */
  | 'send'
  /** A message is for somebody here. */
  | 'delivery'
  /** A message is for another domain or a component. */
  | 'domain'
  /** A message that waited is for a user who has come back. */
  | 'offline'
  /** The user reads an archive. */
  | 'archive'
  /** A message is said in a room. */
  | 'room'
  /** A message of a room is for an occupant: live, in the history, in private. */
  | 'occupant'
  /** Somebody enters a room, or asks for its archive. */
  | 'join'

export interface Withheld {
  readonly point: EnforcementPoint
  /** Full or bare addresses, as far as they are known. */
  readonly from: string
  /** Whose clearance was asked: a person, a room or a domain. */
  readonly subject: string
  /** The id of the label; null: there is none. */
  readonly label: string | null
  /** The ids of the clearances. */
  readonly clearances: readonly string[]
  readonly denial: Denial
  /** How many messages or receivers this is about. */
  readonly count: number
}
export interface WithheldAt extends Withheld {
  readonly at: Millis
}

export interface AuditParts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly settings: AuditSettings
}
export interface AuditSettings {
  readonly audit: 'denials' | 'all'
  readonly remembered: number
}

export class Audit {
  readonly #parts: AuditParts
  readonly #denied: Counter
  readonly #granted: Counter
  readonly #recent: WithheldAt[] = []

  constructor(parts: AuditParts) {
    this.#parts = parts
    this.#denied = parts.metrics.counter('porchlight_label_denials_total', 'Decisions by security labels that withheld something')
    this.#granted = parts.metrics.counter('porchlight_label_grants_total', 'Decisions by security labels that let something pass')
  }
  denied(withheld: Withheld): void {
    const { clock, log, settings } = this.#parts
    this.#denied.value += withheld.count
    this.#recent.push({ ...withheld, at: clock.now() })
    if (this.#recent.length > settings.remembered) this.#recent.shift()
    const { point, from, subject, label, clearances, denial, count } = withheld
    log.info(
      { point, from, subject, label, clearances, rule: denial.rule, set: denial.set, count },
      'Withheld by a security label',
    )
  }
  granted(point: EnforcementPoint, from: string, subject: string, label: Grade, clearances: Cleared): void {
    this.#granted.value += 1
    if (this.#parts.settings.audit !== 'all') return
    const ids = clearances.map(({ id }) => id)
    this.#parts.log.info({ point, from, subject, label: label.id, clearances: ids }, 'Granted by a security label')
  }
  /** What was withheld since the start, the newest first, as far as it is remembered. */
  get recent(): readonly WithheldAt[] {
    return this.#recent.toReversed()
  }
}
