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

export const PSA = 'urn:xmpp:psa'
/** In an annotation: since when the doubt applies (docs/decisions/027-age-of-presence.md). XEP-0310 has no element for it. */
export const DOUBTED = 'urn:porchlight:doubted:0'

/** Why a presence may be out of date: the connection to the other server, or the client's connection, is broken. */
export type Doubt = 'server-unavailable' | 'connection-paused'

/** Text for people, in the language `lang`. */
export interface Description {
  readonly lang: string
  readonly text: string
}

/** @param by the domain that annotates @param doubts empty to withdraw earlier doubts */
export function annotation(by: string, doubts: readonly Doubt[], description: Description | null): Wire {
  const children = doubts.map((doubt) => el(doubt, PSA))
  if (description !== null) children.push(el('description', PSA, { 'xml:lang': description.lang }, description.text))
  return serialise(el('state-annotation', PSA, { from: by }, ...children), CLIENT)
}

/** The annotation with the time since when its doubt applies. The annotation must name a doubt. */
export function since(text: Wire, at: Millis): Wire {
  const doubted = serialise(el('doubted', DOUBTED, { since: formatDateTime(at) }), CLIENT)
  return wire(text.slice(0, -END.length) + doubted + END)
}
const END = '</state-annotation>'

/** The same complete presence for `to`, with an annotation after its children (PSA-16). */
export const annotated = (packet: Packet, to: Jid, text: Wire): Packet =>
  packet.with({ to, payload: Payload.ofText(wire(packet.payload.text + text)) })

/** Names of elements are written in one way only: a text without this name has no such element. */
export const mayBeAnnotated = (payload: Payload): boolean => !payload.isEmpty && payload.text.includes('state-annotation')

const isAnnotation = (e: Element): boolean => e.is('state-annotation', PSA)

/** The presence without any annotations; itself if it has none. */
export const plain = (packet: Packet): Packet => (mayBeAnnotated(packet.payload) ? without(packet, isAnnotation) : packet)

/**
 * A received presence, limited to what its sender may say: available presence can have one annotation, of the domain that
 * it comes from (PSA-32). Itself if nothing has to be removed.
 */
export function honest(packet: Packet): Packet {
  if (!mayBeAnnotated(packet.payload)) return packet
  let isFirst = packet.type === ''
  return without(packet, (e) => {
    if (!isAnnotation(e)) return false
    if (!isFirst || !isOf(e, packet.from.domain)) return true
    isFirst = false
    return false
  })
}

/** The presence without annotations that name no doubt. To a client that was not told of a doubt they mean nothing. */
export const sayingSomething = (packet: Packet): Packet =>
  mayBeAnnotated(packet.payload)
    ? without(packet, (e) => isAnnotation(e) && !DOUBTS.some((d) => e.child(d) !== undefined))
    : packet

/**
 * Can the newer of two notices about one resource replace the older, so that a client that receives only the newer one
 * believes the same? A notice without annotations can. An annotation says nothing about the doubts of other annotators.
 */
export function saysAllOf(newer: Packet, older: Packet): boolean {
  const by = annotatorsOf(newer)
  if (by.length === 0) return true
  const before = annotatorsOf(older)
  return before.length > 0 && before.every((annotator) => by.includes(annotator))
}
/** The annotators that doubt the presence after this notice. @param before those that doubted it before the notice */
export function doubtersAfter(before: readonly string[], packet: Packet): readonly string[] {
  const by = annotatorsOf(packet)
  if (by.length === 0) return by
  const doubting = annotatorsOf(sayingSomething(packet))
  return [...before.filter((annotator) => !by.includes(annotator)), ...doubting].toSorted()
}
const annotatorsOf = ({ payload }: Packet): readonly string[] =>
  mayBeAnnotated(payload) ? payload.elements.filter(isAnnotation).map((e) => e.attr('from') ?? '') : []

/** The doubts that the presence's own domain names. */
export function doubtsIn(packet: Packet): readonly Doubt[] {
  const own = annotationOf(packet)
  return own === undefined ? [] : DOUBTS.filter((doubt) => own.child(doubt) !== undefined)
}
/** Since when these doubts apply, as written in the annotation; null if it does not say. */
export const sinceIn = (packet: Packet): string | null => annotationOf(packet)?.child('doubted', DOUBTED)?.attr('since') ?? null

function annotationOf({ payload, from }: Packet): Element | undefined {
  return mayBeAnnotated(payload) ? payload.elements.find((e) => isAnnotation(e) && isOf(e, from.domain)) : undefined
}
const DOUBTS: readonly Doubt[] = ['server-unavailable', 'connection-paused']

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
