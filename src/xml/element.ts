/**
 * A parsed element: names are resolved to namespaces, text and attribute values are ordinary strings.
 * The parser or `el` makes it. It never changes afterwards.
 */

export type Node = Element | string
export type Attrs = Readonly<Record<string, string>>

export class Element {
  /** Local name, without prefix. */
  readonly name: string
  /** Namespace name; '' if the element is in no namespace. */
  readonly ns: string
  /**
   * Attributes without the namespace declarations. The key is the name as written ('id', 'xml:lang'), or
   * '{namespace}local' if the name had another prefix: prefixes are not kept once a name is resolved.
   */
  readonly attrs: Attrs
  readonly children: readonly Node[]

  constructor(name: string, ns: string, attrs: Attrs, children: readonly Node[]) {
    this.name = name
    this.ns = ns
    this.attrs = attrs
    this.children = children
  }

  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns
  }
  attr(name: string): string | undefined {
    const value: unknown = this.attrs[name] // an inherited property such as 'constructor' is no string
    return typeof value === 'string' ? value : undefined
  }
  /** The child elements, without the text between them. */
  get elements(): readonly Element[] {
    return this.children.filter((c): c is Element => typeof c !== 'string')
  }
  /** The first child with this name, in the element's own namespace unless another one is given. */
  child(name: string, ns: string = this.ns): Element | undefined {
    for (const c of this.children) if (typeof c !== 'string' && c.name === name && c.ns === ns) return c
    return undefined
  }
  /** The character data directly inside, joined. */
  get text(): string {
    let text = ''
    for (const c of this.children) if (typeof c === 'string') text += c
    return text
  }
}

/** Sets an attribute, even one that is called `__proto__`. */
export function setAttr(attrs: Record<string, string>, key: string, value: string): void {
  if (key === '__proto__') Object.defineProperty(attrs, key, { value, enumerable: true, writable: true, configurable: true })
  else attrs[key] = value
}

/**
 * Builds an element: `el('query', NS, { ver: '1' }, child, 'text')`. Attributes that are `undefined`
 * are left out.
 */
export function el(
  name: string,
  ns: string,
  attrs: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Node[]
): Element {
  const set: Record<string, string> = {}
  for (const key in attrs) {
    const value = attrs[key]
    if (value !== undefined) set[key] = value
  }
  return new Element(name, ns, set, children)
}
