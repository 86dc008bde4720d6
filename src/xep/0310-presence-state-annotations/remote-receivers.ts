/**
 * XEP-0310 4.2, for contacts on other servers: a local session has paused, and resources there that have its presence and ask
 * for annotations are told. Their capabilities say that they ask; we know them if we have seen their presence (PSA-22). A
 * contact that sees us without showing its own presence is told nothing, and is not asked. The annotation goes to the full JID
 * of the resource that asks; other resources of the same account do not see it.
 */
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import type { HeardResource } from '../../im/heard-resource.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { LinkFact } from '../../server/account/facts.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { annotated, PSA, type Doubt } from '../../xmpp/state-annotation.ts'
import type { Resolver } from '../0115-entity-capabilities/index.ts'
import type { Annotations, Doubted } from './descriptions.ts'
import { DirectedElsewhere } from './directed-elsewhere.ts'
import type { Pauses } from './pauses.ts'
import { PresenceElsewhere } from './presence-elsewhere.ts'
import { ToldElsewhere } from './told-elsewhere.ts'

export interface RemoteParts {
  readonly host: Host
  readonly resolver: Resolver
  readonly pauses: Pauses
  readonly portions: Portions
  readonly annotations: Annotations
}

export class RemoteReceivers {
  readonly #parts: RemoteParts
  readonly #told: ToldElsewhere
  readonly #directed: DirectedElsewhere
  readonly #kept: PresenceElsewhere
  readonly #sent: Counter

  constructor(parts: RemoteParts) {
    const { host } = parts
    this.#parts = parts
    this.#told = new ToldElsewhere(host)
    this.#directed = new DirectedElsewhere(host)
    this.#kept = new PresenceElsewhere(host, this.#told, this.#directed)
    this.#sent = host.metrics.counter(
      'porchlight_annotations_sent_elsewhere_total',
      'Annotated presence stanzas sent to clients of other servers (XEP-0310)',
    )
    host.on('contact-heard', ({ account, heard, news }) => {
      if (news === 'available' || news === 'capabilities') this.#heard(account, heard)
    })
    host.on('contact-lost', ({ account, jid }) => this.#lost(account, jid))
    host.on('presence-changed', ({ session }) => this.#startOver(session))
    host.on('link-settled', (link) => this.#settled(link))
    host.on('roster-changed', ({ account, change }) => this.#rosterChanged(account, change.contact))
    host.probing.repeatBy((session, to) => this.#repeated(session, to))
  }
  /** Records presence that a session sends directly to a remote address. */
  note(session: Session, packet: Packet): void {
    if (packet.type !== '' && packet.type !== 'unavailable') return
    this.#kept.changed(session)
    this.#directed.note(session, packet)
  }
  /** The session's pause begins or ceases to be shown. */
  look(session: Session): void {
    const { portions } = this.#parts
    if (this.#isPaused(session)) portions.do(this.#tellAll(session))
    else if (this.#told.of(session) !== null) portions.do(this.#takeBack(session))
  }

  /** Is the session's pause shown on other servers? */
  #isPaused(session: Session): boolean {
    return this.#parts.pauses.isShown(session) && session.account.policy.sharePaused === 'contacts'
  }
  /**
   * The presence of the session as it is sent again to that address: with its present annotation (PSA-24). It is not sent to a
   * room: a room that its client has left would misunderstand it (XEP-0045 7.2.1).
   */
  #repeated(session: Session, to: Jid): Packet | null {
    const presence = this.#directed.presenceFor(session, to)
    if (presence === null || this.#directed.isForRoom(session, to)) return null
    if (!this.#isPaused(session) || !this.#told.hasAny(session, to)) return presence.addressedTo(to)
    this.#told.add(session, to)
    return this.#annotated(session, presence, to, 'connection-paused')
  }
  /** Our presence was sent there again (server/links/mending.ts); resources that were not told before are told now. */
  #settled({ local }: LinkFact): void {
    for (const session of this.#parts.host.sessions.all()) {
      if (session.jid.domain === local && this.#isPaused(session)) this.look(session)
    }
  }
  /** A contact that no longer sees the session is told nothing; one that now sees it is told after its presence was sent. */
  #rosterChanged(account: LocalAccount, contact: Jid): void {
    if (!account.sessions.some((session) => this.#isPaused(session))) return
    for (const session of account.sessions) this.#forgetUnseen(session, contact)
    queueMicrotask(() => {
      for (const heard of [...this.#parts.host.heard.ofAccount(account, contact)]) this.#heard(account, heard)
    })
  }
  #forgetUnseen(session: Session, contact: Jid): void {
    for (const jid of [...(this.#told.of(session)?.values() ?? [])])
      if (jid.bare === contact.bare && this.#directed.presenceFor(session, jid) === null) this.#told.remove(session, jid)
  }
  #heard(account: LocalAccount, heard: HeardResource): void {
    for (const session of account.sessions) if (this.#isPaused(session)) this.#consider(session, heard)
  }
  /**
   * A new presence is sent without an annotation. While the session is paused, its doubt follows. If the pause is over, its end
   * is sent even so: other servers may take the presence for a repetition.
   */
  #startOver(session: Session): void {
    if (this.#isPaused(session)) this.#told.clear(session)
    this.look(session)
  }
  /**
   * The resource became unavailable, or its user is invisible from now on and still shows the contact (XEP-0186): the end of the
   * pause is sent to the whole account.
   */
  #lost(account: LocalAccount, jid: Jid): void {
    for (const session of account.sessions) {
      if (!this.#told.remove(session, jid)) continue
      this.#told.add(session, jid.asBare)
      this.#kept.changed(session)
    }
  }
  *#tellAll(session: Session): Generator {
    for (const heard of this.#parts.host.heard.all(session.account)) {
      this.#consider(session, heard)
      yield
    }
  }
  *#takeBack(session: Session): Generator {
    const told = this.#told.of(session)
    for (const jid of told?.values() ?? []) {
      if (!jid.isBare && told!.has(jid.bare)) continue // what is sent to the account reaches that resource too
      if (session.ended || this.#isPaused(session) || this.#told.of(session) !== told) return
      this.#told.remove(session, jid)
      this.#send(session, jid, null)
      yield
    }
  }
  #consider(session: Session, heard: HeardResource): void {
    const { jid, caps } = heard
    if (caps === null || !this.#isDue(session, heard)) return
    this.#parts.resolver.resolve(session.account.bare, jid, caps, (features, isRefuted) => {
      if (isRefuted || features?.has(PSA) !== true || !this.#isDue(session, heard)) return
      this.#told.add(session, jid)
      this.#send(session, jid, 'connection-paused')
    })
  }
  #isDue(session: Session, heard: HeardResource): boolean {
    const { account } = session
    if (session.ended || !this.#isPaused(session) || this.#told.has(session, heard.jid)) return false
    return this.#parts.host.heard.get(account, heard.jid) === heard && this.#directed.presenceFor(session, heard.jid) !== null
  }
  #send(session: Session, to: Jid, doubt: Doubt | null): void {
    const presence = this.#directed.presenceFor(session, to)
    if (presence !== null) this.#parts.host.router.routeQuietly(this.#annotated(session, presence, to, doubt))
  }
  #annotated(session: Session, presence: Packet, to: Jid, doubt: Doubt | null): Packet {
    this.#sent.value += 1
    this.#kept.changed(session)
    const { annotations, host, pauses } = this.#parts
    const doubted: Doubted | null = doubt === null ? null : { doubt, since: pauses.since(session) ?? host.clock.now() }
    return annotated(presence, to, annotations.text(session.jid.domain, doubted, null))
  }
}
