/**
 * After an unclean stop (a crash, SIGKILL, a power cut) two rosters of this server may disagree about a subscription
 * between them: each side has a roster of its own (RFC 6121 A.1), and they are stored one after the other. So all rosters
 * are compared once, as `porchlight roster check --fix` does, in the background and slowly enough not to delay other work.
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Finding, Place, RosterAudit } from '../server/contacts/roster-audit.ts'

export interface RosterMendingParts {
  readonly audit: RosterAudit
  readonly domains: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

/** How long to wait after the start: clients that lost their connection reconnect first. */
const BEGIN_MS: Millis = 5000
/** Accounts per page. */
const ACCOUNTS = 20
/** The pause after each page: at least this long, and at least this many times the duration of the page. */
const PAUSE_MS: Millis = 100
const PAUSES = 4
/** The most findings that are logged one by one. */
const TOLD_MAX = 100
const FIRST: Place = { owner: '', contact: '' }

/** Compares all rosters once. Cancel the timer to stop. */
export function mendRosters(parts: RosterMendingParts): Timer {
  const { clock, log } = parts
  let timer: Timer
  let isCancelled = false
  const pause = (span: Millis): Promise<void> => new Promise((over) => (timer = clock.after(span, over)))
  const run = async (): Promise<void> => {
    await pause(BEGIN_MS)
    const found = { accounts: 0, contacts: 0, disagreements: 0, mended: 0 }
    for (const domain of parts.domains) {
      for (let place: Place | null = FIRST; place !== null;) {
        const begunAt = clock.now()
        const { findings, accounts, contacts, next } = await parts.audit.page({
          domain,
          from: place,
          accountsMax: ACCOUNTS,
          mend: true,
        })
        if (isCancelled) return
        for (const finding of findings) {
          found.disagreements += 1
          if (finding.mended === true) found.mended += 1
          if (found.disagreements <= TOLD_MAX) tell(log, finding)
        }
        found.accounts += accounts
        found.contacts += contacts
        place = next
        await pause(Math.max(PAUSE_MS, (clock.now() - begunAt) * PAUSES))
      }
    }
    log.info(found, 'The server was not stopped properly; all rosters were compared with each other')
  }
  run().catch((error: unknown) => log.error({ err: error }, 'Rosters could not be compared after a crash'))
  return {
    cancel() {
      isCancelled = true
      timer.cancel()
    },
  }
}

function tell(log: Log, finding: Finding): void {
  const what =
    'watcher' in finding
      ? { what: finding.what, watcher: finding.watcher, contact: finding.shower }
      : { what: finding.what.join(' '), owner: finding.owner, contact: finding.contact }
  log.warn(
    { ...what, mended: finding.mended },
    'A change of a subscription was not finished before the crash; the two rosters disagreed and were corrected',
  )
}
