/** XEP-0220: the elements of dialback, with the prefix that the stream header declares. */
import { el, type Element } from '../../../xml/element.ts'
import { escape, wire, type Wire } from '../../../xml/wire.ts'
import { serialise } from '../../../xml/write.ts'
import { SERVER, STANZA_ERRORS } from '../../../xmpp/ns.ts'
import { StanzaError, type StanzaCondition } from '../../../xmpp/stanza-error.ts'

export const DIALBACK = 'jabber:server:dialback'
export const DIALBACK_FEATURE = 'urn:xmpp:features:dialback'

export type Outcome = 'valid' | 'invalid' | StanzaCondition

export interface DialbackElement {
  readonly name: 'result' | 'verify'
  readonly from: string
  readonly to: string
  /** The id of the stream that a verification is about. */
  readonly id: string | null
  /** Null for a question. */
  readonly outcome: Outcome | null
  readonly key: string
}

export function dialbackText({ name, from, to, id, outcome, key }: DialbackElement): Wire {
  const isError = outcome !== null && outcome !== 'valid' && outcome !== 'invalid'
  const type = outcome === null ? '' : ` type='${isError ? 'error' : outcome}'`
  const content = isError ? errorText(outcome) : escape(key)
  const start = `<db:${name} from='${escape(from)}' to='${escape(to)}'${id === null ? '' : ` id='${escape(id)}'`}${type}`
  return wire(content === '' ? `${start}/>` : `${start}>${content}</db:${name}>`)
}

/** In the namespace of the stream (section 2.5), which differs from the client's. */
function errorText(condition: StanzaCondition): string {
  const { attrs } = new StanzaError(condition).toElement()
  return serialise(el('error', SERVER, attrs, el(condition, STANZA_ERRORS)), SERVER)
}

/** Reads an element; null if it is not dialback, or if something required is missing. Addresses are not prepared. */
export function readDialback(element: Element): DialbackElement | null {
  const { name } = element
  const [from, to, id, type] = [element.attr('from'), element.attr('to'), element.attr('id'), element.attr('type')]
  if ((name !== 'result' && name !== 'verify') || from === undefined || to === undefined) return null
  if (name === 'verify' && id === undefined) return null
  const outcome = type === undefined ? null : type === 'valid' || type === 'invalid' ? type : conditionOf(element)
  return { name, from, to, id: id ?? null, outcome, key: element.text.trim() }
}

function conditionOf(element: Element): StanzaCondition {
  const error = element.elements.find((child) => child.name === 'error')
  const condition = error?.elements.find((child) => child.ns === STANZA_ERRORS && child.name !== 'text')
  return (condition?.name ?? 'undefined-condition') as StanzaCondition
}
