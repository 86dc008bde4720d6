/**
 * Text from elements. A namespace is declared where it changes, on the element that uses it (RFC 6120 4.8.5). Prefixes
 * are used only for the attributes that need them.
 */
import type { Element } from './element.ts'
import { XML_NS } from './prefixes.ts'
import { encode, escape, escapeText, wire, type Wire } from './wire.ts'

/**
 * `e` as text. Attribute values stand between apostrophes.
 * @param inheritedNs the default namespace of the place that the text is put in
 */
export const serialise = (e: Element, inheritedNs = ''): Wire => wire(written(e, inheritedNs))

function written(e: Element, inheritedNs: string): string {
  const declares = e.ns !== inheritedNs && e.ns !== XML_NS
  const ns = declares ? e.ns : inheritedNs
  const name = e.ns === ns ? encode(e.name) : `xml:${encode(e.name)}` // the one namespace that `xmlns` cannot declare
  let text = `<${name}`
  if (declares) text += ` xmlns='${escape(ns)}'`
  let foreign: Foreign | null = null
  for (const key in e.attrs) {
    if (key.charCodeAt(0) === BRACE) text += (foreign ??= new Foreign()).attribute(key, e.attrs[key]!)
    else text += ` ${encode(key)}='${escape(e.attrs[key]!)}'`
  }
  if (e.children.length === 0) return `${text}/>`
  text += '>'
  for (const child of e.children) text += typeof child === 'string' ? escapeText(child) : written(child, ns)
  return `${text}</${name}>`
}

const BRACE = 0x7b

/** The attributes of one element whose keys have the form '{namespace}local': they need prefixes. */
class Foreign {
  readonly #prefixes = new Map<string, string>()

  attribute(key: string, value: string): string {
    const end = key.lastIndexOf('}')
    const ns = key.slice(1, end)
    let declaration = ''
    let prefix = this.#prefixes.get(ns)
    if (prefix === undefined) {
      prefix = `ns${this.#prefixes.size}`
      this.#prefixes.set(ns, prefix)
      declaration = ` xmlns:${prefix}='${escape(ns)}'`
    }
    return `${declaration} ${prefix}:${encode(key.slice(end + 1))}='${escape(value)}'`
  }
}
