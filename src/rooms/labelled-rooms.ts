/** Decides about security labels for rooms: see `machine/room-labels.ts`. */
import { isNotBelow, type Label } from '../im/security-policy.ts'
import { catalogueFor } from '../server/labelling/catalogue.ts'
import type { Labels } from '../server/labelling/labels.ts'
import { Reading } from '../server/labelling/reading.ts'
import type { Element } from '../xml/element.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Payload } from '../xmpp/packet.ts'
import { labelElementsIn, labelIn } from '../xmpp/security-label.ts'
import type { Entry } from './log.ts'
import type { ConfigFault, RoomConfig } from './machine/config.ts'
import type { Room } from './machine/room.ts'
import type { RoomLabels } from './machine/room-labels.ts'

/** The ids that an owner may choose from, with what people read; '' for none. */
export type LabelChoices = Readonly<Record<'labels' | 'clearances', readonly (readonly [id: string, words: string])[]>>

/** Of what was said before, what this person may see now. */
export class RoomReading {
  readonly #labels: Labels
  readonly #room: Jid
  readonly #reading: Reading

  constructor(labels: Labels, room: Jid, who: Jid) {
    this.#labels = labels
    this.#room = room
    this.#reading = new Reading(labels, 'occupant', who)
  }
  mayRead(entry: Entry): boolean {
    if (entry.kind === 'subject' || !('payload' in entry) || entry.payload === null) return true
    return this.#reading.mayHave(this.#labels.labelOf(entry.payload), this.#room)
  }
  close(): void {
    this.#reading.close()
  }
}

export class LabelledRooms implements RoomLabels {
  readonly labels: Labels

  constructor(labels: Labels) {
    this.labels = labels
  }
  accepts(room: Jid, { clearance }: RoomConfig, payload: Payload, from: Jid | null): boolean {
    const { labels } = this
    const label = labels.labelOf(payload)
    if (!labels.grantsTo('room', room.bare, labels.clearedAs(clearance), label, from ?? room)) return false
    return from === null || labels.mayHave(from, label) || labels.grants('send', from, label, from)
  }
  mayHave(who: Jid, payload: Payload): boolean {
    return this.labels.mayHave(who, this.labels.labelOf(payload))
  }
  mayEnter(room: Jid, { label }: RoomConfig, who: Jid): boolean {
    if (label === '') return true
    return this.labels.grants('join', who, this.#label(label), room)
  }
  /** The same by the id of the label. Nothing is recorded. */
  maySee(label: string, who: Jid): boolean {
    return label === '' || this.labels.mayHave(who, this.#label(label))
  }
  /** Records that people in a room were not sent something. */
  leftOut(room: Jid, payload: Payload, others: readonly Jid[]): void {
    const label = this.labels.labelOf(payload)
    const [first] = others
    const cleared = this.labels.clearances.of(first!)
    const denial = this.labels.why(cleared, label)
    if (denial !== null) this.labels.withheld('occupant', first!.bare, cleared, label, room, denial, others.length)
  }
  /** Somebody reads what was said. */
  reading(room: Jid, who: Jid): RoomReading {
    return new RoomReading(this.labels, room, who)
  }
  faultIn(changes: Partial<RoomConfig>, by: Jid | null): ConfigFault | null {
    const { policy } = this.labels
    for (const field of ['label', 'defaultLabel'] as const) {
      const id = changes[field] ?? ''
      if (id === '') continue
      const label = policy.labels.get(id)
      if (label === undefined) return { field, why: `"${id}" is no label of the policy` }
      if (by !== null && !this.labels.mayHave(by, label)) return { field, why: 'is beyond your own clearance' }
    }
    const id = changes.clearance ?? ''
    const clearance = policy.clearances.get(id)
    if (id === '') return null
    if (clearance === undefined) return { field: 'clearance', why: `"${id}" is no clearance of the policy` }
    return by === null || this.labels.mayGive(by, clearance) ? null : { field: 'clearance', why: 'is beyond your own clearance' }
  }
  labelled(payload: Payload, { defaultLabel }: RoomConfig): Payload {
    if (labelIn(payload) !== null) return this.#raised(payload)
    const label = defaultLabel === '' ? null : this.#label(defaultLabel)
    return this.labels.raised(label === null ? payload : payload.plus(this.labels.elementOf(label)))
  }
  about(payload: Payload, target: Payload, config: RoomConfig): Payload | null {
    const [own] = labelElementsIn(payload)
    const [ofTarget] = labelElementsIn(target)
    if (own === undefined)
      return ofTarget === undefined ? this.labelled(payload, config) : this.labels.raised(payload.plus(ofTarget))
    const raised = this.labels.notBelow(payload, this.labels.labelOf(target), ofTarget ?? null)
    return raised === payload ? this.#raised(payload) : raised
  }
  #raised(payload: Payload): Payload {
    return this.labels.remarked(this.labels.raised(payload))
  }
  /** What names other messages, with a label that is not lower than theirs. Null: they cannot be compared. */
  naming(payload: Payload, named: readonly Payload[], config: RoomConfig): Payload | null {
    let raised = this.labelled(payload, config)
    for (const one of named) {
      if (isNotBelow(this.labels.policy, this.labels.labelOf(raised), this.labels.labelOf(one))) continue
      const next = this.about(raised, one, config)
      if (next === null) return null
      raised = next
    }
    return raised
  }
  /** Could this person have read there what is above the label of this message? */
  isBelowAny(payload: Payload, config: RoomConfig, from: Jid): boolean {
    const ofRoom = this.labels.clearedAs(config.clearance)
    const isPossible = (label: Label): boolean => this.labels.why(ofRoom, label) === null && this.labels.mayHave(from, label)
    return this.labels.isBelowOneOf(this.labelled(payload, config), isPossible)
  }
  /** Could one of the two have read there what is above the label of this message, and beyond the other one? */
  isBelowAnyBetween(payload: Payload, config: RoomConfig, from: Jid, to: Jid): boolean {
    const ofRoom = this.labels.clearedAs(config.clearance)
    const isBeyond = (label: Label): boolean =>
      this.labels.why(ofRoom, label) === null && this.labels.mayHave(from, label) && !this.labels.mayHave(to, label)
    return this.labels.isBelowOneOf(this.labelled(payload, config), isBeyond)
  }
  /** LAB-34 */
  catalogueFor({ address, facts: { config } }: Room, asker: Jid, to = address.bare): Element {
    const byDefault = config.defaultLabel === '' ? this.labels.policy.defaultLabel : this.#label(config.defaultLabel)
    return catalogueFor(this.labels, { asker, to, cleared: this.labels.clearedAs(config.clearance), byDefault })
  }
  choicesFor(owner: Jid): LabelChoices {
    const { policy } = this.labels
    const labels = [...policy.labels.values()].filter((label) => label.isListed && this.labels.mayHave(owner, label))
    const clearances = [...policy.clearances.values()].filter((clearance) => this.labels.mayGive(owner, clearance))
    return {
      labels: labels.map(({ id, marking }) => [id, marking?.text ?? id]),
      clearances: clearances.map(({ id }) => [id, id]),
    }
  }
  /** Null: the policy does not know it any more, and nobody has it. */
  #label(id: string): Label | null {
    return this.labels.policy.labels.get(id) ?? null
  }
}
