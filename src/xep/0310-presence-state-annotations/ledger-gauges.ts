/** Numbers for the operator about the sessions that ask for annotations. */
import type { Metrics } from '../../base/metrics.ts'
import type { PresenceLedger } from './ledger.ts'

/** @param ledgers of each session that asks; null if it was shown nothing */
export function ledgerGauges(metrics: Metrics, ledgers: () => Iterable<PresenceLedger | null>): void {
  const sum = (of: (ledger: PresenceLedger) => number) => (): number => {
    let all = 0
    for (const ledger of ledgers()) if (ledger !== null) all += of(ledger)
    return all
  }
  metrics.gauge(
    'porchlight_annotation_receivers',
    'Sessions whose client asks for annotations (XEP-0310)',
    () => [...ledgers()].length,
  )
  metrics.gauge(
    'porchlight_presences_noted',
    'Presences that are noted for sessions whose client asks for annotations',
    sum((l) => l.size),
  )
  metrics.gauge(
    'porchlight_presences_noted_octets',
    'Octets of the presences that are noted',
    sum((l) => l.octets),
  )
  metrics.gauge(
    'porchlight_presences_annotated',
    'Presences of which a client was told that they may be out of date',
    sum((l) => l.doubted),
  )
}
