/**
 * XEP-0352: what one client is spared while its user does not look. Presence and chat states wait here, and of those
 * that take each other's place only the last is left. When the user looks again the client is as well informed as if
 * nothing had been held back.
 *
 * Order (RFC 6120 10.1): what waits keeps the order of its last change. Before anything else from somebody goes
 * on, what waits from the same bare JID goes first: a room's subject comes after its occupants, a message after the
 * presence that was sent before it.
 */
import { keptPacket } from '../../im/kept.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'
import { chatStateOf, closesAll, closingKey, isOwn, presenceKey, type ChatState } from './held-stanza.ts'
import { Shown } from './ledger.ts'

export interface CsiOptions {
  readonly holdPresence: boolean
  readonly holdChatStates: boolean
  /** More than this, in number or octets, and everything goes out. */
  readonly stanzasMax: number
  readonly octetsMax: number
}
/** Sends a stanza that was held on to the client. */
export type Send = (packet: Packet) => void

export class ClientState {
  readonly #me: Jid
  readonly #options: CsiOptions
  readonly #send: Send
  /** Null: the client is active. */
  #held: Map<string, Packet> | null = null
  #octets = 0
  /** Null: the client has never been inactive, and nothing needs to be remembered. */
  #shown: Shown | null = null
  #hasShownPresence = false

  /** @param me the client */
  constructor(me: Jid, options: CsiOptions, send: Send) {
    this.#me = me
    this.#options = options
    this.#send = send
  }
  /** Stanzas that wait. */
  get size(): number {
    return this.#held === null ? 0 : this.#held.size
  }
  get isInactive(): boolean {
    return this.#held !== null
  }
  deactivate(): void {
    this.#shown ??= new Shown(!this.#hasShownPresence)
    this.#held ??= new Map()
  }
  activate(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#octets = 0
    for (const packet of held.values()) this.#release(packet)
  }
  /** May this stanza go to the client now? What has to be there before it is sent. */
  admits(packet: Packet): boolean {
    const held = this.#held
    if (held === null) return this.#pass(packet)
    if (isNotification(packet)) {
      if (!this.#options.holdPresence || isOwn(packet, this.#me)) return this.#passAfter(held, packet, null)
      this.#holdPresence(held, packet)
    } else {
      const state = this.#options.holdChatStates ? chatStateOf(packet, this.#me) : null
      if (state === null || !state.isAlone) return this.#passAfter(held, packet, state)
      this.#put(held, state.key, packet)
    }
    if (held.size > this.#options.stanzasMax || this.#octets > this.#options.octetsMax) this.#letOut(held, () => true)
    return false
  }

  /** What the client sees from now on. */
  #pass(packet: Packet): true {
    if (!isNotification(packet)) return true
    this.#hasShownPresence = true
    this.#shown?.note(packet)
    return true
  }
  #passAfter(held: Map<string, Packet>, packet: Packet, state: ChatState | null): true {
    if (held.size > 0) {
      if (state !== null) this.#drop(held, state.key) // the message tells a later state of the same conversation
      const { bare } = packet.from
      this.#letOut(held, ({ from }) => from.bare === bare)
    }
    return this.#pass(packet)
  }
  #letOut(held: Map<string, Packet>, which: (packet: Packet) => boolean): void {
    for (const [key, packet] of held) {
      if (!which(packet)) continue
      this.#drop(held, key)
      this.#release(packet)
    }
  }
  #release(packet: Packet): void {
    this.#pass(packet)
    this.#send(packet)
  }

  #holdPresence(held: Map<string, Packet>, packet: Packet): void {
    const { from } = packet
    if (closesAll(packet)) {
      for (const [key, before] of held) if (isNotification(before) && before.from.bare === from.bare) this.#drop(held, key)
      return this.#put(held, closingKey(from.bare), packet)
    }
    const key = presenceKey(from)
    const before = held.get(key)
    const shown = this.#shown!
    const isClosed = held.has(closingKey(from.bare))
    this.#drop(held, key)
    // Back to what the client has seen: nothing has happened
    if (packet.type === '' && !isClosed && shown.isKnown(packet)) return
    // Came and went, and the client has seen neither
    if (packet.type !== '' && before?.type === '' && (isClosed || shown.isGone(from.full))) return
    this.#put(held, key, packet)
  }
  /** At the end, whatever stood under that key before. */
  #put(held: Map<string, Packet>, key: string, packet: Packet): void {
    this.#drop(held, key)
    held.set(key, keptPacket(packet))
    this.#octets += packet.payload.text.length
  }
  #drop(held: Map<string, Packet>, key: string): void {
    const before = held.get(key)
    if (before === undefined) return
    held.delete(key)
    this.#octets -= before.payload.text.length
  }
}
