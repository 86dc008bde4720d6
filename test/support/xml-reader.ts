/**
 * What a client reads: streams of XML into plain trees, by a parser that is not the server's (saxes, which also
 * rejects what is not namespace-well-formed). So that nothing the server writes is checked by its own code.
 */
import { SaxesParser } from 'saxes'

export class Xml {
  readonly name: string
  readonly ns: string
  /** By local name; 'xml:lang' as written, '{namespace}local' for other prefixes. Without declarations. */
  readonly attrs: Readonly<Record<string, string>>
  readonly children: (Xml | string)[]

  constructor(name: string, ns: string, attrs: Readonly<Record<string, string>>) {
    this.name = name
    this.ns = ns
    this.attrs = attrs
    this.children = []
  }
  attr(name: string): string | undefined {
    return this.attrs[name]
  }
  get elements(): readonly Xml[] {
    return this.children.filter((c): c is Xml => typeof c !== 'string')
  }
  get text(): string {
    return this.children.filter((c) => typeof c === 'string').join('')
  }
  child(name: string): Xml | undefined {
    return this.elements.find((e) => e.name === name)
  }
  /** One text for all ways to write the same: attributes sorted, a namespace on every element where it changes. */
  show(outer = 'jabber:client'): string {
    const attrs = Object.keys(this.attrs)
      .sort()
      .map((name) => ` ${name}='${this.attrs[name]!}'`)
      .join('')
    const content = this.children
      .map((c) => (typeof c === 'string' ? c.replaceAll('&', '&amp;').replaceAll('<', '&lt;') : c.show(this.ns)))
      .join('')
    const ns = this.ns === outer ? '' : ` xmlns='${this.ns}'`
    return content === '' ? `<${this.name}${ns}${attrs}/>` : `<${this.name}${ns}${attrs}>${content}</${this.name}>`
  }
}

export interface ReaderHandler {
  header(header: Xml): void
  element(element: Xml): void
  footer(): void
}

const XML_NS = 'http://www.w3.org/XML/1998/namespace'

/** Cuts streams into first-level elements. */
export class XmlReader {
  readonly #handler: ReaderHandler
  #parser!: SaxesParser<{ xmlns: true; position: false }>
  #open: Xml[] = []

  constructor(handler: ReaderHandler) {
    this.#handler = handler
    this.restart()
  }
  /** The next thing to come is a new document. */
  restart(): void {
    this.#open = []
    const parser = new SaxesParser({ xmlns: true, position: false })
    parser.on('opentag', ({ local, uri, attributes }) => {
      const attrs: Record<string, string> = {}
      for (const a of Object.values(attributes)) {
        if (a.prefix === 'xmlns' || a.name === 'xmlns') continue
        attrs[a.prefix === '' ? a.local : a.uri === XML_NS ? a.name : `{${a.uri}}${a.local}`] = a.value
      }
      const xml = new Xml(local, uri, attrs)
      const depth = this.#open.push(xml)
      if (depth === 1) this.#handler.header(xml)
      else if (depth > 2) this.#open[depth - 2]!.children.push(xml)
    })
    const text = (s: string): void => {
      if (this.#open.length > 1) this.#open.at(-1)!.children.push(s)
    }
    parser.on('text', text)
    parser.on('cdata', text)
    parser.on('closetag', () => {
      const xml = this.#open.pop()!
      if (this.#open.length === 1) this.#handler.element(xml)
      else if (this.#open.length === 0) this.#handler.footer()
    })
    this.#parser = parser
  }
  /** @throws Error for what is no XML */
  write(text: string): void {
    this.#parser.write(text)
  }
}

/** The elements in a text, in 'jabber:client' unless they say otherwise. */
export function parseXml(text: string): readonly Xml[] {
  const found: Xml[] = []
  new XmlReader({ header() {}, element: (e) => void found.push(e), footer() {} }).write(
    `<stream xmlns='jabber:client'>${text}</stream>`,
  )
  return found
}
