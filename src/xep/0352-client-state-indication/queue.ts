/**
 * XEP-0352: what is held back from one client while its user does not look. Presence, chat states and events wait here, and of those that
 * replace each other only the last is kept, with what it does not itself say (XEP-0310). When the user looks again, the client
 * knows as much as if nothing had been held back.
 *
 * Order (RFC 6120 10.1): waiting stanzas keep the order of their last change. Before any other stanza of a sender is sent, those
 * that wait from the same bare JID are sent: a room's subject comes after its occupants, a message after the presence
 * that was sent before it.
 */
import type { Jid } from '../../xmpp/jid.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'
import { saysAllOf } from '../../xmpp/state-annotation.ts'
import { Held } from './held.ts'
import { chatStateOf, closesAll, closingKey, eventKeyOf, isOwn, presenceKey, type ChatState } from './held-stanza.ts'
import { Shown } from './ledger.ts'

export interface CsiOptions {
  readonly holdPresence: boolean
  readonly holdChatStates: boolean
  readonly holdEvents: boolean
  /** Beyond this number, or these octets, everything is sent. */
  readonly stanzasMax: number
  readonly octetsMax: number
}
/** The client, and what its server knows. */
export interface ClientWay {
  /** Sends the client a stanza that was held. */
  send(packet: Packet): void
  /** Counts, to say what came before what. */
  turn(): number
  /** Has an available resource come since that turn, so that a client that was told nothing since then does not show it? */
  hasComeSince(resource: Jid, turn: number): boolean
}

export class ClientState {
  readonly #me: Jid
  readonly #options: CsiOptions
  readonly #way: ClientWay
  /** Null if the client is active. */
  #held: Held | null = null
  /** Null if the client was never inactive, so that nothing has to be remembered. */
  #shown: Shown | null = null
  #hasShownPresence = false

  /** @param me the client */
  constructor(me: Jid, options: CsiOptions, way: ClientWay) {
    this.#me = me
    this.#options = options
    this.#way = way
  }
  /** The number of waiting stanzas. */
  get size(): number {
    return this.#held?.size ?? 0
  }
  get isInactive(): boolean {
    return this.#held !== null
  }
  /** Does it have to see what the client is sent? Not if the client was never inactive, and was shown presence already. */
  get isWatching(): boolean {
    return this.#shown !== null || !this.#hasShownPresence
  }
  /** The client was shown presence in an earlier run of the server. */
  restored(): void {
    this.#hasShownPresence = true
  }
  /** The client is sent again what it has seen, because it may not show it any more. */
  forget(): void {
    this.#shown?.forget()
  }
  deactivate(): void {
    this.#shown ??= new Shown(!this.#hasShownPresence)
    this.#held ??= new Held(this.#way.turn())
  }
  activate(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#letOut(held, () => true)
  }
  /** May this stanza be sent to the client now? Stanzas that must come before it are sent first. */
  admits(packet: Packet): boolean {
    const held = this.#held
    if (held === null) return this.#pass(packet)
    if (isNotification(packet)) {
      if (!this.#options.holdPresence || isOwn(packet, this.#me)) return this.#passAfter(held, packet, null)
      this.#holdPresence(held, packet)
    } else if (!this.#holdsEvent(held, packet)) {
      const state = this.#options.holdChatStates ? chatStateOf(packet, this.#me) : null
      if (state === null || !state.isAlone) return this.#passAfter(held, packet, state)
      held.dropOf(state.key)
      held.add(state.key, packet)
    }
    if (held.size > this.#options.stanzasMax || held.octets > this.#options.octetsMax) this.#letOut(held, () => true)
    return false
  }

  /** Of the events of one item only the newest waits. */
  #holdsEvent(held: Held, packet: Packet): boolean {
    const key = this.#options.holdEvents ? eventKeyOf(packet, this.#me) : null
    if (key === null) return false
    held.dropOf(key)
    held.add(key, packet)
    return true
  }
  /** The client is shown this presence now. */
  #pass(packet: Packet): true {
    if (!isNotification(packet)) return true
    this.#hasShownPresence = true
    this.#shown?.note(packet)
    return true
  }
  #passAfter(held: Held, packet: Packet, state: ChatState | null): true {
    if (held.size > 0) {
      if (state !== null) held.dropOf(state.key) // the message tells a later state of the same conversation
      const { bare } = packet.from
      this.#letOut(held, ({ from }) => from.bare === bare)
    }
    return this.#pass(packet)
  }
  #letOut(held: Held, which: (packet: Packet) => boolean): void {
    for (const packet of held.take(which)) {
      this.#pass(packet)
      this.#way.send(packet)
    }
  }

  #holdPresence(held: Held, packet: Packet): void {
    const { from } = packet
    if (closesAll(packet)) {
      held.drop((before) => isNotification(before) && before.from.bare === from.bare)
      return held.add(closingKey(from.bare), packet)
    }
    const key = presenceKey(from)
    const last = held.of(key).at(-1)
    const isUnseen = last === undefined ? this.#isUnseen(held, packet) : held.isUnseen(key)
    held.dropOf(key, (before) => saysAllOf(packet, before))
    if (packet.type !== '' && isUnseen) return held.dropOf(key)
    if (this.#isNoNews(held, packet, last)) return
    held.add(key, packet)
    if (isUnseen) held.markUnseen(key)
  }
  /** Does the client certainly not show the resource, which has come while the user does not look? */
  #isUnseen(held: Held, { type, from }: Packet): boolean {
    return type === '' && !this.#shown!.mayShow(from.full) && this.#way.hasComeSince(from, held.since)
  }
  /** @param last the last waiting presence of that resource */
  #isNoNews(held: Held, packet: Packet, last: Packet | undefined): boolean {
    const { from, type } = packet
    const isClosed = held.has(closingKey(from.bare))
    // It became available and unavailable again, and the client has seen neither
    if (type !== '') return last?.type === '' && (isClosed || this.#shown!.isGone(from.full))
    // The same as what the client has seen: nothing has changed
    return !isClosed && !held.has(presenceKey(from)) && this.#shown!.isKnown(packet)
  }
}
