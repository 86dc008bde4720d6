/** The namespace prefixes in scope, and the constraints on declaring them (Namespaces in XML 1.0 section 3). */
import { malformed } from './error.ts'

export const XML_NS = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'

export interface Binding {
  readonly prefix: string
  readonly uri: string
}

/**
 * Refuses a declaration that section 3 forbids.
 * @param prefix '' for the default namespace
 */
export function checkDeclaration(prefix: string, uri: string): void {
  if (prefix === 'xmlns') malformed('prefix xmlns declared')
  if ((prefix === 'xml') !== (uri === XML_NS)) malformed('the XML namespace belongs to prefix xml')
  if (uri === XMLNS_NS) malformed('the xmlns namespace declared')
  if (prefix !== '' && uri === '') malformed('prefix undeclared')
}

/**
 * A stack of declarations. Level 0 is the stream header, level 1 a first-level element, and so on inwards.
 * Finding a prefix takes the same time however many are declared.
 */
export class Prefixes {
  readonly #declared: Declaration[] = []
  /** The declaration in force, by prefix. */
  readonly #inForce = new Map<string, Declaration>()

  constructor(outer: readonly Binding[] = []) {
    this.declare('xml', XML_NS, 0)
    for (const b of outer) this.declare(b.prefix, b.uri, 0)
  }
  declare(prefix: string, uri: string, level: number): void {
    const declaration: Declaration = { prefix, uri, level, before: this.#inForce.get(prefix) ?? null }
    this.#declared.push(declaration)
    this.#inForce.set(prefix, declaration)
  }
  /** Forgets the declarations made at `level` and inside. */
  leave(level: number): void {
    for (let last = this.#declared.at(-1); last !== undefined && last.level >= level; last = this.#declared.at(-1)) {
      this.#declared.pop()
      if (last.before === null) this.#inForce.delete(last.prefix)
      else this.#inForce.set(last.prefix, last.before)
    }
  }
  /** The namespace of `prefix`. @throws XmlError if the prefix is not declared */
  uri(prefix: string): string {
    return this.#find(prefix).uri
  }
  /** The level at which `prefix` was declared; `here` for `xml`, which needs no declaration. @throws XmlError if not declared */
  level(prefix: string, here: number): number {
    const { level } = this.#find(prefix)
    return prefix === 'xml' ? here : level
  }
  #find(prefix: string): Declaration {
    return this.#inForce.get(prefix) ?? malformed(`prefix ${prefix} is not declared`)
  }
}

interface Declaration extends Binding {
  readonly level: number
  /** The declaration that this one hides. */
  readonly before: Declaration | null
}
