/** How far people have read in a room (MXR-70): the newest receipt of each kind. A private one is for its author alone. Pure. */
import type { Millis } from '../../base/clock.ts'
import type { JsonObject } from './json.ts'
import type { Shown } from './shown-events.ts'
import type { ReceiptRow } from './store.ts'

export const READ = 'm.read'
export const READ_PRIVATE = 'm.read.private'
/** Kinds of receipts. */
export type ReceiptType = typeof READ | typeof READ_PRIVATE

export interface Receipt {
  readonly jid: string
  readonly type: ReceiptType
  readonly thread: string
  readonly event: string
  readonly at: Millis
  readonly stream: number
}

type ReceiptKey = Pick<Receipt, 'jid' | 'type' | 'thread'>

/** Receipts of a room. One more takes the place of the oldest. */
const RECEIPTS_MAX = 5000
/** Threads of one person in one room, of each kind. */
const THREADS_MAX = 50

export class Receipts {
  readonly #newest = new Map<string, Receipt>()
  newest = 0

  constructor(rows: readonly Omit<ReceiptRow, 'uid'>[] = []) {
    for (const row of rows) this.put(row as Receipt)
  }
  put(receipt: Receipt): void {
    this.#newest.set(keyOf(receipt), receipt)
    this.newest = Math.max(this.newest, receipt.stream)
  }
  /** The receipt of that kind that a person has sent; null: none. */
  of(jid: string, type: ReceiptType, thread: string): Receipt | null {
    return this.#newest.get(keyOf({ jid, type, thread })) ?? null
  }
  /** What must be dropped so that the person can have one more thread of that kind: the oldest. */
  surplus({ jid, type, thread }: ReceiptKey): readonly Receipt[] {
    if (this.of(jid, type, thread) !== null) return []
    if (thread === '') return this.#newest.size < RECEIPTS_MAX ? [] : [this.#oldest()]
    const own = [...this.#newest.values()].filter((one) => one.jid === jid && one.type === type && one.thread !== '')
    return own.sort((a, b) => a.stream - b.stream).slice(0, Math.max(0, own.length + 1 - THREADS_MAX))
  }
  #oldest(): Receipt {
    return [...this.#newest.values()].reduce((oldest, one) => (one.stream < oldest.stream ? one : oldest))
  }
  drop(receipt: Receipt): void {
    this.#newest.delete(keyOf(receipt))
  }
  dropAllOf(person: string): void {
    for (const [key, { jid }] of this.#newest) if (jid === person) this.#newest.delete(key)
  }
  /**
   * The event `m.receipt` with what is new behind that number; null: nothing is.
   * @param from what others read before that number they did under other ids
   */
  since(stream: number, from: number, { sight, hides }: Pick<Shown, 'sight' | 'hides'>): JsonObject | null {
    const { viewer, isVeiled } = sight
    const content: Record<string, Record<string, Record<string, JsonObject>>> = {}
    for (const { jid, type, thread, event, at, stream: its } of this.#newest.values()) {
      const isForOthers = its > from && type !== READ_PRIVATE && (isVeiled || !hides(jid))
      if (its <= stream || (jid !== viewer && !isForOthers)) continue
      const ofEvent = (content[event] ??= {})
      const ofType = (ofEvent[type] ??= {})
      ofType[sight.idOf(jid, isVeiled)] = thread === '' ? { ts: at } : { ts: at, thread_id: thread }
    }
    return Object.keys(content).length === 0 ? null : { type: 'm.receipt', content }
  }
}
const keyOf = ({ jid, type, thread }: ReceiptKey): string => `${jid}\0${type}\0${thread}`
