/**
 * XEP-0258: decides by the policy and the clearances who may send and receive which message. The points at which it is asked are those
 * of LAB-23 to LAB-30; `Host.labels` is null where there is no policy, and then nobody asks.
 */
import {
  effectiveLabel,
  includes,
  isNotBelow,
  whyDenied,
  type Clearance,
  type Denial,
  type Label,
  type SecurityPolicy,
} from '../../im/security-policy.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Element } from '../../xml/element.ts'
import { unpin, type Wire } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import {
  isLabelElement,
  labelElement,
  labelElementIn,
  labelsCarriedIn,
  mentionsLabel,
  written,
} from '../../xmpp/security-label.ts'
import type { Audit, EnforcementPoint } from './audit.ts'
import type { Clearances, Cleared } from './clearances.ts'
import { bearingOf } from './rules.ts'
import { forwardedIn } from '../../xmpp/forwarded.ts'

export interface LabelsParts {
  readonly policy: SecurityPolicy
  readonly clearances: Clearances
  readonly audit: Audit
  /** Is this a service of ours, the server, or an account as such, and no client? */
  readonly isOfServer: (sender: Jid) => boolean
  /** Is it at another server or a component? */
  readonly isFromOutside: (sender: Jid) => boolean
}

const NONE: Cleared = []
/** Texts that are remembered, and the octets of one at most: others could write as many as they like. */
const TEXTS_MAX = 1000
const TEXT_MAX = 2000

export class Labels {
  readonly policy: SecurityPolicy
  readonly clearances: Clearances
  readonly audit: Audit
  readonly isOfServer: (sender: Jid) => boolean
  readonly isFromOutside: (sender: Jid) => boolean
  /** By the payload, for what many receive. */
  readonly #ofPayload = new WeakMap<Payload, Label | null>()
  /** By the label as it was written: people use few, and their clients always write them in the same way. */
  readonly #ofText = new BoundedMap<Wire, Label | null>(TEXTS_MAX)
  /** LAB-35: decisions that were made before. */
  readonly #made = new Map<Label, Map<Clearance, Denial | null>>()
  /** How the policy itself writes each label, and the label of each such element. What clients send has these. */
  readonly #proper = new Map<Label, { readonly element: Element; readonly text: Wire }>()
  readonly #ofProper = new Map<Element, Label>()

  constructor({ policy, clearances, audit, isOfServer, isFromOutside }: LabelsParts) {
    this.policy = policy
    this.clearances = clearances
    this.audit = audit
    this.isOfServer = isOfServer
    this.isFromOutside = isFromOutside
  }

  /**
   * LAB-22: the effective label; null: the nil label. What carries labelled messages (XEP-0297) has the highest of their labels and its own;
   * if there is no highest one, nobody may have it.
   */
  labelOf(payload: Payload): Label | null {
    if (!mentionsLabel(payload)) return this.policy.defaultLabel
    let label = this.#ofPayload.get(payload)
    if (label !== undefined) return label
    label = this.#ownLabelOf(payload)
    for (const carried of labelsCarriedIn(payload)) label = this.#higher(label, this.#labelOfElement(carried))
    this.#ofPayload.set(payload, label)
    return label
  }
  #ownLabelOf(payload: Payload): Label | null {
    const element = labelElementIn(payload)
    if (element === null) return this.policy.defaultLabel
    return element === 'several' ? null : this.#labelOfElement(element)
  }
  #labelOfElement(element: Element): Label | null {
    return this.#ofProper.get(element) ?? this.#labelOf(element, serialise(element))
  }
  #higher(one: Label | null, other: Label | null): Label | null {
    if (one === null || other === null) return null
    if (isNotBelow(this.policy, one, other)) return one
    return isNotBelow(this.policy, other, one) ? other : null
  }
  #labelOf(element: Element, text: Wire): Label | null {
    let label = this.#ofText.get(text)
    if (label !== undefined) return label
    label = effectiveLabel(this.policy, written(element), this.policy.defaultLabel)
    if (text.length <= TEXT_MAX) this.#ofText.set(unpin(text), label)
    return label
  }
  /** Null: one of the clearances grants the label. */
  why(cleared: Cleared, label: Label | null): Denial | null {
    if (label === null || cleared.length === 0) return whyDenied(this.policy, null, label)
    let denied: Denial | null = null
    for (const clearance of cleared) {
      denied = this.#decision(clearance, label)
      if (denied === null) return null
    }
    return denied
  }
  #decision(clearance: Clearance, label: Label): Denial | null {
    let made = this.#made.get(label)
    if (made === undefined) this.#made.set(label, (made = new Map()))
    let denied = made.get(clearance)
    if (denied === undefined) made.set(clearance, (denied = whyDenied(this.policy, clearance, label)))
    return denied
  }
  /** May this user, here or elsewhere, receive what has the label? Nothing is recorded. */
  mayHave(who: Jid, label: Label | null): boolean {
    return this.why(this.clearances.of(who), label) === null
  }

  /** Why this user may not read a message that is kept for them; null: they may. Nothing is recorded. */
  whyUnread(who: Jid, packet: Packet): Denial | null {
    const bearing = bearingOf(packet, this.isOfServer(packet.from))
    return bearing === 'judged' ? this.why(this.clearances.of(who), this.labelOf(packet.payload)) : null
  }

  /** The same for what waits to be sent to them: of a copy (XEP-0280) or a result of an archive, the message inside counts. */
  whyUnsent(who: Jid, packet: Packet): Denial | null {
    const inside = packet.kind === 'message' && this.isOfServer(packet.from) ? forwardedIn(packet.payload) : null
    if (inside === null) return this.whyUnread(who, packet)
    const label = this.labelOf(inside)
    return label === null && !mentionsLabel(inside) ? null : this.why(this.clearances.of(who), label)
  }

  /** The same for one message, and it is recorded. @param from who sends it */
  grants(point: EnforcementPoint, who: Jid, label: Label | null, from: Jid): boolean {
    return this.grantsTo(point, who.bare, this.clearances.of(who), label, from)
  }
  /** @param subject what has these clearances */
  grantsTo(point: EnforcementPoint, subject: string, cleared: Cleared, label: Label | null, from: Jid): boolean {
    const denial = this.why(cleared, label)
    if (denial === null) this.audit.granted(point, from.full, subject, label!, cleared)
    else this.withheld(point, subject, cleared, label, from, denial, 1)
    return denial === null
  }
  /** Records what was withheld. @param count how many messages or receivers */
  withheld(
    point: EnforcementPoint,
    subject: string,
    cleared: Cleared,
    label: Label | null,
    from: Jid,
    denial: Denial,
    count: number,
  ): void {
    const clearances = cleared.map(({ id }) => id)
    this.audit.denied({ point, from: from.full, subject, label: label?.id ?? null, clearances, denial, count })
  }

  /**
   * The payload with a label that is not below the other one: its own, or that one in its place. Null: neither is above the other.
   * @param element how the other label is written
   */
  notBelow(
    payload: Payload,
    other: Label | null,
    element: Element | null = other === null ? null : this.elementOf(other),
  ): Payload | null {
    const label = this.labelOf(payload)
    if (isNotBelow(this.policy, label, other)) return payload
    if (!isNotBelow(this.policy, other, label)) return null
    return relabelled(payload, element)
  }
  /** The payload with the label of what it carries, if that one is above its own. */
  raised(payload: Payload): Payload {
    const label = this.labelOf(payload)
    return label === null || label === this.#ownLabelOf(payload) ? payload : relabelled(payload, this.elementOf(label))
  }
  /** Is the label of the payload below a label of the policy that could be that of a certain message? */
  isBelowOneOf(payload: Payload, isPossible: (label: Label) => boolean): boolean {
    const label = this.labelOf(payload)
    for (const one of this.policy.labels.values()) if (!isNotBelow(this.policy, label, one) && isPossible(one)) return true
    return false
  }

  /** LAB-33: may this user give somebody that clearance? Only one that grants no more than their own. */
  mayGive(who: Jid, clearance: Clearance): boolean {
    return this.clearances.of(who).some((own) => includes(this.policy, own, clearance))
  }
  /** The clearance of that id as it is asked for; none if the policy does not know it. '' is the default of the policy. */
  clearedAs(id: string): Cleared {
    const clearance = id === '' ? this.policy.defaultClearance : this.policy.clearances.get(id)
    return clearance == null ? NONE : [clearance]
  }

  /** The payload with the label as the policy writes it: the marking and the equivalents that a client sends count for nothing. */
  rewritten(payload: Payload): Payload {
    const element = labelElementIn(payload)
    if (element === null || element === 'several' || this.#ofProper.has(element)) return payload
    const text = serialise(element)
    const label = this.#labelOf(element, text)
    if (label === null) return payload
    const proper = this.#properOf(label)
    return text === proper.text ? payload : replaced(payload, element, proper.element)
  }
  /** The payload with the marking of this policy. The label and its equivalents stay as the other server has sent them. */
  remarked(payload: Payload): Payload {
    const element = labelElementIn(payload)
    if (element === null || element === 'several' || this.#ofProper.has(element)) return payload
    const [label, its] = [this.labelOf(payload), written(element)]
    if (label === null || its === 'malformed') return payload
    const marked = labelElement(label.marking, its.label, its.equivalents)
    return serialise(marked) === serialise(element) ? payload : replaced(payload, element, marked)
  }
  /** The label as the policy writes it. */
  elementOf(label: Label): Element {
    return this.#properOf(label).element
  }
  #properOf(label: Label): { readonly element: Element; readonly text: Wire } {
    let proper = this.#proper.get(label)
    if (proper !== undefined) return proper
    const element = labelElement(label.marking, label.written, label.equivalents)
    proper = { element, text: serialise(element) }
    this.#proper.set(label, proper)
    this.#ofProper.set(element, label)
    return proper
  }
}

const relabelled = ({ elements }: Payload, label: Element | null): Payload =>
  Payload.of(...elements.filter((e) => !isLabelElement(e)), ...(label === null ? [] : [label]))
const replaced = (payload: Payload, element: Element, by: Element): Payload =>
  Payload.of(...payload.elements.map((e) => (e === element ? by : e)))
