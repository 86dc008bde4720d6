/**
 * What a client is to receive, written as XML.
 *
 * - Of a stanza: name and `type` must be the same (no `type` in the pattern: none in the stanza), and every
 *   attribute that the pattern has. Of the elements inside: all attributes. `*` as a value: any, or none.
 * - Children: all of them, in any order. The text `*` among them: others may be there too. The id of a message in the archive
 *   of an account may always be there.
 */
import { parseXml, type Xml } from './xml-reader.ts'

export type Pattern = string

const patterns = new Map<Pattern, Xml>()

function parsed(pattern: Pattern): Xml {
  let xml = patterns.get(pattern)
  if (xml === undefined) {
    const all = parseXml(pattern)
    if (all.length !== 1) throw new Error(`no pattern of one element: ${pattern}`)
    patterns.set(pattern, (xml = all[0]!))
  }
  return xml
}

export const matches = (pattern: Pattern, xml: Xml): boolean => fits(parsed(pattern), xml, true)

function fits(pattern: Xml, xml: Xml, isStanza: boolean): boolean {
  if (pattern.name !== xml.name || pattern.ns !== xml.ns) return false
  const names = isStanza
    ? ['type', ...Object.keys(pattern.attrs)]
    : new Set([...Object.keys(pattern.attrs), ...Object.keys(xml.attrs)])
  for (const name of names) if (pattern.attrs[name] !== '*' && pattern.attrs[name] !== xml.attrs[name]) return false
  return childrenFit(pattern, xml)
}

function childrenFit(pattern: Xml, xml: Xml): boolean {
  const text = pattern.text.trim()
  const others = [...xml.elements]
  for (const wanted of pattern.elements) {
    const at = others.findIndex((e) => fits(wanted, e, false))
    if (at < 0) return false
    others.splice(at, 1)
  }
  return text === '*' || (others.every(isIdInArchive) && text === xml.text.trim())
}

/** Rooms, which are at services, say their ids in patterns. */
const isIdInArchive = ({ name, ns, attrs }: Xml): boolean =>
  name === 'stanza-id' && ns === 'urn:xmpp:sid:0' && !attrs['by']!.includes('@conference.')

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** A stanza error, with or without a text for people. @param more the application-specific condition */
export const refusal = (kind: string, attrs: string, type: string, condition: string, more = ''): Pattern =>
  `<${kind} type='error' ${attrs}><error type='${type}'><${condition} xmlns='${STANZAS}'/>${more}*</error></${kind}>`
