/**
 * What was last told of each user: one row, the newest. A viewer asks for the rows after a position; the rows that have come in
 * between are not kept (a level, not a history). Whoever waits and may see the user is woken.
 */
import type { Clock } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { NOTHING_PUBLISHED, type Published } from './machine.ts'
import type { PresenceStore, StoredPresence } from './store.ts'

export interface Row {
  /** Bare. */
  readonly jid: Jid
  userText: string
  published: Published
  /** Rises with each row that is told, of all users together. 0: nothing was told yet. */
  position: number
}

export interface BoardParts {
  readonly clock: Clock
  readonly store: PresenceStore
  readonly nextPosition: () => number
  readonly failed: (error: unknown) => void
}

/** Rows are stored together, this long after the first one has changed. */
const STORE_AFTER = 1000

export class Board {
  readonly #parts: BoardParts
  readonly #rows = new Map<string, Row>()
  readonly #unsaved = new Set<Row>()
  /** The highest position of any row. */
  #last = 0

  constructor(parts: BoardParts) {
    this.#parts = parts
  }
  get last(): number {
    return this.#last
  }
  /** A new position, behind all others. */
  next(): number {
    return (this.#last = this.#parts.nextPosition())
  }
  load(jid: Jid, { userText, presence, text, lastActive, position }: StoredPresence): Row {
    // If it is not so any more, that is told; otherwise nothing is
    const published: Published = { presence, text, isCurrentlyActive: presence === 'online', lastActive }
    const row = { jid, userText, published, position }
    this.#rows.set(jid.bare, row)
    this.#last = Math.max(this.#last, position)
    return row
  }
  /** Undefined: nothing was ever told of the user. */
  row(bare: string): Row | undefined {
    return this.#rows.get(bare)
  }
  rowOf(jid: Jid): Row {
    let row = this.#rows.get(jid.bare)
    if (row === undefined) {
      row = { jid, userText: '', published: NOTHING_PUBLISHED, position: 0 }
      this.#rows.set(jid.bare, row)
    }
    return row
  }
  /** The row is told from now on. */
  publish(jid: Jid, published: Published): Row {
    const row = this.rowOf(jid)
    row.published = published
    row.position = this.next()
    this.#saveLater(row)
    return row
  }
  /**
   * The text that the user has set is on disk when this resolves.
   * @throws StorageError
   */
  async setText(jid: Jid, userText: string): Promise<void> {
    const row = this.rowOf(jid)
    if (row.userText === userText) return
    await this.#parts.store.saveOne(stored({ ...row, userText }))
    row.userText = userText
  }
  forget(bare: string): void {
    const row = this.#rows.get(bare)
    if (row === undefined) return
    this.#rows.delete(bare)
    this.#unsaved.delete(row)
  }
  /** Stores what is not stored yet. */
  async save(): Promise<void> {
    const rows = Array.from(this.#unsaved, stored)
    this.#unsaved.clear()
    if (rows.length > 0) await this.#parts.store.save(rows, this.#parts.failed)
  }

  #saveLater(row: Row): void {
    if (this.#unsaved.size === 0) this.#parts.clock.after(STORE_AFTER, () => void this.save())
    this.#unsaved.add(row)
  }
}

const stored = ({ jid, userText, published, position }: Row): StoredPresence => ({
  owner: jid.bare,
  userText,
  presence: published.presence,
  text: published.text,
  lastActive: published.lastActive,
  position,
})
