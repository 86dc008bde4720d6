/**
 * XEP-0310: presence state annotations, the element itself. A presence carries at most one annotation of each annotator
 * (PSA-23). The annotator is in `from` (4.1), the doubts are the children. An annotation without a doubt withdraws the
 * earlier ones. An annotation is trusted only from the domain that the presence comes from, which could forge the
 * presence anyway (section 6).
 */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'
import { serialise } from '../xml/write.ts'
import { wire, type Wire } from '../xml/wire.ts'
import { formatDateTime } from './datetime.ts'
import { jidOrNull, type Jid } from './jid.ts'
import { CLIENT } from './ns.ts'
import { Payload, type Packet } from './packet.ts'

/** Of version 0.1. */
export const PSA = 'urn:xmpp:psa'
/** Of the revision in docs/xep-0310/ (docs/decisions/045-revised-annotations.md). */
export const PSA_REVISED = 'urn:xmpp:psa:0'
/** How an annotation is written: as version 0.1 has it, or as the revision has it. */
export type Form = 'first' | 'revised'
/** In an annotation: since when the doubt applies (docs/decisions/027-age-of-presence.md). XEP-0310 has no element for it. */
export const DOUBTED = 'urn:porchlight:doubted:0'

/**
 * Why a presence may be out of date: the connection to the other server, or the client's connection, is broken; or nobody has
 * confirmed it, which version 0.1 has no word for.
 */
export type Doubt = 'server-unavailable' | 'connection-paused' | 'unknown'

/** Text for people, in the language `lang`. */
export interface Description {
  readonly lang: string
  readonly text: string
}

/** @param by the domain that annotates @param doubts empty to withdraw earlier doubts */
export function annotation(by: string, doubts: readonly Doubt[], description: Description | null, form: Form = 'first'): Wire {
  const ns = namespaceOf(form)
  const children = conditionsIn(form, doubts).map((doubt) => el(doubt, ns))
  if (description !== null) children.push(el('description', ns, { 'xml:lang': description.lang }, description.text))
  return serialise(el('state-annotation', ns, { from: by }, ...children), CLIENT)
}
export const namespaceOf = (form: Form): string => (form === 'first' ? PSA : PSA_REVISED)
/** In the order of the schema, as that form has them. */
export function conditionsIn(form: Form, doubts: readonly Doubt[]): readonly Doubt[] {
  const known = new Set(doubts.map((doubt) => (form === 'first' && doubt === 'unknown' ? 'server-unavailable' : doubt)))
  return DOUBTS.filter((doubt) => known.has(doubt))
}
/** The form in which an entity with these features wants annotations; null if it wants none. */
export const formIn = (features: ReadonlySet<string> | null): Form | null =>
  features?.has(PSA_REVISED) === true ? 'revised' : features?.has(PSA) === true ? 'first' : null

/** The annotation with the time since when its doubt applies. The annotation must name a doubt. */
export function since(text: Wire, at: Millis): Wire {
  const stamp = formatDateTime(at)
  if (text.includes(PSA_REVISED)) return wire(`${START} since='${stamp}'${text.slice(START.length)}`)
  const doubted = serialise(el('doubted', DOUBTED, { since: stamp }), CLIENT)
  return wire(text.slice(0, -END.length) + doubted + END)
}
const END = '</state-annotation>'

/** The same complete presence for `to`, with an annotation after its children (PSA-16). */
export const annotated = (packet: Packet, to: Jid, text: Wire): Packet =>
  packet.with({ to, payload: Payload.ofText(wire(packet.payload.text + text)) })

/** Names of elements are written in one way only: a text without this name has no such element. */
export const mayBeAnnotated = (payload: Payload): boolean => !payload.isEmpty && payload.text.includes('state-annotation')

/** In either form. */
export const isAnnotation = ({ name, ns }: Element): boolean => name === 'state-annotation' && (ns === PSA || ns === PSA_REVISED)

/** The presence without any annotations; itself if it has none. */
export const plain = (packet: Packet): Packet => (mayBeAnnotated(packet.payload) ? without(packet, isAnnotation) : packet)

/**
 * A received presence, limited to what its sender may say: available presence can have one annotation, of the domain that
 * it comes from (PSA-32). If that is there in both forms, the revised one stays, which says more. Itself if nothing has to be removed.
 */
export function honest(packet: Packet): Packet {
  if (!mayBeAnnotated(packet.payload)) return packet
  const { payload, from, type } = packet
  const own = type === '' ? payload.elements.filter((e) => isAnnotation(e) && isOf(e, from.domain)) : []
  const kept = own.find(({ ns }) => ns === PSA_REVISED) ?? own[0]
  return without(packet, (e) => isAnnotation(e) && e !== kept)
}

/** The presence without annotations that name no doubt. To a client that was not told of a doubt they mean nothing. */
export const sayingSomething = (packet: Packet): Packet =>
  mayBeAnnotated(packet.payload)
    ? without(packet, (e) => isAnnotation(e) && !DOUBTS.some((d) => e.child(d) !== undefined))
    : packet

/**
 * Can the newer of two notices about one resource replace the older, so that a client that receives only the newer one
 * believes the same? A notice without annotations can, and so can one with revised annotations, which are all that are in force. An
 * annotation of version 0.1 says nothing about the doubts of other annotators.
 */
export function saysAllOf(newer: Packet, older: Packet): boolean {
  const by = annotatorsOf(newer)
  if (by.length === 0 || isRevised(newer)) return true
  const before = annotatorsOf(older)
  return before.length > 0 && before.every((annotator) => by.includes(annotator))
}
/** The annotators that doubt the presence after this notice. @param before those that doubted it before the notice */
export function doubtersAfter(before: readonly string[], packet: Packet): readonly string[] {
  const by = annotatorsOf(packet)
  if (by.length === 0) return by
  const doubting = annotatorsOf(sayingSomething(packet))
  if (isRevised(packet)) return doubting.toSorted()
  return [...before.filter((annotator) => !by.includes(annotator)), ...doubting].toSorted()
}
/** Does it say anything of doubts? The doubts of annotators that it does not name hold on then. */
export const isAnnotated = (packet: Packet): boolean => annotatorsOf(packet).length > 0
const isRevised = ({ payload }: Packet): boolean => payload.elements.some((e) => isAnnotation(e) && e.ns === PSA_REVISED)
const annotatorsOf = ({ payload }: Packet): readonly string[] =>
  mayBeAnnotated(payload) ? payload.elements.filter(isAnnotation).map((e) => e.attr('from') ?? '') : []

/** The doubts that the presence's own domain names. */
export function doubtsIn(packet: Packet): readonly Doubt[] {
  const own = annotationOf(packet)
  return own === undefined ? [] : DOUBTS.filter((doubt) => own.child(doubt) !== undefined)
}
/** Since when these doubts apply, as written in the annotation; null if it does not say. */
export function sinceIn(packet: Packet): string | null {
  const own = annotationOf(packet)
  return own?.attr('since') ?? own?.child('doubted', DOUBTED)?.attr('since') ?? null
}

function annotationOf({ payload, from }: Packet): Element | undefined {
  return mayBeAnnotated(payload) ? payload.elements.find((e) => isAnnotation(e) && isOf(e, from.domain)) : undefined
}
export const DOUBTS: readonly Doubt[] = ['server-unavailable', 'connection-paused', 'unknown']

const isOf = (e: Element, domain: string): boolean => jidOrNull(e.attr('from') ?? '')?.full === domain

function without(packet: Packet, unwanted: (e: Element) => boolean): Packet {
  const { payload } = packet
  const rest = payload.elements.filter((e) => !unwanted(e))
  if (rest.length === payload.elements.length) return packet
  return packet.with({ payload: withoutLast(payload, rest) ?? Payload.of(...rest) })
}

/** The text without its last child, if that is the only one to remove (servers add it at the end). Null in any other case. */
function withoutLast({ text, elements }: Payload, rest: readonly Element[]): Payload | null {
  const at = text.indexOf(START)
  const isOne = at === text.lastIndexOf(START) && !text.includes(PREFIXED) && rest.length === elements.length - 1
  return isOne && rest.at(-1) === elements.at(-2) ? Payload.ofText(wire(text.slice(0, at))) : null
}
const START = '<state-annotation'
const PREFIXED = ':state-annotation'
