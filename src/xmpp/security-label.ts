/**
 * XEP-0258: the `<securitylabel/>` of a message, as it is written. What a label means is the policy's matter
 * (`im/security-policy.ts`).
 */
import { el, type Element } from '../xml/element.ts'
import type { Payload } from './packet.ts'

export const SEC_LABEL = 'urn:xmpp:sec-label:0'
export const SEC_LABEL_CATALOG = 'urn:xmpp:sec-label:catalog:2'
const ESS = 'urn:xmpp:sec-label:ess:0'
/** Names of elements, unlike namespaces, are written in one way only. */
const NAME = 'securitylabel'

/** Section 3. */
export interface WrittenLabel {
  readonly element: Element
  /** What is in `<label/>`; null: nothing, which means the default. */
  readonly label: Element | null
  readonly equivalents: readonly Element[]
}

export const isLabelElement = (e: Element): boolean => e.is(NAME, SEC_LABEL)

/** False: it has no label. */
export const mentionsLabel = ({ text }: Payload): boolean => text.includes(NAME)

/** The label among these children; 'several': more than one; null: none. */
export function labelElementIn(payload: Payload): Element | 'several' | null {
  if (!mentionsLabel(payload)) return null
  let found: Element | null = null
  for (const e of payload.elements) {
    if (!isLabelElement(e)) continue
    if (found !== null) return 'several'
    found = e
  }
  return found
}

/** The label of a stanza with these children; null: it has none. 'malformed': it breaks the form of section 3. */
export function labelIn(payload: Payload): WrittenLabel | 'malformed' | null {
  const element = labelElementIn(payload)
  if (element === null) return null
  return element === 'several' ? 'malformed' : written(element)
}

/** The same as it is written, for what has to have the same label. */
export function labelElementsIn(payload: Payload): readonly Element[] {
  return mentionsLabel(payload) ? payload.elements.filter(isLabelElement) : []
}

/** The same of a label alone. */
export function written(element: Element): WrittenLabel | 'malformed' {
  const named = (name: string): readonly Element[] => element.elements.filter((e) => e.is(name, SEC_LABEL))
  const [[label, ...labels], equivalents] = [named('label'), named('equivalentlabel')]
  const isWell = label !== undefined && labels.length === 0 && named('displaymarking').length <= 1
  if (!isWell || label.elements.length > 1 || equivalents.some(({ elements }) => elements.length !== 1)) return 'malformed'
  return { element, label: label.elements[0] ?? null, equivalents: equivalents.map(({ elements }) => elements[0]!) }
}

/** The labels of what it carries, such as forwarded messages (XEP-0297), at whatever depth. Its own label is not among them. */
export const labelsCarriedIn = ({ elements }: Payload): readonly Element[] =>
  elements.flatMap((e) => (isLabelElement(e) ? [] : labelsInside(e)))
const labelsInside = (e: Element): readonly Element[] =>
  e.elements.flatMap((child) => (isLabelElement(child) ? [child] : labelsInside(child)))

/** Is there a label anywhere in it, at whatever depth? */
export const hasLabelInside = (payload: Payload): boolean => mentionsLabel(payload) && payload.elements.some(isOrHasLabel)
const isOrHasLabel = (e: Element): boolean => isLabelElement(e) || e.elements.some(isOrHasLabel)

/** What the policy prints beside labelled text. Colours are names of CSS or `#rrggbb`; '' for the usual ones. */
export interface Marking {
  readonly text: string
  readonly foreground: string
  readonly background: string
}

/** @param label null for an empty `<label/>` */
export function labelElement(marking: Marking | null, label: Element | null, equivalents: readonly Element[]): Element {
  return el(
    NAME,
    SEC_LABEL,
    {},
    ...(marking === null ? [] : [markingElement(marking)]),
    el('label', SEC_LABEL, {}, ...(label === null ? [] : [label])),
    ...equivalents.map((one) => el('equivalentlabel', SEC_LABEL, {}, one)),
  )
}
const orUsual = (text: string): string | undefined => (text === '' ? undefined : text)
const markingElement = ({ text, foreground, background }: Marking): Element =>
  el('displaymarking', SEC_LABEL, { fgcolor: orUsual(foreground), bgcolor: orUsual(background) }, text)

/** The text is equal for elements that say the same: order of attributes, white space and prefixes do not matter. */
export const keyOfLabel = (e: Element): string => JSON.stringify(shapeOf(e))

function shapeOf(e: Element): readonly unknown[] {
  const attrs = Object.entries(e.attrs).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const children = e.children.flatMap((child): readonly unknown[] => {
    if (typeof child !== 'string') return [shapeOf(child)]
    const text = e.ns === ESS ? child.replace(/[\s=]/g, '') : child.replace(/\s+/g, ' ').trim()
    return text === '' ? [] : [text]
  })
  return [e.ns, e.name, attrs, children]
}
