/**
 * Web origins (RFC 6454) whose pages may use this server. Only browsers report the origin of a page truthfully. Any other
 * program can report anything, or nothing, and is let in.
 */

import type { HttpHeaders } from '../base/http.ts'

/** Whether `text` is an origin as browsers write it: "https://chat.example.org", with a port unless it is the default one. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text
}

export class Origins {
  readonly #allowed: ReadonlySet<string>
  readonly #isAny: boolean

  /** @param allowed origins as `isOrigin` accepts them, or '*' for any origin */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed)
    this.#isAny = this.#allowed.has('*')
  }
  /** @param origin of the page; undefined if the client is no browser */
  allow(origin: string | undefined): boolean {
    return origin === undefined || this.#isAny || this.#allowed.has(origin)
  }
  /** The headers that let a page of an allowed origin read the answer (CORS). */
  headersFor(origin: string | undefined): HttpHeaders {
    if (this.#isAny) return { 'access-control-allow-origin': '*' }
    return origin === undefined ? { vary: 'origin' } : { 'access-control-allow-origin': origin, 'vary': 'origin' }
  }
}
