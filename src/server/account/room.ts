/**
 * Whether the client of a session keeps up with reading. A part that has much for a session at once (the presence of many
 * contacts, waiting requests, roster changes, stored messages) is a *source*: it gives while there is room, and continues when
 * the client has read. Stanzas of others are sent at once meanwhile, so a source checks each piece when it gives it: what is
 * out of date by then is left out.
 */
import type { Packet } from '../../xmpp/packet.ts'
import type { Connection } from './connection.ts'

/** Up to this number of waiting octets there is room for more. */
export const ROOM_OCTETS = 64 * 1024

/** Gives one piece at each step. */
export type Source = Iterator<unknown, unknown>

/** The stanzas that a client has not acknowledged. */
export interface Backlog extends Iterable<{ readonly packet: Packet }> {
  /** Their number, including those that wait for the client to return. */
  readonly size: number
  /** Must the client acknowledge some of them before a source gives more? */
  readonly isBehind: boolean
  /** Is more than this part of the allowed amount used? */
  isBeyond(part: number): boolean
  /** Would the sender have more stanzas waiting than is still free for others? */
  isBeyondShare(packet: Packet): boolean
}
/** Strangers are let in while no more than this part is used. */
export const OPEN_TO = 1 / 4
/** Beyond this part, not even the end of a stranger's presence is sent. */
const AJAR_TO = 1 / 2

/** How much more a bound resource can receive. */
export interface Capacity {
  /** Is most of the room still free, so that strangers may be let in? */
  readonly isOpen: boolean
  /** Is there enough room to say that a stranger became unavailable? */
  readonly isAjar: boolean
  /** Would the sender of this use more room than is left for others? */
  isFilledBy(packet: Packet): boolean
  /** Takes from the source as fast as the client reads, as far as there is room. Sources take turns, each to its end. */
  pour(source: Source): void
}

export class Room implements Capacity {
  readonly #session: { readonly connection: Connection | null; readonly ended: boolean }
  /** Null if the client acknowledges nothing. */
  backlog: Backlog | null = null
  #waiting: Set<() => void> | null = null
  #isListening = false
  /** The waiting sources; the first one gives. Null if there is none. */
  #sources: Source[] | null = null

  constructor(session: { readonly connection: Connection | null; readonly ended: boolean }) {
    this.#session = session
  }
  /** May a source give more? Without a connection there is no room, and there will be when the client is back. */
  get isFree(): boolean {
    const { connection } = this.#session
    return connection !== null && !this.#isBehind && connection.hasRoom
  }
  get #isBehind(): boolean {
    return this.backlog !== null && this.backlog.isBehind
  }
  get isOpen(): boolean {
    return !this.#isBeyond(OPEN_TO)
  }
  get isAjar(): boolean {
    return !this.#isBeyond(AJAR_TO)
  }
  isFilledBy(packet: Packet): boolean {
    return this.backlog !== null && this.backlog.isBeyondShare(packet)
  }
  /**
   * Must presence of a contact wait? Its sender would use more room than is left for others; or the client acknowledges nothing and
   * has much to read. Of presence only the last word counts: it need not be written now, and a burst of it must not end the session.
   */
  isFullFor(presence: Packet): boolean {
    const { backlog } = this
    if (backlog !== null) return backlog.isBeyondShare(presence)
    const { connection } = this.#session
    return connection !== null && connection.isBeyond(OPEN_TO)
  }
  /** The number of stanzas that the client has not acknowledged. */
  get unacknowledged(): number {
    return this.backlog?.size ?? 0
  }
  /** Calls `look` once, when there may be room, or the session has lost its connection. */
  whenFree(look: () => void): void {
    ;(this.#waiting ??= new Set()).add(look)
    this.#listen()
  }
  /** `look` is no longer to be called. */
  forget(look: () => void): void {
    this.#waiting?.delete(look)
  }
  pour(source: Source): void {
    if (this.#sources !== null) return void this.#sources.push(source)
    this.#sources = [source]
    this.#flow()
  }
  /** Takes everything from the sources at once, because the server stops and the waiting stanzas are stored. */
  drain(): void {
    const sources = this.#sources ?? []
    this.#sources = null
    for (const source of sources) while (source.next().done !== true);
  }

  // Called by others

  /** The client has acknowledged something, or the session has lost its connection, or has another one, or is over. */
  changed(): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting !== null) for (const look of waiting) look()
  }

  /** Is more than this part of the allowed amount waiting, unread or unacknowledged? */
  #isBeyond(part: number): boolean {
    const { connection } = this.#session
    return (this.backlog !== null && this.backlog.isBeyond(part)) || (connection !== null && connection.isBeyond(part))
  }
  #listen(): void {
    const { connection } = this.#session
    if (this.#isListening || connection === null || this.#isBehind) return
    this.#isListening = true
    void connection.whenTaken().then((isTaken) => {
      this.#isListening = false
      if (isTaken) this.changed()
    })
  }
  readonly #flow = (): void => {
    const sources = this.#sources
    if (sources === null) return
    while (sources.length > 0 && !this.#session.ended) {
      if (!this.isFree) return this.whenFree(this.#flow)
      if (sources[0]!.next().done === true) sources.shift()
    }
    this.#sources = null
  }
}
