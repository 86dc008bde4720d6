/**
 * XEP-0310 4.2, for contacts on other servers, and for rooms there (rooms-elsewhere.ts): a local session has paused, and resources there that have its presence and ask
 * for annotations are told. Their capabilities say that they ask; we know them if we have seen their presence (PSA-22). A
 * contact that sees us without showing its own presence is told nothing, and is not asked. The annotation goes to the full JID
 * of the resource that asks; other resources of the same account do not see it.
 */
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import type { HeardResource } from '../../im/heard-resource.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../../server/account/session.ts'
import type { LinkFact } from '../../server/account/facts.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { wire } from '../../xml/wire.ts'
import { annotated, formIn, type Doubt, type Form } from '../../xmpp/state-annotation.ts'
import type { Resolver } from '../0115-entity-capabilities/index.ts'
import type { Stays } from '../0410-self-ping/index.ts'
import type { Annotations, Doubted } from './descriptions.ts'
import { DirectedElsewhere } from './directed-elsewhere.ts'
import type { Pauses } from './pauses.ts'
import { PresenceElsewhere } from './presence-elsewhere.ts'
import { RoomsElsewhere } from './rooms-elsewhere.ts'
import { ToldElsewhere } from './told-elsewhere.ts'

export interface RemoteParts {
  readonly host: Host
  readonly resolver: Resolver
  readonly pauses: Pauses
  readonly portions: Portions
  readonly annotations: Annotations
  readonly stays: Stays
}

const FIRST: readonly Form[] = ['first']

export class RemoteReceivers {
  readonly #parts: RemoteParts
  readonly #told: ToldElsewhere
  readonly #directed: DirectedElsewhere
  readonly #kept: PresenceElsewhere
  readonly #rooms: RoomsElsewhere
  readonly #sent: Counter

  constructor(parts: RemoteParts) {
    const { host } = parts
    this.#parts = parts
    this.#told = new ToldElsewhere(host)
    this.#directed = new DirectedElsewhere(host)
    this.#kept = new PresenceElsewhere(host, this.#told, this.#directed)
    this.#rooms = new RoomsElsewhere({ host, stays: parts.stays, tell: (session, address) => this.#tellRoom(session, address) })
    this.#sent = host.metrics.counter(
      'porchlight_annotations_sent_elsewhere_total',
      'Annotated presence stanzas sent to clients of other servers (XEP-0310)',
    )
    host.on('contact-heard', ({ account, heard, news }) => {
      if (news === 'available' || news === 'capabilities') this.#heard(account, heard)
    })
    host.on('contact-lost', ({ account, jid }) => this.#lost(account, jid))
    host.on('presence-changed', ({ session }) => this.#startOver(session))
    host.on('endpoint-changed', ({ endpoint }) => this.#startOver(endpoint))
    host.on('link-settled', (link) => this.#settled(link))
    host.on('link-mended', (link) => this.#mended(link))
    host.on('roster-changed', ({ account, change }) => this.#rosterChanged(account, change.contact))
    host.probing.repeatBy((endpoint, to) => this.#repeated(endpoint, to))
  }
  /** Records presence that a session sends directly to a remote address. */
  note(session: Session, packet: Packet): void {
    if (packet.type !== '' && packet.type !== 'unavailable') return
    this.#kept.changed(session)
    this.#directed.note(session, packet)
  }
  /** The endpoint's pause begins or ceases to be shown. */
  look(endpoint: LocalEndpoint): void {
    const { portions } = this.#parts
    if (this.#isPaused(endpoint)) portions.do(this.#tellAll(endpoint))
    else if (this.#told.of(endpoint) !== null) portions.do(this.#takeBack(endpoint))
  }

  /** Is the endpoint's pause shown on other servers? */
  #isPaused(endpoint: LocalEndpoint): boolean {
    return this.#parts.pauses.isShown(endpoint) && endpoint.account.policy.sharePaused === 'contacts'
  }
  /**
   * The presence of the endpoint as it is sent again to that address: with its present annotation (PSA-24). It is not sent to a
   * room: a room that its client has left would misunderstand it (XEP-0045 7.2.1).
   */
  #repeated(endpoint: LocalEndpoint, to: Jid): Packet | null {
    const presence = this.#directed.presenceFor(endpoint, to)
    if (presence === null || this.#directed.isForRoom(endpoint, to)) return null
    if (!this.#isPaused(endpoint) || !this.#told.hasAny(endpoint, to)) return presence.addressedTo(to)
    this.#told.add(endpoint, to)
    return this.#annotated(endpoint, presence, to, 'connection-paused', this.#formsFor(endpoint, to))
  }
  /** Our presence was sent there again (server/links/mending.ts); resources that were not told before are told now. */
  #settled({ local }: LinkFact): void {
    for (const [endpoint] of [...this.#parts.pauses.shown()])
      if (endpoint.jid.domain === local && this.#isPaused(endpoint)) this.look(endpoint)
  }
  /** Rooms may not have got what was sent before the loss. */
  #mended({ local, remote }: LinkFact): void {
    for (const [endpoint] of [...this.#parts.pauses.shown()]) {
      if (endpoint.jid.domain !== local || !this.#isPaused(endpoint)) continue
      for (const jid of [...(this.#told.of(endpoint)?.values() ?? [])])
        if (jid.domain === remote && this.#directed.isForRoom(endpoint, jid)) this.#told.remove(endpoint, jid)
      this.#rooms.tellAll(endpoint, remote)
    }
  }
  #tellRoom(endpoint: LocalEndpoint, address: Jid): void {
    if (endpoint.ended || !this.#isPaused(endpoint) || this.#told.has(endpoint, address)) return
    this.#told.add(endpoint, address)
    this.#send(endpoint, address, 'connection-paused')
  }
  /** A contact that no longer sees the endpoint is told nothing; one that now sees it is told after its presence was sent. */
  #rosterChanged(account: LocalAccount, contact: Jid): void {
    if (!account.resources.some((endpoint) => this.#isPaused(endpoint))) return
    for (const endpoint of account.resources) this.#forgetUnseen(endpoint, contact)
    queueMicrotask(() => {
      for (const heard of [...this.#parts.host.heard.ofAccount(account, contact)]) this.#heard(account, heard)
    })
  }
  #forgetUnseen(endpoint: LocalEndpoint, contact: Jid): void {
    for (const jid of [...(this.#told.of(endpoint)?.values() ?? [])])
      if (jid.bare === contact.bare && this.#directed.presenceFor(endpoint, jid) === null) this.#told.remove(endpoint, jid)
  }
  #heard(account: LocalAccount, heard: HeardResource): void {
    for (const endpoint of account.resources) if (this.#isPaused(endpoint)) this.#consider(endpoint, heard)
  }
  /**
   * A new presence is sent without an annotation. While the endpoint is paused, its doubt follows. If the pause is over, its end
   * is sent even so: other servers may take the presence for a repetition.
   */
  #startOver(endpoint: LocalEndpoint): void {
    if (this.#isPaused(endpoint)) this.#told.clear(endpoint)
    this.look(endpoint)
  }
  /**
   * The resource became unavailable, or its user is invisible from now on and still shows the contact (XEP-0186): the end of the
   * pause is sent to the whole account.
   */
  #lost(account: LocalAccount, jid: Jid): void {
    for (const endpoint of account.resources) {
      if (!this.#told.remove(endpoint, jid)) continue
      this.#told.add(endpoint, jid.asBare)
      this.#kept.changed(endpoint)
    }
  }
  *#tellAll(endpoint: LocalEndpoint): Generator {
    for (const heard of this.#parts.host.heard.all(endpoint.account)) {
      this.#consider(endpoint, heard)
      yield
    }
    this.#rooms.tellAll(endpoint)
  }
  *#takeBack(endpoint: LocalEndpoint): Generator {
    const told = this.#told.of(endpoint)
    for (const jid of told?.values() ?? []) {
      if (!jid.isBare && told!.has(jid.bare)) continue // what is sent to the account reaches that resource too
      if (endpoint.ended || this.#isPaused(endpoint) || this.#told.of(endpoint) !== told) return
      this.#told.remove(endpoint, jid)
      this.#send(endpoint, jid, null)
      yield
    }
  }
  #consider(endpoint: LocalEndpoint, heard: HeardResource): void {
    const { jid, caps } = heard
    if (caps === null || !this.#isDue(endpoint, heard)) return
    this.#parts.resolver.resolve(endpoint.account.bare, jid, caps, (features, isRefuted) => {
      const form = isRefuted ? null : formIn(features)
      if (form === null || !this.#isDue(endpoint, heard)) return
      this.#told.add(endpoint, jid)
      this.#send(endpoint, jid, 'connection-paused', [form])
    })
  }
  #isDue(endpoint: LocalEndpoint, heard: HeardResource): boolean {
    const { account } = endpoint
    if (endpoint.ended || !this.#isPaused(endpoint) || this.#told.has(endpoint, heard.jid)) return false
    return this.#parts.host.heard.get(account, heard.jid) === heard && this.#directed.presenceFor(endpoint, heard.jid) !== null
  }
  /** The forms in which the resources at that address ask, as far as they are known. */
  #formsFor(endpoint: LocalEndpoint, to: Jid): readonly Form[] {
    if (this.#directed.isForRoom(endpoint, to)) return [this.#rooms.formFor(to)]
    const forms = new Set<Form>()
    for (const { jid, caps } of this.#parts.host.heard.ofAccount(endpoint.account, to)) {
      const form = caps === null ? null : formIn(this.#parts.resolver.verified(caps))
      if (form !== null && (to.isBare || jid.full === to.full)) forms.add(form)
    }
    return forms.size === 0 ? FIRST : [...forms]
  }
  #send(endpoint: LocalEndpoint, to: Jid, doubt: Doubt | null, forms = this.#formsFor(endpoint, to)): void {
    if (this.#directed.isForRoom(endpoint, to) && !this.#rooms.has(endpoint, to)) return // it would be told that it is out (XEP-0045 7.2.18)
    const presence = this.#directed.presenceFor(endpoint, to)
    if (presence !== null) this.#parts.host.router.routeQuietly(this.#annotated(endpoint, presence, to, doubt, forms))
  }
  #annotated(endpoint: LocalEndpoint, presence: Packet, to: Jid, doubt: Doubt | null, forms: readonly Form[]): Packet {
    this.#sent.value += 1
    this.#kept.changed(endpoint)
    const { annotations, host, pauses } = this.#parts
    const doubted: Doubted | null = doubt === null ? null : { doubt, since: pauses.since(endpoint) ?? host.clock.now() }
    const texts = forms.map((form) => annotations.text(endpoint.jid.domain, doubted, null, form))
    return annotated(presence, to, wire(texts.join('')))
  }
}
