/**
 * Elements from text that the scanner has checked: names are resolved (Namespaces in XML 1.0 section 6), text and values
 * decoded, neighbouring text and CDATA joined. The parser checks again what it depends on, so that other input ends in an
 * XmlError, never in a crash or an endless loop.
 */
import { CLASS as SHARED_CLASS, IS, OCTET } from './chars.ts'
import { Element, setAttr, type Node } from './element.ts'
import { cdataOf, textOf, valueOf } from './entities.ts'
import { malformed } from './error.ts'
import { Prefixes, type Binding } from './prefixes.ts'
import { decode, wire, type Wire } from './wire.ts'

const { APOS, COLON, EQUALS, GT, HIGH, LT, QUOT, SLASH } = OCTET
const { NAME, SPACE } = IS
const CLASS = SHARED_CLASS // local for speed: see tokens.ts
const NO_BINDINGS: readonly Binding[] = []
const NO_ATTRS: Readonly<Record<string, string>> = Object.freeze({})
const NO_CHILDREN: Node[] = Object.freeze([]) as readonly Node[] as Node[]
const CDATA_START = '<![CDATA['

/**
 * The child elements in `content`, without the text between them.
 * @param defaultNs the namespace of unprefixed names without an `xmlns` of their own
 * @param prefixes declared outside of `content`
 */
export function children(content: Wire, defaultNs: string, prefixes: readonly Binding[] = NO_BINDINGS): readonly Element[] {
  return new Reader(content, defaultNs, prefixes).nodes().filter((node) => typeof node !== 'string')
}

/** The single element in `text`. */
export function parseElement(text: Wire, defaultNs = '', prefixes: readonly Binding[] = NO_BINDINGS): Element {
  const [element, ...more] = new Reader(text, defaultNs, prefixes).nodes()
  return element === undefined || typeof element === 'string' || more.length > 0 ? malformed('not one element') : element
}

/** An element whose end tag has not come yet, and the state to return to when it comes. */
interface Open {
  /** As written, with its prefix. */
  readonly name: string
  readonly outerNodes: Node[]
  readonly outerNs: string
}

class Reader {
  readonly #text: Wire
  readonly #outer: readonly Binding[]
  readonly #open: Open[] = []
  /** Created when the first prefix is met. Most stanzas have none. */
  #prefixes: Prefixes | null = null
  /** The position in the text, the list to which children are added, and their default namespace. */
  #i = 0
  #nodes: Node[] = []
  #ns: string

  constructor(text: Wire, defaultNs: string, outer: readonly Binding[]) {
    this.#text = text
    this.#ns = defaultNs
    this.#outer = outer
  }

  nodes(): readonly Node[] {
    const s = this.#text
    while (this.#i < s.length) {
      if (s.charCodeAt(this.#i) !== LT) this.#addText(textOf(this.#until('<')))
      else if (s.charCodeAt(this.#i + 1) === SLASH) this.#close()
      else if (s.startsWith(CDATA_START, this.#i)) this.#cdata()
      else this.#start()
    }
    if (this.#open.length > 0) malformed('element not closed')
    return this.#nodes
  }

  /** The text up to `mark`, or all the remaining text. */
  #until(mark: string): Wire {
    const found = this.#text.indexOf(mark, this.#i)
    const end = found < 0 ? this.#text.length : found
    const part = this.#text.substring(this.#i, end)
    this.#i = end
    return wire(part)
  }
  #cdata(): void {
    this.#i += CDATA_START.length
    const data = this.#until(']]>')
    if (this.#i === this.#text.length) malformed('CDATA not closed')
    this.#i += 3
    if (data !== '') this.#addText(cdataOf(data))
  }
  #addText(text: string): void {
    const last = this.#nodes.length - 1
    const before = this.#nodes[last]
    if (typeof before === 'string') this.#nodes[last] = before + text
    else this.#nodes.push(text)
  }

  #close(): void {
    this.#i += 2
    const name = this.#until('>')
    if (this.#i++ === this.#text.length) malformed('end tag not closed')
    const open = this.#open.pop() ?? malformed('end tag without start tag')
    if (name !== open.name && name.trimEnd() !== open.name) malformed('end tag of another element')
    this.#prefixes?.leave(this.#open.length + 1)
    this.#nodes = open.outerNodes
    this.#ns = open.outerNs
  }

  #start(): void {
    this.#i++
    const name = this.#name()
    const level = this.#open.length + 1
    const outerNs = this.#ns
    const attrs = this.#attributes(level)
    const empty = this.#text.charCodeAt(this.#i) === SLASH
    if (empty) this.#i++
    if (this.#text.charCodeAt(this.#i++) !== GT) malformed('start tag')
    const colon = name.indexOf(':')
    const children = empty ? NO_CHILDREN : []
    const element =
      colon < 0
        ? new Element(this.#plain(name), this.#ns, attrs, children)
        : new Element(decode(wire(name.slice(colon + 1))), this.#uri(name.slice(0, colon)), attrs, children)
    this.#nodes.push(element)
    if (empty) {
      this.#prefixes?.leave(level)
      this.#ns = outerNs
    } else {
      this.#open.push({ name, outerNodes: this.#nodes, outerNs })
      this.#nodes = children
    }
  }

  /** Reads the attributes and records the declarations among them. */
  #attributes(level: number): Readonly<Record<string, string>> {
    let attrs: Record<string, string> | null = null
    let prefixed: [name: string, value: string][] | null = null
    for (;;) {
      this.#space()
      const c = this.#text.charCodeAt(this.#i)
      if (c === GT || c === SLASH) break
      const name = this.#name()
      const value = this.#value()
      if (name === 'xmlns') this.#ns = value
      else if (name.startsWith('xmlns:')) this.#scope.declare(decode(wire(name.slice(6))), value, level)
      else if (name.includes(':') && !name.startsWith('xml:')) (prefixed ??= []).push([name, value])
      else setAttr((attrs ??= {}), this.#plain(name), value)
    }
    // A prefix may be declared after its first use in the tag.
    for (const [name, value] of prefixed ?? []) {
      const colon = name.indexOf(':')
      setAttr((attrs ??= {}), `{${this.#uri(name.slice(0, colon))}}${decode(wire(name.slice(colon + 1)))}`, value)
    }
    return attrs ?? NO_ATTRS
  }

  /** Reads a name as written. */
  #name(): string {
    const s = this.#text
    const start = this.#i
    let p = start
    for (let c = s.charCodeAt(p); (CLASS[c]! & NAME) !== 0 || c === COLON || c >= HIGH; c = s.charCodeAt(p)) p++
    if (p === start) malformed('name')
    this.#i = p
    return s.substring(start, p)
  }
  /** Reads `='value'`. */
  #value(): string {
    const s = this.#text
    this.#space()
    if (s.charCodeAt(this.#i++) !== EQUALS) malformed('attribute without value')
    this.#space()
    const quote = s.charCodeAt(this.#i++)
    if (quote !== APOS && quote !== QUOT) malformed('attribute value without quotes')
    const value = this.#until(quote === APOS ? "'" : '"')
    if (this.#i++ === s.length) malformed('attribute value not closed')
    return valueOf(value)
  }
  #space(): void {
    while ((CLASS[this.#text.charCodeAt(this.#i)]! & SPACE) !== 0) this.#i++
  }

  get #scope(): Prefixes {
    return (this.#prefixes ??= new Prefixes(this.#outer))
  }
  #uri(prefix: string): string {
    return this.#scope.uri(decode(wire(prefix)))
  }
  #plain(name: string): string {
    return decode(wire(name))
  }
}
