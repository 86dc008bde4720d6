/** Broken promises (see `audit.ts`): counted, and logged with the events before them, without any content of presence. */
import type { Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Shown } from './ledger.ts'

export type Promised = 'no ghost' | 'no leak' | 'no flap' | 'no false offline'

/** The most events that are logged with a violation. */
const EVENTS_MAX = 10

export class Violations {
  readonly #host: Host
  readonly #broken: Readonly<Record<Promised, Counter>>

  constructor(host: Host) {
    const { metrics } = host
    this.#host = host
    this.#broken = {
      'no ghost': metrics.counter(
        'porchlight_audit_ghosts_total',
        'Presences found shown as available, and not in doubt, though nobody is there; 0 is right',
      ),
      'no leak': metrics.counter(
        'porchlight_audit_leaks_total',
        'Presences found shown to somebody who may not see them; 0 is right',
      ),
      'no false offline': metrics.counter(
        'porchlight_audit_false_offline_total',
        'Available contacts found not shown, or shown as gone, to somebody who may see them; 0 is right',
      ),
      'no flap': metrics.counter(
        'porchlight_audit_flaps_total',
        'Presences sent again that had not changed, and losses of a link announced too soon after the last; 0 is right',
      ),
    }
  }
  /** A violation by a presence that a client was shown. */
  found(promised: Promised, session: Session, { jid, at, told, toldAt }: Shown): void {
    this.#broken[promised].value += 1
    this.#log(promised, session.jid, jid, { shown: { at, told, toldAt }, sent: this.#sent(session.jid, jid) })
  }
  /** A link was announced as lost too soon. @param before the previous time */
  foundFlap(local: string, remote: string, before: Millis): void {
    this.#broken['no flap'].value += 1
    const fields = { promised: 'no flap', local, remote, before }
    this.#host.log.error(fields, 'A link was announced as lost too soon after the last time')
  }
  /** A contact is available, and `watcher` (a client, or the whole account) was shown the opposite, or nothing. */
  foundAbsent(account: LocalAccount, watcher: Jid, contact: Jid): void {
    this.#broken['no false offline'].value += 1
    const clients = watcher.isBare ? account.sessions.map(({ jid }) => jid) : [watcher]
    const sent = clients.flatMap((client) => this.#sent(client, contact))
    this.#log('no false offline', watcher, contact, { sent })
  }

  #sent(client: Jid, contact: Jid): readonly object[] {
    const all = this.#host.journal.sent.lastTo(client, contact)
    return Array.from(all, ({ from, type, at }) => ({ from: from.full, type, at }))
  }
  #log(promised: Promised, watcher: Jid, contact: Jid, more: object): void {
    const { log, journal } = this.#host
    const events = []
    for (const event of journal.of(({ who }) => who === contact.bare || who === contact.domain || who === watcher.bare)) {
      if (events.push(event) === EVENTS_MAX) break
    }
    const fields = { promised, watcher: watcher.full, contact: contact.full, ...more, events: events.toReversed() }
    log.error(fields, 'What a client was shown of a contact breaks a promise')
  }
}
