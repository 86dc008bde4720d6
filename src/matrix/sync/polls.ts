/** Requests for news that are under way, by device: those that wait, and those that are being answered. */
import type { Jid } from '../../xmpp/jid.ts'
import { limitExceeded } from '../http/errors.ts'

/** MXR-130: requests of one device at the same time. One more is refused. */
const POLLS_MAX = 4
const WAIT_MS = 1000

export class Polls {
  readonly #underWay = new Map<string, number>()

  /** @returns to be called once, when the request is answered @throws MatrixError M_LIMIT_EXCEEDED */
  begin(user: Jid, device: string): () => void {
    const key = `${user.bare}/${device}`
    const count = this.#underWay.get(key) ?? 0
    if (count >= POLLS_MAX) throw limitExceeded(WAIT_MS)
    this.#underWay.set(key, count + 1)
    return () => {
      const left = this.#underWay.get(key)! - 1
      if (left > 0) this.#underWay.set(key, left)
      else this.#underWay.delete(key)
    }
  }
}
