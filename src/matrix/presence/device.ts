/**
 * A Matrix device as an endpoint of its account (RFC 6121): XMPP contacts see it as a resource, it is asked as one, and messages
 * reach it as one. It reads them in the archive; what is in none is told here (docs/decisions/048-matrix-devices.md).
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { Endpoint } from '../../server/account/endpoint.ts'
import type { Ending } from '../../server/account/endings.ts'
import type { Capacity } from '../../server/account/room.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Sign } from '../../server/account/sign.ts'
import { el } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { errorReply, StanzaError } from '../../xmpp/stanza-error.ts'
import type { Device } from './machine.ts'

/** XEP-0012 and XEP-0030. */
const LAST = 'jabber:iq:last'
const DISCO_INFO = 'http://jabber.org/protocol/disco#info'

/** What a device needs of its server. */
export interface DeviceWays {
  readonly clock: Clock
  send(packet: Packet): void
  end(device: MatrixDevice): void
  /** A message has come for the user. */
  received(user: Jid, message: Packet): void
}

/** What is sent to it comes to nothing, so that there is always room. */
const ROOM: Capacity = {
  isOpen: true,
  isAjar: true,
  isFilledBy: () => false,
  pour(source) {
    while (source.next().done !== true);
  },
}

export class MatrixDevice extends Endpoint<LocalAccount> {
  readonly account: LocalAccount
  /** The id of the device. */
  readonly device: string
  readonly room = ROOM
  readonly boundAt: Millis
  ended = false
  override isCrowded = false
  /** What is known of the device, whether it is there or not. */
  readonly #state: Device
  readonly #ways: DeviceWays

  constructor(account: LocalAccount, address: Jid, device: string, state: Device, ways: DeviceWays) {
    super(address)
    this.account = account
    this.device = device
    this.boundAt = ways.clock.now()
    this.#state = state
    this.#ways = ways
  }
  /** A client may be gone that has asked for news. */
  override get keepsMessages(): boolean {
    return false
  }
  /** What contacts are shown; null: the device is offline for them. */
  get shown(): Payload | null {
    return this.presence === null ? null : this.presence.payload
  }
  get heardAt(): Millis {
    return this.#state.requests > 0 ? this.#ways.clock.now() : this.#state.aliveAt
  }
  get signAt(): Millis {
    return this.#state.aliveAt
  }
  readonly sign: Sign = 'answer'
  get actedAt(): Millis {
    return this.#state.lastActivity ?? this.boundAt
  }
  get isAway(): boolean {
    return this.#state.requests === 0
  }
  /** Presence of contacts is read from elsewhere. */
  take(packet: Packet): void {
    if (packet.kind === 'message') this.#ways.received(this.account.bare, packet)
    if (packet.kind === 'iq' && (packet.type === 'get' || packet.type === 'set')) this.#ways.send(this.#answer(packet))
  }
  end(_ending: Ending): void {
    if (!this.ended) this.#ways.end(this)
  }

  #answer(packet: Packet): Packet {
    const { from, to, id, payload, type } = packet
    const asked = payload.elements[0]
    const answer = type === 'get' && asked !== undefined && asked.name === 'query' ? this.#answerTo(asked.ns) : null
    if (answer === null) return errorReply(packet, new StanzaError('service-unavailable'))!
    return Packet.of({ kind: 'iq', type: 'result', from: to!, to: from, id, payload: Payload.of(answer) })
  }
  #answerTo(ns: string): ReturnType<typeof el> | null {
    if (ns === DISCO_INFO) return INFO
    const { lastActivity } = this.#state
    if (ns !== LAST || lastActivity === null) return null
    return el('query', LAST, { seconds: `${Math.max(0, Math.floor((this.#ways.clock.now() - lastActivity) / 1000))}` })
  }
}

const INFO = el(
  'query',
  DISCO_INFO,
  {},
  el('identity', DISCO_INFO, { category: 'client', type: 'web', name: 'Matrix' }),
  ...[DISCO_INFO, LAST].map((feature) => el('feature', DISCO_INFO, { var: feature })),
)
