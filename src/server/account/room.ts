/**
 * Whether the client of a session has kept up with what it was sent. Whoever has much for a session at once (the presence
 * of many contacts, requests that wait, changes of a roster, stored messages) is a *source*: it gives as long as there is
 * room, and goes on when the client has read. What others say meanwhile goes out at once, so a source looks at what it gives
 * when it gives it: what has been overtaken is left out.
 */
import type { Packet } from '../../xmpp/packet.ts'
import type { Connection } from './connection.ts'

/** As long as no more than this waits for a client to read, there is room for more. */
export const ROOM_OCTETS = 64 * 1024

/** Gives one piece at each step. */
export type Source = Iterator<unknown, unknown>

/** The stanzas that a client has not acknowledged. */
export interface Backlog {
  /** How many stanzas these are, with those that wait for the client to return. */
  readonly size: number
  /** Is more than this part taken of what may wait? */
  isBeyond(part: number): boolean
  /** Would its author then have more waiting than is still free for others? */
  isBeyondShare(packet: Packet): boolean
}
/** Up to this part of what may wait for a client strangers are let in. */
const OPEN_TO = 1 / 4
/** Beyond this part they are not even said to be gone. */
const AJAR_TO = 1 / 2

/** How much more a bound resource can be given. */
export interface Capacity {
  /** Is most of what may wait for it still free, so that strangers may be let in? */
  readonly isOpen: boolean
  /** Is there room enough to say of a stranger that they are gone? */
  readonly isAjar: boolean
  /** Would the sender of this fill more of what may wait for it than they leave to others? */
  isFilledBy(packet: Packet): boolean
  /** Takes from the source as fast as it is read; now, as far as there is room. Sources take turns, each to its end. */
  pour(source: Source): void
}

export class Room implements Capacity {
  readonly #session: { readonly connection: Connection | null; readonly ended: boolean }
  /** Null: the client acknowledges nothing. */
  backlog: Backlog | null = null
  /** Stanzas wait until the client has acknowledged others (XEP-0198). */
  #isBehind = false
  #waiting: Set<() => void> | null = null
  #isListening = false
  /** The first one gives; null: there is none. */
  #sources: Source[] | null = null

  constructor(session: { readonly connection: Connection | null; readonly ended: boolean }) {
    this.#session = session
  }
  /** May more be sent at once? Without a connection there is no room, and there will be when the client is back. */
  get isFree(): boolean {
    const { connection } = this.#session
    return connection !== null && !this.#isBehind && connection.hasRoom
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
  /** How many stanzas its client has not acknowledged. */
  get unacknowledged(): number {
    return this.backlog?.size ?? 0
  }
  /** Calls `look` once, when there may be room, or the session has lost its connection. */
  whenFree(look: () => void): void {
    ;(this.#waiting ??= new Set()).add(look)
    this.#listen()
  }
  /** `look` need not be called any more. */
  forget(look: () => void): void {
    this.#waiting?.delete(look)
  }
  pour(source: Source): void {
    if (this.#sources !== null) return void this.#sources.push(source)
    this.#sources = [source]
    this.#flow()
  }
  /** Takes everything from the sources at once: the server stops, and what waits for the client is written down. */
  drain(): void {
    const sources = this.#sources ?? []
    this.#sources = null
    for (const source of sources) while (source.next().done !== true);
  }

  // What others tell

  /** Stanzas wait for acknowledgements from now on, or do not any more. */
  set isBehind(isBehind: boolean) {
    const before = this.#isBehind
    this.#isBehind = isBehind
    if (before && !isBehind) this.changed()
  }
  /** The session has lost its connection, or has another one, or is over. */
  changed(): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting !== null) for (const look of waiting) look()
  }

  /** Does more wait, unread or not acknowledged, than this part of what may? */
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
