/**
 * XEP-0310 4.2, for those on other servers: a session here has paused, and whoever there has its presence and asks for
 * annotations is told. That he asks, his capabilities say; we know them if we have seen his presence (PSA-22). Whoever sees us
 * without showing himself is told nothing, and not asked. It goes to the full JID of the resource that asks: others of the
 * same account see nothing of it.
 */
import { contactKey } from '../../im/account.ts'
import type { Millis } from '../../base/clock.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { LinkFact } from '../../server/account/facts.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import { asksToJoin } from '../../xmpp/muc-user.ts'
import { annotated, plain, PSA, type Doubt } from '../../xmpp/state-annotation.ts'
import type { Resolver } from '../0115-entity-capabilities/index.ts'
import type { Annotations, Doubted } from './descriptions.ts'
import type { HeardResource } from '../../im/heard-resource.ts'

export interface RemoteParts {
  readonly host: Host
  readonly resolver: Resolver
  readonly portions: Portions
  readonly annotations: Annotations
  /** Is the session's pause shown to others on other servers? */
  readonly isPaused: (session: Session) => boolean
  /** Since when it is away; null: it is not. */
  readonly pausedSince: (session: Session) => Millis | null
}
type Told = Map<string, Jid>
/** Who was told of the session's pause, and what it has sent directly, over a restart. */
interface KeptJson {
  readonly told: readonly string[]
  readonly directed: readonly DirectedJson[]
}
interface Directed {
  readonly to: Jid
  /** Null: that it is not available, to a contact who sees it otherwise. */
  readonly packet: Packet | null
  /** Its client has asked to be let into a room with that address as its own there. */
  readonly isForRoom: boolean
}
type DirectedJson = readonly [to: string, PacketJson | null, isForRoom: boolean]
/** Addresses that a session's directed presence is remembered for. Beyond that it is not annotated. */
const DIRECTED_MAX = 500

export class RemoteReceivers {
  readonly #parts: RemoteParts
  /** Whom the session's pause was told to. Null: nobody. */
  readonly #told: Slot<Session, Told | null>
  /** Of sessions from before a crash, by resource: a client that has logged in anew has taken their place, and nobody saw it. */
  readonly #inherited: Slot<LocalAccount, Map<string, Told> | null>
  /** What it has sent directly to addresses elsewhere. */
  readonly #directed: Slot<Session, Map<string, Directed> | null>
  /** How often one of these has changed. */
  readonly #changes: Slot<Session, number>
  readonly #sent: Counter

  constructor(parts: RemoteParts) {
    const { host } = parts
    this.#parts = parts
    this.#told = host.sessionSlot<Told | null>('pause-told', 'kept in presence-elsewhere', () => null)
    this.#directed = host.sessionSlot<Map<string, Directed> | null>(
      'directed-elsewhere',
      'kept in presence-elsewhere',
      () => null,
    )
    this.#changes = host.sessionSlot<number>('elsewhere-changes', 'forgotten', () => 0)
    this.#sent = host.metrics.counter(
      'porchlight_annotations_sent_elsewhere_total',
      'Annotated presence stanzas sent to clients of other servers (XEP-0310)',
    )
    host.on('contact-heard', ({ account, heard, news }) => {
      if (news === 'available' || news === 'capabilities') this.#heard(account, heard)
    })
    host.on('contact-lost', ({ account, jid }) => this.#lost(account, jid))
    this.#inherited = host.accountSlot<Map<string, Told> | null>('pause-told-of-relics', 'forgotten', () => null)
    host.on('session-ended', ({ session, presence }) => presence === null && this.#leaveTold(session))
    host.on('presence-changed', ({ session, before }) => {
      this.#forgetDirected(session)
      if (before === null) this.#inherit(session)
      this.#startOver(session)
    })
    host.keep.session<KeptJson>({
      name: 'presence-elsewhere',
      version: 1,
      stamp: (session) => String(session.get(this.#changes)),
      weigh: (session) => this.#octetsOf(session),
      save: (session) => this.#keep(session),
      load: (session, kept) => this.#restore(session, kept),
    })
    host.on('link-settled', (link) => this.#settled(link))
    host.on('roster-changed', ({ account, change }) => this.#rosterChanged(account, change.contact))
  }
  /** Notes presence that a session sends directly to an address elsewhere. */
  note(session: Session, packet: Packet): void {
    const { type } = packet
    if (type !== '' && type !== 'unavailable') return
    const to = packet.to!
    const directed = session.get(this.#directed)
    const before = directed?.get(to.full)
    this.#changed(session)
    if (to.isBare) this.#overrule(directed, to)
    if (type !== '' && !seesBroadcast(session, to)) return void directed?.delete(to.full)
    if (before === undefined && (directed?.size ?? 0) >= DIRECTED_MAX) return
    const isForRoom = before?.isForRoom === true || asksToJoin(packet)
    const said: Directed = { to, packet: type === '' ? plain(packet) : null, isForRoom }
    if (directed === null) session.set(this.#directed, new Map([[to.full, said]]))
    else directed.set(to.full, said)
  }
  /** What is said to an account takes the place of what was said to its resources. */
  #overrule(directed: Map<string, Directed> | null, { bare }: Jid): void {
    for (const { to, isForRoom } of directed?.values() ?? []) if (to.bare === bare && !isForRoom) directed!.delete(to.full)
  }
  /**
   * The presence of the session as it is said once more to that address: with the annotation that it has (PSA-24). To a
   * room it is not said: a room where its client is no more would take that for something else (XEP-0045 7.2.1).
   */
  repeated(session: Session, to: Jid): Packet | null {
    const presence = this.#presenceFor(session, to)
    if (presence === null || this.#isForRoom(session, to)) return null
    const told = session.get(this.#told)
    if (told === null || !this.#parts.isPaused(session) || !isOfAny(told, to)) return presence.addressedTo(to)
    told.set(to.full, to)
    return this.#annotated(session, presence, to, 'connection-paused')
  }
  /** The session's pause is shown from now on, or not any more. */
  look(session: Session): void {
    const { portions, isPaused } = this.#parts
    if (isPaused(session)) portions.do(this.#tellAll(session))
    else if (session.get(this.#told) !== null) portions.do(this.#takeBack(session))
  }

  /** Our presence was sent there once more (server/links/mending.ts); those that were not told before are told now. */
  #settled({ local }: LinkFact): void {
    for (const session of this.#parts.host.sessions.all()) {
      if (session.jid.domain === local && this.#parts.isPaused(session)) this.look(session)
    }
  }
  #rosterChanged(account: LocalAccount, contact: Jid): void {
    if (!account.sessions.some(this.#parts.isPaused)) return
    for (const session of account.sessions) this.#forgetTold(session, contact, (jid) => this.#presenceFor(session, jid) === null)
    this.#lookAgain(account, contact)
  }
  #leaveTold(session: Session): void {
    const told = session.get(this.#told)
    if (told === null || told.size === 0) return
    const { account, jid } = session
    const inherited = account.get(this.#inherited) ?? new Map<string, Told>()
    account.set(this.#inherited, inherited.set(jid.resource, told))
  }
  #inherit(session: Session): void {
    const inherited = session.account.get(this.#inherited)
    const told = inherited?.get(session.jid.resource)
    if (told === undefined) return
    inherited!.delete(session.jid.resource)
    session.set(this.#told, told)
  }
  #octetsOf(session: Session): number {
    let octets = 0
    for (const { full } of session.get(this.#told)?.values() ?? []) octets += full.length
    for (const [to, { packet }] of session.get(this.#directed) ?? []) octets += to.length + (packet?.payload.text.length ?? 0)
    return octets
  }
  #keep(session: Session): KeptJson | null {
    const [told, directed] = [session.get(this.#told), session.get(this.#directed)]
    if (told === null && directed === null) return null
    return {
      told: [...(told?.keys() ?? [])],
      directed: Array.from(directed?.values() ?? [], directedToJson),
    }
  }
  #restore(session: Session, kept: KeptJson | null): void {
    if (kept === null) return
    const { told, directed } = kept
    if (told.length > 0) session.set(this.#told, new Map(told.map((full): [string, Jid] => [full, storedJid(full)])))
    const all = directed.map(directedFromJson)
    if (all.length > 0) session.set(this.#directed, new Map(all.map((said): [string, Directed] => [said.to.full, said])))
  }
  #forgetTold(session: Session, contact: Jid, which: (jid: Jid) => boolean): void {
    const told = session.get(this.#told)
    for (const jid of told?.values() ?? []) if (jid.bare === contact.bare && which(jid)) told!.delete(jid.full)
  }
  #lookAgain(account: LocalAccount, contact: Jid): void {
    queueMicrotask(() => {
      for (const heard of [...this.#parts.host.heard.ofAccount(account, contact)]) this.#heard(account, heard)
    })
  }
  #heard(account: LocalAccount, heard: HeardResource): void {
    for (const session of account.sessions) if (this.#parts.isPaused(session)) this.#consider(session, heard)
  }
  /**
   * A new presence goes out without an annotation. While the session is paused its doubt follows. If the pause is over, its end
   * is said even so: the presence may be the one before, which other servers take for a repetition.
   */
  #startOver(session: Session): void {
    if (this.#parts.isPaused(session)) session.set(this.#told, null)
    this.look(session)
  }
  /**
   * The resource has gone, or its user hides from now on and still shows the contact (XEP-0186): the end of the pause is
   * said to the whole account.
   */
  #lost(account: LocalAccount, jid: Jid): void {
    for (const session of account.sessions) {
      const told = session.get(this.#told)
      if (told?.delete(jid.full) !== true) continue
      told.set(jid.bare, jid.asBare)
      this.#changed(session)
    }
  }
  *#tellAll(session: Session): Generator {
    for (const heard of this.#parts.host.heard.all(session.account)) {
      this.#consider(session, heard)
      yield
    }
  }
  *#takeBack(session: Session): Generator {
    const told = session.get(this.#told)
    for (const jid of told?.values() ?? []) {
      if (!jid.isBare && told!.has(jid.bare)) continue // what is sent to the account reaches that resource too
      if (session.ended || this.#parts.isPaused(session) || session.get(this.#told) !== told) return
      told!.delete(jid.full)
      this.#send(session, jid, null)
      yield
    }
  }
  #consider(session: Session, heard: HeardResource): void {
    const { jid, caps } = heard
    if (caps === null || !this.#isDue(session, heard)) return
    this.#parts.resolver.resolve(session.account.bare, jid, caps, (features, isRefuted) => {
      if (isRefuted || features?.has(PSA) !== true || !this.#isDue(session, heard)) return
      const told = session.get(this.#told)
      if (told === null) session.set(this.#told, new Map([[jid.full, jid]]))
      else told.set(jid.full, jid)
      this.#send(session, jid, 'connection-paused')
    })
  }
  #isDue(session: Session, heard: HeardResource): boolean {
    const { host, isPaused } = this.#parts
    const { account } = session
    if (session.ended || !isPaused(session) || session.get(this.#told)?.has(heard.jid.full) === true) return false
    return host.heard.get(account, heard.jid) === heard && this.#presenceFor(session, heard.jid) !== null
  }
  #send(session: Session, to: Jid, doubt: Doubt | null): void {
    const presence = this.#presenceFor(session, to)
    if (presence !== null) this.#parts.host.router.routeQuietly(this.#annotated(session, presence, to, doubt))
  }
  #annotated(session: Session, presence: Packet, to: Jid, doubt: Doubt | null): Packet {
    this.#sent.value += 1
    this.#changed(session)
    const { annotations, host, pausedSince } = this.#parts
    const doubted: Doubted | null = doubt === null ? null : { doubt, since: pausedSince(session) ?? host.clock.now() }
    return annotated(presence, to, annotations.text(session.jid.domain, doubted, null))
  }
  #changed(session: Session): void {
    session.set(this.#changes, session.get(this.#changes) + 1)
  }
  #isForRoom(session: Session, to: Jid): boolean {
    return session.get(this.#directed)?.get(to.full)?.isForRoom === true
  }
  /** The presence of the session that this resource has been sent; null: none. */
  #presenceFor(session: Session, to: Jid): Packet | null {
    if (session.account.hidden(to)) return null // PSA-35
    const isShared = seesBroadcast(session, to)
    if (!isShared && !session.hasTold(to)) return null
    const directed = session.get(this.#directed)
    const said = directed?.get(to.full) ?? directed?.get(to.bare)
    if (said !== undefined) return said.packet
    return isShared ? session.presence : null
  }
  /** What it has broadcast since, or that it has gone, is newer for all who hear that. */
  #forgetDirected(session: Session): void {
    const directed = session.get(this.#directed)
    for (const { to } of directed?.values() ?? [])
      if (session.presence === null || seesBroadcast(session, to)) directed!.delete(to.full)
  }
}

const directedToJson = ({ to, packet, isForRoom }: Directed): DirectedJson => [
  to.full,
  packet === null ? null : packetToJson(packet),
  isForRoom,
]
const directedFromJson = ([to, json, isForRoom]: DirectedJson): Directed => ({
  to: storedJid(to),
  packet: json === null ? null : packetFromJson(json),
  isForRoom,
})

/** Does the contact with that address get what the session broadcasts? */
const seesBroadcast = ({ presence, account: { roster } }: Session, to: Jid): boolean =>
  presence !== null && roster.isSubscriber(contactKey(to))

/** Was any resource of that account told? */
function isOfAny(told: ReadonlyMap<string, Jid>, { bare }: Jid): boolean {
  for (const jid of told.values()) if (jid.bare === bare) return true
  return false
}
