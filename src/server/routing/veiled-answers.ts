/**
 * Answers to strangers that wait behind the veil. They wait by themselves, so a sender could have any number of them waiting:
 * each sender has a share, in number and octets. Beyond it the request is refused at once, whatever name it asks about.
 */
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Veil } from './veil.ts'

/** Of one sender. */
const WAITING_MAX = 100
const OCTETS_MAX = 256 * 1024

interface Waiting {
  count: number
  octets: number
}

export class VeiledAnswers {
  readonly #veil: Veil
  /** By sender. */
  readonly #waiting = new Map<string, Waiting>()

  constructor(veil: Veil) {
    this.#veil = veil
  }
  /**
   * Does `work` for the answer to `request`; ends as that ends, at a time that tells nothing.
   * @param sender whose share it takes up
   * @throws StanzaError resource-constraint: the sender has too much waiting
   */
  over<T>(sender: string, request: Packet, work: () => T | Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(sender) ?? { count: 0, octets: 0 }
    const octets = request.payload.text.length
    if (waiting.count >= WAITING_MAX || (waiting.count > 0 && waiting.octets + octets > OCTETS_MAX))
      throw new StanzaError('resource-constraint', { text: 'Too many of your requests wait for an answer' })
    waiting.count += 1
    waiting.octets += octets
    this.#waiting.set(sender, waiting)
    return this.#veil.overAnswer(work).finally(() => {
      waiting.octets -= octets
      waiting.count -= 1
      if (waiting.count === 0) this.#waiting.delete(sender)
    })
  }
}
