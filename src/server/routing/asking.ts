/** IQs that the server itself sends (RFC 6120 8.2.3), for itself or for an account, with their answers. */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import type { Element } from '../../xml/element.ts'
import { wire, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { Router } from './router.ts'

/** A later answer is ignored. */
export const ANSWER_WITHIN: Millis = 30_000

interface Question {
  readonly from: Jid
  readonly to: Jid
  readonly answered: (answer: Packet | null) => void
  readonly timer: Timer
}

export class Asking {
  readonly #router: Router
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #open = new Map<Wire, Question>()

  constructor(router: Router, clock: Clock, entropy: Entropy) {
    this.#router = router
    this.#clock = clock
    this.#entropy = entropy
  }
  /** Sends a `get`, or a `set`, and calls `answered` once: with the result or error, or with null if none has arrived in time. */
  ask(
    from: Jid,
    to: Jid,
    payload: Element,
    answered: (answer: Packet | null) => void,
    within = ANSWER_WITHIN,
    type: 'get' | 'set' = 'get',
  ): void {
    const id = wire(token(this.#entropy))
    const timer = this.#clock.after(within, () => {
      this.#open.delete(id)
      answered(null)
    })
    this.#open.set(id, { from, to, answered, timer })
    void this.#router.route(Packet.of({ kind: 'iq', type, from, to, id, payload: Payload.of(payload) }))
  }
  /** A result or error arrived. False: it answers no question of ours. */
  answer(packet: Packet): boolean {
    const question = packet.id === null ? undefined : this.#open.get(packet.id)
    if (question === undefined || question.to.full !== packet.from.full || question.from.full !== packet.to?.full) return false
    this.#open.delete(packet.id!)
    question.timer.cancel()
    question.answered(packet)
    return true
  }
}
