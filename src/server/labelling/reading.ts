/** Somebody reads what is kept: what they may not see is left out, and recorded once for all of it. */
import type { Denial, Label } from '../../im/security-policy.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { forwardedIn } from '../../xmpp/forwarded.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { EnforcementPoint } from './audit.ts'
import type { Labels } from './labels.ts'

export class Reading {
  readonly #labels: Labels
  readonly #point: EnforcementPoint
  readonly #who: Jid
  #hidden = 0
  /** The first message that was left out; null: none was. */
  #first: { readonly denial: Denial; readonly label: Label | null; readonly from: Jid } | null = null

  /** @param who reads, here or elsewhere */
  constructor(labels: Labels, point: EnforcementPoint, who: Jid) {
    this.#labels = labels
    this.#point = point
    this.#who = who
  }
  mayRead(packet: Packet): boolean {
    const denial = this.#labels.whyUnread(this.#who, packet)
    return denial === null || this.#leftOut(denial, this.#labels.labelOf(packet.payload), packet.from)
  }
  /** The same for what waits to be sent to them, copies and results of archives among it. */
  maySend(packet: Packet): boolean {
    const denial = this.#labels.whyUnsent(this.#who, packet)
    return (
      denial === null || this.#leftOut(denial, this.#labels.labelOf(forwardedIn(packet.payload) ?? packet.payload), packet.from)
    )
  }
  /** The same for what is no packet. */
  mayHave(label: Label | null, from: Jid): boolean {
    const denial = this.#labels.why(this.#labels.clearances.of(this.#who), label)
    return denial === null || this.#leftOut(denial, label, from)
  }
  #leftOut(denial: Denial, label: Label | null, from: Jid): false {
    this.#hidden += 1
    this.#first ??= { denial, label, from }
    return false
  }
  /** Records what was left out. */
  close(): void {
    if (this.#first === null) return
    const { denial, label, from } = this.#first
    const { clearances } = this.#labels
    this.#labels.withheld(this.#point, this.#who.bare, clearances.of(this.#who), label, from, denial, this.#hidden)
  }
}
