/**
 * A first-level element as received (RFC 6120 4.8, 8). The attributes that routing needs are fields; the rest is text that
 * is forwarded octet for octet. Only the outermost start tag is rewritten, so that children move between
 * 'jabber:client' and 'jabber:server' without any change (4.8.3).
 */
import type { Element } from './element.ts'
import { apostrophed, valueOf } from './entities.ts'
import { tooMuch } from './error.ts'
import { isForeign, nameIn, splitName } from './namespaces.ts'
import { parseElement } from './parse.ts'
import type { Binding, Prefixes } from './prefixes.ts'
import { attributes, tag } from './tokens.ts'
import { encode, escape, escapeText, unpin, wire, type Wire } from './wire.ts'
import { serialise } from './write.ts'

const NONE = wire('')

/** What the stream header declares for everything inside it. */
export interface Context {
  readonly defaultNs: string
  readonly prefixes: readonly Binding[]
}

/** A complete first-level element. Its strings are slices of the chunk that it came in: see `unpin`. */
export class RawElement {
  /** Local name. */
  readonly name: string
  /** Namespace, resolved. */
  readonly ns: string
  // Attribute values are raw: safe between apostrophes, read with `valueOf`.
  readonly to: Wire | null
  readonly from: Wire | null
  readonly id: Wire | null
  readonly type: Wire | null
  /** `xml:lang`. */
  readonly lang: Wire | null
  /**
   * All other attributes, ` a='b'` with a space before each, and the declarations of their prefixes, including prefixes that
   * the stream header declared. The default `xmlns` is not included.
   */
  readonly extra: Wire
  /** The limit that the element exceeds; null if none. If one is exceeded, the content cannot be read. */
  excess: string | null = null
  /** The namespace of unprefixed children without `xmlns`. Differs from `ns` if the element itself has a prefix. */
  readonly #childNs: string
  readonly #context: Context
  #whole: Wire = NONE
  #contentStart = 0
  #contentEnd = 0
  /** The content as received needs no declaration from outside, and its default namespace is `ns`. */
  #standsAlone = true
  #content: Wire | null = null
  #tree: Element | null = null

  constructor(name: string, ns: string, childNs: string, context: Context, start: StartAttributes) {
    this.name = name
    this.ns = ns
    this.to = start.to
    this.from = start.from
    this.id = start.id
    this.type = start.type
    this.lang = start.lang
    this.extra = start.extra
    this.#childNs = childNs
    this.#context = context
  }

  /** Called once by the scanner, with the whole text and the position of the content in it. */
  complete(whole: Wire, contentStart: number, contentEnd: number, declaresItsPrefixes: boolean): void {
    this.#whole = whole
    this.#contentStart = contentStart
    this.#contentEnd = contentEnd
    this.#standsAlone = declaresItsPrefixes && this.#childNs === this.ns
  }

  /**
   * The children as text: unprefixed names without `xmlns` are in `ns`, all prefixes are declared inside.
   * @throws XmlError policy-violation: `excess`
   */
  get content(): Wire {
    return (this.#content ??= this.#contentOf())
  }
  /** The size on the wire. */
  get bytes(): number {
    return this.#whole.length
  }
  /**
   * The whole element, parsed on first use. Keeps only a copy of this element's text alive.
   * @throws XmlError policy-violation: `excess`
   */
  tree(): Element {
    if (this.excess !== null) tooMuch(this.excess)
    return (this.#tree ??= parseElement(unpin(this.#whole), this.#context.defaultNs, this.#context.prefixes))
  }

  #contentOf(): Wire {
    if (this.excess !== null) tooMuch(this.excess)
    if (this.#contentStart >= this.#contentEnd) return NONE
    if (this.#standsAlone) return wire(this.#whole.substring(this.#contentStart, this.#contentEnd))
    const parts = this.tree().children.map((c) => (typeof c === 'string' ? escapeText(c) : serialise(c, this.ns)))
    return wire(parts.join(''))
  }
}

/** The attributes of a first-level start tag, by meaning. */
interface StartAttributes {
  to: Wire | null
  from: Wire | null
  id: Wire | null
  type: Wire | null
  lang: Wire | null
  xmlns: Wire | null
  extra: Wire
}

const start: StartAttributes = { to: null, from: null, id: null, type: null, lang: null, xmlns: null, extra: NONE }

/**
 * Starts a first-level element from the start tag that was scanned last.
 * @param text the octets as wire text
 * @param name where the element's name begins
 * @param prefixes in scope; null if the tag uses no prefixes
 */
export function beginElement(u: Buffer, text: string, name: number, context: Context, prefixes: Prefixes | null): RawElement {
  sortAttributes(text)
  if (prefixes !== null && tag.namespaces) start.extra = wire(outerDeclarations(u, prefixes) + start.extra)
  const childNs = start.xmlns === null ? context.defaultNs : valueOf(start.xmlns)
  const ns = tag.colon === 0 || prefixes === null ? childNs : prefixes.uri(nameIn(u, name, tag.colon))
  const localStart = tag.colon === 0 ? name : tag.colon + 1
  const local = tag.high ? nameIn(u, localStart, tag.nameEnd) : text.substring(localStart, tag.nameEnd)
  return new RawElement(local, ns, childNs, context, start)
}

function sortAttributes(text: string): void {
  start.to = start.from = start.id = start.type = start.lang = start.xmlns = null
  start.extra = NONE
  for (let k = 0; k < tag.count * 4; k += 4) {
    const a = attributes[k]!
    const raw = wire(text.substring(attributes[k + 2]!, attributes[k + 3]))
    const value = tag.odd ? apostrophed(raw) : raw
    const name = text.substring(a, attributes[k + 1])
    switch (name) {
      case 'to':
        start.to = value
        break
      case 'from':
        start.from = value
        break
      case 'id':
        start.id = value
        break
      case 'type':
        start.type = value
        break
      case 'xml:lang':
        start.lang = value
        break
      case 'xmlns':
        start.xmlns = value
        break
      default:
        start.extra = wire(`${start.extra} ${name}='${value}'`)
    }
  }
}

/** Declarations of the prefixes that attributes of this tag use and the stream header declared (RFC 6120 4.8.5). */
function outerDeclarations(u: Buffer, prefixes: Prefixes): Wire {
  const needed = new Set<string>()
  for (let k = 0; k < tag.count * 4; k += 4) {
    if (!isForeign(u, k)) continue
    const { prefix } = splitName(u, k)
    if (prefixes.level(prefix, 1) === 0) needed.add(prefix)
  }
  let text = ''
  for (const prefix of needed) text += ` xmlns:${encode(prefix)}='${escape(prefixes.uri(prefix))}'`
  return wire(text)
}
