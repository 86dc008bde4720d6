/**
 * Sends long lists to one session: occupants and history. A client of this server receives them as fast as it reads; a client elsewhere
 * receives them in portions, so that other rooms do not wait (ROOM-151).
 */
import { tickOver } from '../../base/tick.ts'
import { Turns } from '../../base/turns.ts'
import type { Source } from '../../server/account/room.ts'
import type { Router } from '../../server/routing/router.ts'
import type { Jid } from '../../xmpp/jid.ts'

/** Stanzas of one turn. */
const PORTION = 256

export class Pouring {
  readonly #router: Router
  readonly #failed: (error: unknown) => void
  readonly #elsewhere = new Turns<Source>(inPortions)

  constructor(router: Router, failed: (error: unknown) => void) {
    this.#router = router
    this.#failed = failed
  }
  /** Several sources for one session are emptied in their order. */
  readonly pour = (to: Jid, source: Source): void => {
    if (this.#router.homeOf(to)?.pour(to, source) === true) return
    const waits = this.#elsewhere.take(to.full, source)
    if (waits !== undefined) waits.catch(this.#failed)
  }
}

function inPortions(source: Source): void | Promise<void> {
  for (let n = 0; n < PORTION; n++) if (source.next().done === true) return
  return tickOver().then(() => inPortions(source))
}
