/**
 * XEP-0258: which labels a clearance grants (the access control decision function of section 5), and which label a message has. The
 * model is that of X.841: a level, and categories in sets of three kinds.
 */
import type { Element } from '../xml/element.ts'
import { keyOfLabel, type Marking, type WrittenLabel } from '../xmpp/security-label.ts'

/**
 * How the categories of a set are compared. 'restrictive': the clearance needs all those of the label. 'permissive': it needs at
 * least one of them. 'informative': they are not compared.
 */
export type CategoryKind = 'restrictive' | 'permissive' | 'informative'
export const CATEGORY_KINDS = ['restrictive', 'permissive', 'informative'] as const

/** What a label asks for, or a clearance has. */
export interface Grade {
  /** The id in the policy. */
  readonly id: string
  readonly level: number
  /** By the name of the set. A set without categories is left out. */
  readonly categories: ReadonlyMap<string, ReadonlySet<string>>
}
export interface Label extends Grade {
  readonly marking: Marking | null
  /** How it is written; null: it has no written form, and stands for messages without a label. */
  readonly written: Element | null
  /** How other policies write what is equivalent to it. */
  readonly equivalents: readonly Element[]
  /** Its place in menus, such as `Classified|SECRET`; '' for none. */
  readonly selector: string
  /** Users are offered it. */
  readonly isListed: boolean
}
export type Clearance = Grade

export interface SecurityPolicy {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Clients should offer nothing but the catalogue. */
  readonly isRestrictive: boolean
  readonly kinds: ReadonlyMap<string, CategoryKind>
  /** In the order of the policy. */
  readonly labels: ReadonlyMap<string, Label>
  readonly clearances: ReadonlyMap<string, Clearance>
  /** The label of messages without one; null: nobody may send or receive them. */
  readonly defaultLabel: Label | null
  /** The clearance of those to whom none was given; null: they may send and receive nothing. */
  readonly defaultClearance: Clearance | null
  /** By `keyOfLabel` of what stands for it in this policy or another one. */
  readonly byKey: ReadonlyMap<string, Label>
}

/** The rule that denies. `set`: with the last two, the set of categories. */
export type Rule = 'no label' | 'no clearance' | 'level' | 'restrictive' | 'permissive'
export interface Denial {
  readonly rule: Rule
  readonly set: string
}
const denial = (rule: Rule, set = ''): Denial => ({ rule, set })
const NO_LABEL = denial('no label')
const NO_CLEARANCE = denial('no clearance')
const LEVEL = denial('level')
const NOTHING: ReadonlySet<string> = new Set()

type Kinds = Pick<SecurityPolicy, 'kinds'>

/** LAB-21, LAB-3: why the clearance does not grant the label; null: it does. Null stands for the nil clearance and the nil label. */
export function whyDenied({ kinds }: Kinds, clearance: Clearance | null, label: Grade | null): Denial | null {
  if (label === null) return NO_LABEL
  if (clearance === null) return NO_CLEARANCE
  if (clearance.level < label.level) return LEVEL
  for (const [set, wanted] of label.categories) {
    const held = clearance.categories.get(set) ?? NOTHING
    const kind = kinds.get(set)
    if (kind === 'restrictive' && !wanted.isSubsetOf(held)) return denial('restrictive', set)
    if (kind === 'permissive' && wanted.isDisjointFrom(held)) return denial('permissive', set)
  }
  return null
}

/** Does the first clearance grant every label that the second one grants? */
export function includes({ kinds }: Kinds, one: Clearance, other: Clearance): boolean {
  if (one.level < other.level) return false
  for (const [set, held] of other.categories)
    if (kinds.get(set) !== 'informative' && !held.isSubsetOf(one.categories.get(set) ?? NOTHING)) return false
  return true
}

/** Does every clearance that grants the first label also grant the second one? Null is the nil label, which none grants. */
export function isNotBelow({ kinds }: Kinds, one: Grade | null, other: Grade | null): boolean {
  if (one === null || other === null) return one === null
  if (one.level < other.level) return false
  for (const [set, wanted] of other.categories) {
    const has = one.categories.get(set) ?? NOTHING
    const kind = kinds.get(set)
    if (kind === 'restrictive' && !wanted.isSubsetOf(has)) return false
    if (kind === 'permissive' && (has.size === 0 || !has.isSubsetOf(wanted))) return false
  }
  return true
}

/**
 * LAB-22: the label by which a message is judged: its own if this policy knows it, else the first equivalent one that it knows. Null:
 * the nil label. Markings count for nothing.
 * @param written null: the message has no label
 */
export function effectiveLabel(
  { byKey }: Pick<SecurityPolicy, 'byKey'>,
  written: WrittenLabel | 'malformed' | null,
  byDefault: Label | null,
): Label | null {
  if (written === null) return byDefault
  if (written === 'malformed') return null
  if (written.label === null) return byDefault
  for (const one of [written.label, ...written.equivalents]) {
    const label = byKey.get(keyOfLabel(one))
    if (label !== undefined) return label
  }
  return null
}
