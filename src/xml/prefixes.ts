/** Namespace prefixes in scope, and the constraints on declaring them (Namespaces in XML 1.0 section 3). */
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
 * A stack of declarations. Level 0 is the stream header's, level 1 that of a first-level element,
 * and so on inwards.
 */
export class Prefixes {
  readonly #bindings: Binding[] = [{ prefix: 'xml', uri: XML_NS }]
  readonly #levels: number[] = [0]

  constructor(outer: readonly Binding[] = []) {
    for (const b of outer) this.declare(b.prefix, b.uri, 0)
  }
  declare(prefix: string, uri: string, level: number): void {
    this.#bindings.push({ prefix, uri })
    this.#levels.push(level)
  }
  /** Forgets the declarations made at `level` and inside. */
  leave(level: number): void {
    while (this.#levels.length > 0 && this.#levels.at(-1)! >= level) {
      this.#levels.pop()
      this.#bindings.pop()
    }
  }
  /** The namespace of `prefix`. Throws when there is none. */
  uri(prefix: string): string {
    return this.#bindings[this.#find(prefix)]!.uri
  }
  /** Where `prefix` was declared; `xml` counts as level `here`, for it need not be. Throws when it was not. */
  level(prefix: string, here: number): number {
    const at = this.#find(prefix)
    return prefix === 'xml' ? here : this.#levels[at]!
  }
  #find(prefix: string): number {
    for (let i = this.#bindings.length - 1; i >= 0; i--) if (this.#bindings[i]!.prefix === prefix) return i
    return malformed(`prefix ${prefix} is not declared`)
  }
}
