/**
 * Web origins (RFC 6454) whose pages may use this server. Only browsers say where a page comes from; any other
 * program can say what it likes, or nothing, and is let in.
 */

import type { HttpHeaders } from '../base/http.ts'

/** Whether `text` is an origin as browsers write it: "https://chat.example.org", with a port unless it is the usual one. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text
}

export class Origins {
  readonly #allowed: ReadonlySet<string>
  readonly #isAny: boolean

  /** @param allowed as `isOrigin` takes them, or '*' for any */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed)
    this.#isAny = this.#allowed.has('*')
  }
  /** @param origin of the page; undefined: no browser asks */
  allow(origin: string | undefined): boolean {
    return origin === undefined || this.#isAny || this.#allowed.has(origin)
  }
  /** With which a page of that origin, which is allowed, may read an answer (CORS). */
  headersFor(origin: string | undefined): HttpHeaders {
    if (this.#isAny) return { 'access-control-allow-origin': '*' }
    return origin === undefined ? { vary: 'origin' } : { 'access-control-allow-origin': origin, 'vary': 'origin' }
  }
}
