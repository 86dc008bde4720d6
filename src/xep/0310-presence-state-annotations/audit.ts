/**
 * Checks the promises while the server runs: it compares what clients that ask for annotations were shown (their ledgers) with
 * the actual state. A sample is checked again and again. What looks wrong is checked once more a while later, when everything on
 * its way has arrived, and only then counted and logged, with the events before it.
 *
 *   no ghost   a resource that is shown as available is available, or is shown with a doubt
 *   no leak    it is shown because of a subscription, or it has sent its presence directly
 *   no false offline   a resource that is available, and may be seen, is shown
 *   no flap    no client is sent the same stanza twice, and no link is announced as lost again too soon
 */
import { every, type Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import { contactKey } from '../../im/account.ts'
import type { LinkFact } from '../../server/account/facts.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Absences } from './absences.ts'
import type { Shown } from './ledger.ts'
import type { Doubts } from './doubts.ts'
import type { Receivers } from './receivers.ts'
import type { Promised, Violations } from './violations.ts'

export interface AuditParts {
  readonly host: Host
  readonly receivers: Receivers
  readonly absences: Absences
  /** Portions of its own, so that annotations do not wait behind it. */
  readonly portions: Portions
  readonly doubts: Doubts
  readonly violations: Violations
  readonly interval: Millis
}

/** Sessions of one check; the next check continues where it ended. */
const SESSIONS_MAX = 1000
/** The time from a suspicion to the second check. */
const CONFIRM: Millis = 15_000
/** The most findings for one session. */
const ABSENT_MAX = 100
/** A link and the audit read the clock at different times, with work in between, and timers use another clock. */
const CLOCKS_DIFFER: Millis = 1000

export class Audit {
  readonly #parts: AuditParts
  readonly #checked: Counter
  /** Findings that were counted already, or wait for their second check. */
  readonly #suspected = new WeakSet<Shown>()
  /** By session: the resources that were found not to be shown. */
  readonly #absent = new WeakMap<Session, Set<string>>()
  readonly #announced = new Map<string, Millis>()
  #rest: Session[] = []

  constructor(parts: AuditParts) {
    const { metrics } = parts.host
    this.#parts = parts
    this.#checked = metrics.counter(
      'porchlight_audit_presences_checked_total',
      'Presences that clients were shown and that were looked at again',
    )
    parts.host.on('link-down', (link) => this.#linkDown(link))
    every(parts.host.clock, parts.interval, () => parts.portions.do(this.#look()))
  }

  *#look(): Generator {
    if (this.#rest.length === 0) this.#rest = [...this.#parts.receivers.all()]
    for (const session of this.#rest.splice(0, SESSIONS_MAX)) {
      for (const shown of this.#parts.receivers.everything(session)) {
        this.#checked.value += 1
        if (!this.#suspected.has(shown) && this.#judge(session, shown) !== null) this.#suspect(session, shown)
        yield
      }
      yield* this.#lookForAbsent(session)
    }
  }
  *#lookForAbsent(session: Session): Generator {
    const { absences, host } = this.#parts
    if (!absences.isJudged(session)) return
    for (const absent of absences.of(session)) {
      for (const jid of absent) host.clock.after(CONFIRM, () => this.#confirmAbsent(session, jid))
      yield
    }
  }
  #confirmAbsent(session: Session, jid: Jid): void {
    const { absences } = this.#parts
    if (session.ended || !absences.isJudged(session)) return
    const isAbsent = absences.ofContact(session, jid.asBare).some(({ full }) => full === jid.full)
    if (isAbsent && this.#isNew(session, jid)) this.#parts.violations.foundAbsent(session.account, session.jid, jid)
  }
  /** Is this its first finding? */
  #isNew(session: Session, { full }: Jid): boolean {
    const found = this.#absent.get(session) ?? new Set<string>()
    this.#absent.set(session, found)
    if (found.has(full) || found.size >= ABSENT_MAX) return false
    found.add(full)
    return true
  }
  #suspect(session: Session, shown: Shown): void {
    this.#suspected.add(shown)
    const { at, toldAt } = shown
    this.#parts.host.clock.after(CONFIRM, () => {
      const isSame = shown.at === at && shown.toldAt === toldAt && this.#parts.receivers.has(session, shown.jid)
      const promised = isSame ? this.#judge(session, shown) : null
      if (promised === null) this.#suspected.delete(shown)
      else this.#parts.violations.found(promised, session, shown)
    })
  }

  /** The promise that is broken by what this client was shown; null if none. */
  #judge(session: Session, { jid, told, heardAfter }: Shown): Promised | null {
    const { host, receivers, doubts } = this.#parts
    const { account } = session
    // Its client has just logged in again after a crash, and may still send presence (docs/decisions/018-sessions-over-a-restart.md)
    const isHere = host.router.homeOf(jid) !== null
    const shown = isHere ? host.accounts.get(jid.bare)?.session(jid.resource) : undefined
    if (shown !== undefined && host.relics.owed(shown) !== null) return null
    // A client that is away or inactive is told afterwards; a client is told nothing about contacts that its user has blocked
    if (!session.takesPart || !receivers.isLooking(session) || account.hidden(jid)) return null
    if (told !== doubts.of(session, jid, heardAfter)) return 'no ghost'
    return isHere ? this.#judgeHere(session, jid) : null
  }
  #judgeHere(watcher: Session, { bare, resource }: Jid): Promised | null {
    const account = this.#parts.host.accounts.get(bare)
    const endpoint = account?.endpoint(resource)
    const isDirect = endpoint?.hasTold(watcher.jid) === true
    if (account === undefined || endpoint === undefined || (endpoint.presence === null && !isDirect)) return 'no ghost'
    const isOwn = account === watcher.account
    const maySee = isOwn || (account.roster.isSubscriber(contactKey(watcher.jid)) && !account.hidden(watcher.jid))
    return maySee || isDirect ? null : 'no leak'
  }
  #linkDown({ local, remote }: LinkFact): void {
    const { host } = this.#parts
    const now = host.clock.now()
    const key = pairKey({ local, remote })
    const before = this.#announced.get(key)
    this.#announced.delete(key)
    for (const [other, at] of this.#announced) {
      if (now - at < host.links.times.dampMs) break // the oldest come first
      this.#announced.delete(other)
    }
    if (host.links.get(local, remote)?.isForced === true) return
    this.#announced.set(key, now)
    if (before === undefined || now - before >= host.links.times.dampMs - CLOCKS_DIFFER) return
    this.#parts.violations.foundFlap(local, remote, before)
  }
}
