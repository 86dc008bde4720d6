/**
 * XEP-0310: annotations in the form that their receiver knows, version 0.1 or its revision. Servers that do not know what a receiver
 * asks for write both (docs/xep-0310/xep-0310.xml, section 4.1); the receiver's own server leaves it one.
 */
import { el, type Element } from '../xml/element.ts'
import { Payload, type Packet } from './packet.ts'
import { conditionsIn, DOUBTED, DOUBTS, isAnnotation, mayBeAnnotated, namespaceOf, type Form } from './state-annotation.ts'

/** The presence with each of its annotations once, in that form; itself if they are so. */
export function inForm(packet: Packet, form: Form): Packet {
  if (!mayBeAnnotated(packet.payload)) return packet
  const wanted = namespaceOf(form)
  const { elements } = packet.payload
  const isOther = (e: Element): boolean => isAnnotation(e) && e.ns !== wanted
  if (!elements.some(isOther)) return packet
  const known = new Set(elements.filter((e) => isAnnotation(e) && e.ns === wanted).map(annotatorOf))
  const written = elements.flatMap((e) => (!isOther(e) ? [e] : known.has(annotatorOf(e)) ? [] : [translated(e, form)]))
  return packet.with({ payload: Payload.of(...written) })
}

const annotatorOf = (e: Element): string => e.attr('from') ?? ''

function translated(e: Element, form: Form): Element {
  const ns = namespaceOf(form)
  const doubts = DOUBTS.filter((doubt) => e.child(doubt, e.ns) !== undefined)
  const since = e.attr('since') ?? e.child('doubted', DOUBTED)?.attr('since')
  const attrs: Record<string, string> = { from: annotatorOf(e) }
  if (since !== undefined && form === 'revised') attrs['since'] = since
  const descriptions = e.elements.filter((child) => child.is('description', e.ns)).map((child) => described(child, ns))
  const conditions = conditionsIn(form, doubts).map((doubt) => el(doubt, ns))
  const doubted = since !== undefined && form === 'first' ? [el('doubted', DOUBTED, { since })] : []
  return el('state-annotation', ns, attrs, ...conditions, ...descriptions, ...doubted)
}
function described(e: Element, ns: string): Element {
  const lang = e.attr('xml:lang')
  return el('description', ns, lang === undefined ? {} : { 'xml:lang': lang }, e.text)
}
