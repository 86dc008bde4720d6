/**
 * XEP-0310 4: clients are told what has changed since they were shown a presence. Whenever something may have changed, one
 * question is asked: what does the client believe about this presence (its ledger), and what do we know (`Doubts`)? The
 * difference is told: nothing twice, and no doubt is withdrawn that was not told (PSA-27).
 */
import type { Portions } from '../../base/portions.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import type { ClientStates } from '../0352-client-state-indication/index.ts'
import type { Doubts } from './doubts.ts'
import type { Shown } from './ledger.ts'
import { lightOf } from './news.ts'
import type { Receivers } from './receivers.ts'
import type { Showing } from './showing.ts'
import type { Writer } from './writer.ts'

export interface TellingParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly states: ClientStates
  readonly receivers: Receivers
  readonly portions: Portions
  readonly doubts: Doubts
  readonly showing: Showing
  readonly writer: Writer
}

export class Telling {
  readonly #parts: TellingParts

  constructor(parts: TellingParts) {
    const { host, caps, states } = parts
    this.#parts = parts
    caps.onKnown((session) => this.#learnt(session))
    host.on('session-resumed', ({ session }) => this.lookAtAll(session))
    host.on('resource-doubted', ({ resource, watchers }) => this.#parts.portions.do(this.#eachAmong(watchers, resource)))
    states.onActive((session) => this.lookAtAll(session))
    for (const fact of ['link-down', 'link-up'] as const) host.on(fact, ({ local, remote }) => this.lookAtDomain(local, remote))
  }
  /** Tells the session what has changed about `from`. */
  look(session: Session, from: Jid): void {
    const shown = this.#parts.receivers.of(session).ledger?.get(from)
    if (shown !== undefined) this.#tell(session, shown)
  }
  /** The session was shown the truth of all resources of that account or room. @param losses of the link, so far */
  confirmed(session: Session, who: Jid, losses: number): void {
    this.#parts.portions.do(this.#confirm(session, who, losses))
  }
  *#confirm(session: Session, who: Jid, losses: number): Generator {
    const { ledger } = this.#parts.receivers.of(session)
    for (const shown of [...(ledger?.ofAccount(who) ?? [])]) {
      if (shown.later === null) ledger!.confirm(shown, losses)
      this.#tell(session, shown)
      yield
    }
  }
  /** Tells the session everything that has changed. */
  lookAtAll(session: Session): void {
    const { receivers, portions } = this.#parts
    if (receivers.isLooking(session)) portions.do(this.#each(session, receivers.everything(session)))
  }
  /** Tells all sessions at `local` what has changed about the resources at `remote`. */
  lookAtDomain(local: string, remote: string): void {
    this.#parts.portions.do(this.#eachAt(local, remote))
  }
  /** Tells each local session that may have been shown the presence of this endpoint what has changed. */
  lookAtWatchersOf({ account, directed, jid }: LocalEndpoint): void {
    const { ours } = this.#parts.host.router.byHome([account.bare, ...account.audience, ...(directed?.values() ?? [])])
    for (const [home, watchers] of ours) home.doubted(jid, watchers)
  }

  *#eachAmong(watchers: Iterable<LocalAccount>, resource: Jid): Generator {
    for (const watcher of watchers) {
      for (const session of [...watcher.sessions]) {
        this.look(session, resource)
        yield
      }
    }
  }
  *#eachAt(local: string, remote: string): Generator {
    const { receivers } = this.#parts
    for (const session of [...receivers.all()]) {
      if (session.jid.domain === local) yield* this.#each(session, receivers.shown(session, remote))
    }
  }
  *#each(session: Session, all: Iterable<Shown>): Generator {
    for (const shown of all) {
      this.#tell(session, shown)
      yield
    }
  }
  #tell(session: Session, shown: Shown): void {
    const { receivers, doubts, host, showing, writer } = this.#parts
    if (!receivers.asks(session) || !receivers.isLooking(session)) return
    const { packet, heardAfter } = shown
    if (session.account.hidden(packet.from)) return // PSA-35
    const { ledger } = receivers.of(session)
    const later = ledger?.takeLater(shown) ?? null
    if (later !== null) return showing.showLater(session, later)
    const doubt = doubts.of(session, packet.from, heardAfter)
    if (ledger?.tell(shown, doubt, host.clock.now()) !== true) return
    const news = lightOf(packet, doubt)
    writer.prepare(session, news, heardAfter)
    writer.repeat(session, news.sent, heardAfter)
  }
  /** What other servers doubt has waited while nobody knew whether the client asks. */
  #learnt(session: Session): void {
    this.#parts.receivers.learn(session)
    this.lookAtAll(session)
  }
}
