/**
 * XEP-0310: presence state annotations, the element itself. A presence carries at most one annotation of each annotator (PSA-23); its `from` is who
 * annotates (4.1), its children are the doubts. One without a doubt takes back what was said before. An annotation is
 * believed from whoever could have forged the presence anyway: the domain that the presence comes from (section 6).
 */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'
import { serialise } from '../xml/write.ts'
import { wire, type Wire } from '../xml/wire.ts'
import { formatDateTime } from './datetime.ts'
import { jid, JidError, type Jid } from './jid.ts'
import { CLIENT } from './ns.ts'
import { Payload, type Packet } from './packet.ts'

export const PSA = 'urn:xmpp:psa'
/** In an annotation: since when it holds (docs/decisions/027-age-of-presence.md). XEP-0310 has no word for that. */
export const DOUBTED = 'urn:porchlight:doubted:0'

/** Why a presence that was shown may be out of date: the way to the other server, or to its client, is broken. */
export type Doubt = 'server-unavailable' | 'connection-paused'

/** For people: `text` in the language `lang`. */
export interface Description {
  readonly lang: string
  readonly text: string
}

/** @param by the domain that annotates @param doubts none: it is taken back */
export function annotation(by: string, doubts: readonly Doubt[], description: Description | null): Wire {
  const children = doubts.map((doubt) => el(doubt, PSA))
  if (description !== null) children.push(el('description', PSA, { 'xml:lang': description.lang }, description.text))
  return serialise(el('state-annotation', PSA, { from: by }, ...children), CLIENT)
}

/** The annotation, which names a doubt, with the time since when that doubt holds. */
export function since(text: Wire, at: Millis): Wire {
  const doubted = serialise(el('doubted', DOUBTED, { since: formatDateTime(at) }), CLIENT)
  return wire(text.slice(0, -END.length) + doubted + END)
}
const END = '</state-annotation>'

/** The same presence, complete, for `to`, with an annotation behind its children (PSA-16). */
export const annotated = (packet: Packet, to: Jid, text: Wire): Packet =>
  packet.with({ to, payload: Payload.ofText(wire(packet.payload.text + text)) })

/** Names of elements are written in one way only: what does not hold this one does not hold such an element. */
export const mayBeAnnotated = (payload: Payload): boolean => !payload.isEmpty && payload.text.includes('state-annotation')

const isAnnotation = (e: Element): boolean => e.is('state-annotation', PSA)

/** The presence without anybody's annotations; itself when it has none. */
export const plain = (packet: Packet): Packet => (mayBeAnnotated(packet.payload) ? without(packet, isAnnotation) : packet)

/**
 * What somebody else has sent, with no more than he may say: available presence with one annotation of the domain that
 * it comes from (PSA-32). Itself when that is what it is.
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

/** The presence without annotations that name no doubt: to who has not heard of one before they say nothing. */
export const sayingSomething = (packet: Packet): Packet =>
  mayBeAnnotated(packet.payload)
    ? without(packet, (e) => isAnnotation(e) && !DOUBTS.some((d) => e.child(d) !== undefined))
    : packet

/**
 * Does a client that gets only the newer one of two notices of one resource believe what it would believe after both? One
 * without an annotation says all there is to say. An annotation says nothing of what anybody else has annotated.
 */
export function saysAllOf(newer: Packet, older: Packet): boolean {
  const by = annotatorsOf(newer)
  if (by.length === 0) return true
  const before = annotatorsOf(older)
  return before.length > 0 && before.every((annotator) => by.includes(annotator))
}
/** Who doubts the presence after this notice. @param before who did so before it */
export function doubtersAfter(before: readonly string[], packet: Packet): readonly string[] {
  const by = annotatorsOf(packet)
  if (by.length === 0) return by
  const doubting = annotatorsOf(sayingSomething(packet))
  return [...before.filter((annotator) => !by.includes(annotator)), ...doubting].toSorted()
}
const annotatorsOf = ({ payload }: Packet): readonly string[] =>
  mayBeAnnotated(payload) ? payload.elements.filter(isAnnotation).map((e) => e.attr('from') ?? '') : []

/** What the domain that the presence comes from says of it. */
export function doubtsIn(packet: Packet): readonly Doubt[] {
  const own = annotationOf(packet)
  return own === undefined ? [] : DOUBTS.filter((doubt) => own.child(doubt) !== undefined)
}
/** Since when it says so, as it is written; null: it does not tell. */
export const sinceIn = (packet: Packet): string | null => annotationOf(packet)?.child('doubted', DOUBTED)?.attr('since') ?? null

function annotationOf({ payload, from }: Packet): Element | undefined {
  return mayBeAnnotated(payload) ? payload.elements.find((e) => isAnnotation(e) && isOf(e, from.domain)) : undefined
}
const DOUBTS: readonly Doubt[] = ['server-unavailable', 'connection-paused']

function isOf(e: Element, domain: string): boolean {
  try {
    return jid(e.attr('from') ?? '').full === domain
  } catch (error) {
    if (error instanceof JidError) return false
    throw error
  }
}

function without(packet: Packet, unwanted: (e: Element) => boolean): Packet {
  const { payload } = packet
  const rest = payload.elements.filter((e) => !unwanted(e))
  if (rest.length === payload.elements.length) return packet
  return packet.with({ payload: withoutLast(payload, rest) ?? Payload.of(...rest) })
}

/** Where the only thing to go is at the end, as servers put it, the rest stays as it was written. */
function withoutLast({ text, elements }: Payload, rest: readonly Element[]): Payload | null {
  const at = text.indexOf(START)
  const isOne = at === text.lastIndexOf(START) && !text.includes(PREFIXED) && rest.length === elements.length - 1
  return isOne && rest.at(-1) === elements.at(-2) ? Payload.ofText(wire(text.slice(0, at))) : null
}
const START = '<state-annotation'
const PREFIXED = ':state-annotation'
