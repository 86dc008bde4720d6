/**
 * The present directed presence of each session to addresses on other servers (RFC 6121 4.6). An annotated presence is complete,
 * so the server must know which presence the address has.
 */
import { contactKey } from '../../im/account.ts'
import type { Host } from '../../server/feature.ts'
import { Session, type LocalEndpoint } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { asksToJoin, withoutJoin } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { plain } from '../../xmpp/state-annotation.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'

interface Directed {
  readonly to: Jid
  /** Null: unavailable, sent to a contact that otherwise sees the session. */
  readonly packet: Packet | null
  /** Its client has asked to join a room, with that address as its own in the room. */
  readonly isForRoom: boolean
}
export type DirectedJson = readonly [to: string, PacketJson | null, isForRoom: boolean]

/** The most addresses of one session for which directed presence is remembered. For more it is not annotated. */
const DIRECTED_MAX = 500

export class DirectedElsewhere {
  /** By full text of the address; null if there is none. */
  readonly #slot: Slot<Session, Map<string, Directed> | null>

  constructor(host: Host) {
    this.#slot = host.sessionSlot<Map<string, Directed> | null>('directed-elsewhere', 'kept in presence-elsewhere', () => null)
    host.on('presence-changed', ({ session }) => this.#broadcast(session))
  }
  /** Records presence that a session sends directly to a remote address. */
  note(session: Session, packet: Packet): void {
    const { type } = packet
    const to = packet.to!
    const directed = session.get(this.#slot)
    const before = directed?.get(to.full)
    if (to.isBare) overrule(directed, to)
    if (type !== '' && !seesBroadcast(session, to)) return void directed?.delete(to.full)
    if (before === undefined && (directed?.size ?? 0) >= DIRECTED_MAX) return
    const isForRoom = before?.isForRoom === true || asksToJoin(packet)
    this.#set(session, { to, packet: type === '' ? plain(packet) : null, isForRoom })
  }
  /** The presence of the session that this address has received, directly or by a broadcast; null if none. To a room it joins nothing. */
  presenceFor(endpoint: LocalEndpoint, to: Jid): Packet | null {
    if (endpoint.account.hidden(to)) return null // PSA-35
    const isShared = seesBroadcast(endpoint, to)
    if (!isShared && !endpoint.hasTold(to)) return null
    const directed = this.#of(endpoint)
    const said = directed?.get(to.full) ?? directed?.get(to.bare)
    if (said !== undefined) return said.isForRoom && said.packet !== null ? withoutJoin(said.packet) : said.packet
    return isShared ? endpoint.presence : null
  }
  isForRoom(endpoint: LocalEndpoint, to: Jid): boolean {
    return this.#of(endpoint)?.get(to.full)?.isForRoom === true
  }
  /** What is kept over a restart. */
  save(session: Session): readonly DirectedJson[] {
    return Array.from(session.get(this.#slot)?.values() ?? [], toJson)
  }
  load(session: Session, kept: readonly DirectedJson[]): void {
    for (const json of kept) this.#set(session, fromJson(json))
  }
  octetsOf(session: Session): number {
    let octets = 0
    for (const [to, { packet }] of session.get(this.#slot) ?? []) octets += to.length + (packet?.payload.text.length ?? 0)
    return octets
  }

  #of(endpoint: LocalEndpoint): Map<string, Directed> | null {
    return endpoint instanceof Session ? endpoint.get(this.#slot) : null
  }
  #set(session: Session, said: Directed): void {
    const directed = session.get(this.#slot)
    if (directed === null) session.set(this.#slot, new Map([[said.to.full, said]]))
    else directed.set(said.to.full, said)
  }
  /** A later broadcast, or unavailable presence, replaces it for all who receive the broadcast. */
  #broadcast(session: Session): void {
    const directed = session.get(this.#slot)
    for (const { to } of directed?.values() ?? [])
      if (session.presence === null || seesBroadcast(session, to)) directed!.delete(to.full)
  }
}

/** Presence to an account replaces presence to its resources. */
function overrule(directed: Map<string, Directed> | null, { bare }: Jid): void {
  for (const { to, isForRoom } of directed?.values() ?? []) if (to.bare === bare && !isForRoom) directed!.delete(to.full)
}

/** Does the contact with that address receive the session's broadcasts? */
const seesBroadcast = ({ presence, account: { roster } }: LocalEndpoint, to: Jid): boolean =>
  presence !== null && roster.isSubscriber(contactKey(to))

const toJson = ({ to, packet, isForRoom }: Directed): DirectedJson => [
  to.full,
  packet === null ? null : packetToJson(packet),
  isForRoom,
]
const fromJson = ([to, json, isForRoom]: DirectedJson): Directed => ({
  to: storedJid(to),
  packet: json === null ? null : packetFromJson(json),
  isForRoom,
})
