/**
 * XEP-0310 4: clients are told what has changed since they were shown a presence. Whenever something may have changed, one
 * question is asked: what does the client believe about this presence (its ledger), and what do we know (`Doubts`)? The
 * difference is told: nothing twice, and no doubt is withdrawn that was not told (PSA-27).
 */
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { annotated } from '../../xmpp/state-annotation.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import type { ClientStates } from '../0352-client-state-indication/index.ts'
import type { Annotations } from './descriptions.ts'
import type { Doubts } from './doubts.ts'
import type { Shown } from './ledger.ts'
import { lightOf, type News } from './news.ts'
import type { Receivers } from './receivers.ts'

export interface TellingParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly states: ClientStates
  readonly receivers: Receivers
  readonly portions: Portions
  readonly annotations: Annotations
  readonly doubts: Doubts
}

export class Telling {
  readonly #parts: TellingParts
  /** Passes what the client was shown before through the stages behind the one that notes it (`Showing`). */
  readonly #send: (session: Session, packet: Packet) => void
  readonly #sent: Counter

  constructor(parts: TellingParts) {
    const { host, caps, states } = parts
    this.#parts = parts
    this.#send = host.deliverAfter('psa-ledger')
    this.#sent = host.metrics.counter(
      'porchlight_annotations_sent_total',
      'Annotated presence stanzas sent to clients (XEP-0310)',
    )
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
  /** Tells the session everything that has changed. */
  lookAtAll(session: Session): void {
    const { receivers, portions } = this.#parts
    if (receivers.isLooking(session)) portions.do(this.#each(session, receivers.everything(session)))
  }
  /** Tells all sessions at `local` what has changed about the resources at `remote`. */
  lookAtDomain(local: string, remote: string): void {
    this.#parts.portions.do(this.#eachAt(local, remote))
  }
  /** Tells each local session that may have been shown the presence of this one what has changed. */
  lookAtWatchersOf({ account, directed, jid }: Session): void {
    const { ours } = this.#parts.host.router.byHome([account.bare, ...account.audience, ...(directed?.values() ?? [])])
    for (const [home, watchers] of ours) home.doubted(jid, watchers)
  }
  /** Takes our doubt back while that of the other server holds, if that is to be said. */
  endOurs(session: Session, { endsOurs }: News): void {
    if (endsOurs !== null) this.#repeat(session, this.written(session, endsOurs, 'nothing', 0))
  }
  /** The presence with our annotation, if there is to be one. @param heardAfter see `Doubts.of` */
  written(session: Session, packet: Packet, ours: News['ours'], heardAfter: number): Packet {
    if (ours === null) return packet
    const { annotations, host, doubts } = this.#parts
    this.#sent.value += 1
    const doubted =
      ours === 'nothing' ? null : { doubt: ours, since: doubts.since(session, packet.from, heardAfter) ?? host.clock.now() }
    return annotated(packet, session.jid, annotations.text(session.jid.domain, doubted, session.lang))
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
    const { receivers, doubts, host } = this.#parts
    if (!receivers.asks(session) || !receivers.isLooking(session)) return
    const { packet, heardAfter } = shown
    if (session.account.hidden(packet.from)) return // PSA-35
    const { ledger } = receivers.of(session)
    const later = ledger?.takeLater(shown) ?? null
    if (later !== null) return session.take(later)
    const doubt = doubts.of(session, packet.from, heardAfter)
    if (ledger?.tell(shown, doubt, host.clock.now()) !== true) return
    const news = lightOf(packet, doubt)
    this.endOurs(session, news)
    this.#repeat(session, this.written(session, news.sent, news.ours, heardAfter))
  }
  #repeat(session: Session, packet: Packet): void {
    this.#send(session, packet.addressedTo(session.jid))
  }
  /** What other servers doubt has waited while nobody knew whether the client asks. */
  #learnt(session: Session): void {
    this.#parts.receivers.learn(session)
    this.lookAtAll(session)
  }
}
