/**
 * Scans the XML of a stream, as RFC 6120 section 11 restricts it. The octets are fully checked as they arrive
 * (well-formed, namespace-well-formed, UTF-8, limits), and cut into first-level elements that are not parsed.
 * A token that is not complete is scanned again when more octets come; for a long one only the end is searched.
 * The octets of an unfinished element stay in one place and are scanned once, so the work is linear.
 */
import { CLASS, IS, OCTET } from './chars.ts'
import { checkUtf8, scanBeginning } from './encoding.ts'
import { malformed, restricted, tooMuch, XmlError } from './error.ts'
import { FarEnd } from './far-end.ts'
import { Held } from './held.ts'
import { checkNamespaces } from './namespaces.ts'
import { Prefixes } from './prefixes.ts'
import { beginElement, type Context, type RawElement } from './raw-element.ts'
import { contextOf, headerOf, type StreamHeader } from './stream-header.ts'
import { attributes, scanTag, tag } from './tokens.ts'
import { scanCdata, scanText, skipHigh } from './tokens.ts'
import { cut, wire, type Wire } from './wire.ts'

export { XmlError } from './error.ts'
export { RawElement } from './raw-element.ts'
export { namesNoContent, type StreamHeader } from './stream-header.ts'

/**
 * Exceeding the first limit is a policy-violation; so is a stream header that exceeds one of the others. A first-level
 * element that exceeds one of the others is still handed over, but its content cannot be read: `RawElement.excess`.
 */
export interface ScanLimits {
  /** Octets of a first-level element. */
  readonly stanzaBytes: number
  /** Nested elements; a first-level element without children counts 1. */
  readonly depth: number
  /** Octets of a tag or an XML declaration. */
  readonly tagBytes: number
  /** Attributes of an element, namespace declarations included. */
  readonly attributes: number
}

/** An unfinished token up to this length is scanned again from its beginning with each piece. */
const REREAD_MAX = 2048

export interface ScanHandler {
  header(h: StreamHeader): void
  element(e: RawElement): void
  footer(): void
}

const { BANG, GT, HIGH, LT, QUESTION, SLASH } = OCTET
const found = tag // local for speed: see tokens.ts

type Phase =
  | 'start' // no octet of the document has come
  | 'prolog' // before the root element
  | 'stream' // inside the root element; for a fragment: anywhere
  | 'ended' // after the root element
  | 'stopped'

const BARE: Context = { defaultNs: '', prefixes: [] }
const CDATA_START = Buffer.from('<![CDATA[', 'latin1')

export class Scanner {
  /** Can be replaced at any time: the limits are raised after authentication. */
  limits: ScanLimits
  readonly #handler: ScanHandler
  readonly #fragment: boolean
  #phase: Phase = 'start'
  #context: Context = BARE
  /** The root's name as written, for its end tag. */
  #root: Wire = wire('')

  /** The unfinished octets, and the position in them at which to continue. */
  readonly #held = new Held()
  #resume = 0

  /** The open first-level element; null outside of one. */
  #element: RawElement | null = null
  /** Where the element begins in the buffer, and where its content begins, counted from there. */
  #base = 0
  #contentStart = 0
  /** The number of open elements, and for each the start of its name (from `#base`) and the length of its name. */
  #depth = 0
  readonly #names: number[] = []
  #inCdata = false
  /** The limit that the element exceeds. */
  #excess: string | null = null
  /** Finds the end of a long unfinished token. */
  #farEnd: FarEnd | null = null
  /** Not all of the element is ASCII. */
  #high = false
  /** No prefix inside the element depends on a declaration outside of its content. */
  #declaresItsPrefixes = true
  /** Created for an element in which a prefix was met. */
  #prefixes: Prefixes | null = null
  /** The octets being scanned, as a string to cut from; created when the first piece is needed. */
  #text: string | null = null

  /** @param start 'fragment': each push is one or more complete elements, as in RFC 7395, without a header */
  constructor(handler: ScanHandler, limits: ScanLimits, start: 'document' | 'fragment' = 'document') {
    this.#handler = handler
    this.limits = limits
    this.#fragment = start === 'fragment'
  }

  /** Octets kept because something is unfinished. */
  get pendingBytes(): number {
    return this.#held.length
  }

  /**
   * Takes octets, and calls the handler for everything that they complete.
   * @throws XmlError; the scanner is stopped then
   */
  push(chunk: Buffer): void {
    if (this.#phase === 'stopped') return
    if (this.#fragment) this.#phase = 'start'
    const n = this.#held.length + chunk.length
    const u = this.#held.with(chunk)
    this.#base = 0
    try {
      this.#keep(u, n, this.#run(u, n))
    } catch (error) {
      this.stop()
      throw error
    } finally {
      this.#text = null
    }
  }

  /** Ignores everything from here on, including the rest of the current chunk. */
  stop(): void {
    this.#forget()
    this.#phase = 'stopped'
  }

  /** Expects a new document. Octets that follow the element being handled belong to the new document. */
  reset(): void {
    this.#forget()
    this.#phase = 'start'
    this.#context = BARE
  }

  /** From the header on, unprefixed elements without `xmlns` are in `ns`, whatever the header declared. */
  assume(ns: string): void {
    this.#context = { ...this.#context, defaultNs: ns }
  }

  #forget(): void {
    this.#held.clear()
    this.#resume = 0
    this.#element = null
    this.#depth = 0
    this.#inCdata = false
    this.#excess = null
    this.#farEnd = null
    this.#prefixes = null
  }

  /** Keeps the unfinished octets. @param i where to continue */
  #keep(u: Buffer, n: number, i: number): void {
    if (this.#phase === 'stopped') return
    const from = this.#element === null ? i : this.#base
    if (this.#phase !== 'stream' && n - i > this.limits.tagBytes) tooMuch(this.#longTag)
    if (n - from > this.limits.stanzaBytes) tooMuch(this.#longElement)
    if (n - i > REREAD_MAX) this.#farEnd ??= new FarEnd()
    if (this.#fragment && n > from) malformed('incomplete element')
    this.#resume = i - from
    this.#held.keep(u, from, n)
  }

  /** Scans token by token. Returns the index at which to continue when there are more octets. */
  #run(u: Buffer, n: number): number {
    let i = this.#resume
    if (this.#farEnd !== null) {
      if (!this.#farEnd.isIn(u, i, n)) return i
      this.#farEnd = null
    }
    while (i < n) {
      const next = this.#element === null ? this.#between(u, i, n) : this.#inside(u, i, n)
      if (next < 0) return ~next
      i = next
    }
    return i
  }

  // Each of the following functions takes one token that begins at `i`. It returns the index of the next token, or, if more
  // octets are needed, the complement (~) of the index at which to start again.

  /** Scans a token outside of first-level elements. */
  #between(u: Buffer, i: number, n: number): number {
    if (this.#phase === 'start') {
      const end = scanBeginning(u, i, n)
      if (end < 0) return ~i
      this.#phase = this.#fragment ? 'stream' : 'prolog'
      return end
    }
    if ((CLASS[u[i]!]! & IS.SPACE) !== 0) return skipSpace(u, i, n)
    if (u[i] !== LT) return this.#strayText()
    if (i + 1 >= n) return ~i
    const c = u[i + 1]
    if (c === QUESTION) restricted('processing instruction')
    if (c === BANG) return this.#strayMarkup(u, i, n)
    if (this.#phase === 'ended') malformed('a second root')
    if (this.#phase === 'prolog') return this.#header(u, i, n)
    return c === SLASH ? this.#footer(u, i, n) : this.#start(u, i, n)
  }

  /** Text between stanzas is well-formed, but a stream does not allow it (RFC 6120 4.9.3.1). Outside the root it is neither. */
  #strayText(): never {
    if (this.#phase === 'stream') throw new XmlError('bad-format', 'text between stanzas')
    return malformed('text outside of the root')
  }
  #strayMarkup(u: Buffer, i: number, n: number): number {
    return startsCdata(u, i, n) ? this.#strayText() : ~i
  }

  #header(u: Buffer, i: number, n: number): number {
    const end = scanTag(u, i, n)
    if (end < 0) return ~i
    this.#measure(end - i, found.count, 0)
    if (this.#excess !== null) tooMuch(this.#excess)
    if (found.high) checkUtf8(u.subarray(i, end), cut(u, i, end))
    const prefixes = new Prefixes()
    checkNamespaces(u, i + 1, 0, prefixes)
    this.#context = contextOf(u)
    this.#root = cut(u, i + 1, found.nameEnd)
    this.#phase = found.empty ? 'ended' : 'stream'
    const empty = found.empty
    this.#handler.header(headerOf(u, i + 1, this.#context, prefixes))
    if (empty && this.#phase === 'ended') this.#handler.footer()
    return this.#after(end, n)
  }

  #footer(u: Buffer, i: number, n: number): number {
    const root = this.#root
    if (this.#fragment) malformed('end tag without start tag')
    for (let k = 0; k < root.length && i + 2 + k < n; k++) if (u[i + 2 + k] !== root.charCodeAt(k)) malformed('end tag')
    const end = endOfTag(u, i + 2 + root.length, n)
    if (end < 0) return ~i
    this.#phase = 'ended'
    this.#handler.footer()
    return this.#after(end, n)
  }

  /** Scans a token inside a first-level element. */
  #inside(u: Buffer, i: number, n: number): number {
    const c = u[i]!
    if (c >= HIGH) {
      this.#high = true
      return skipHigh(u, i, n)
    }
    if (this.#inCdata) return this.#cdata(u, i, n)
    if (c !== LT) return scanText(u, i, n)
    if (i + 1 >= n) return ~i
    const d = u[i + 1]
    if (d === SLASH) return this.#end(u, i, n)
    if (d === BANG) {
      if (!startsCdata(u, i, n)) return ~i
      this.#inCdata = true
      return i + CDATA_START.length
    }
    if (d === QUESTION) restricted('processing instruction')
    return this.#start(u, i, n)
  }

  #cdata(u: Buffer, i: number, n: number): number {
    const p = scanCdata(u, i, n)
    if (p < 0 || p >= n || u[p]! >= HIGH) return p
    this.#inCdata = false
    return p + 3
  }

  #start(u: Buffer, i: number, n: number): number {
    const end = scanTag(u, i, n)
    if (end < 0) return ~i
    const level = this.#depth + 1
    this.#measure(end - i, found.count, level)
    if (level === 1) {
      this.#high = false
      this.#declaresItsPrefixes = true
    }
    if (found.high) this.#high = true
    if (found.namespaces) {
      this.#prefixes ??= new Prefixes(this.#context.prefixes)
      const lowest = checkNamespaces(u, i + 1, level, this.#prefixes)
      if (level > 1 && lowest < 2) this.#declaresItsPrefixes = false
    }
    if (level === 1) {
      this.#base = i
      this.#contentStart = end - i
      this.#element = beginElement(u, this.#string(u, n), i + 1, this.#context, this.#prefixes)
    }
    if (found.empty) {
      this.#prefixes?.leave(level)
      return level === 1 ? this.#complete(u, end, end, n) : end
    }
    const k = this.#depth++ * 2
    this.#names[k] = i + 1 - this.#base
    this.#names[k + 1] = found.nameEnd - i - 1
    return end
  }

  #end(u: Buffer, i: number, n: number): number {
    const k = this.#depth * 2 - 2
    const name = this.#base + this.#names[k]!
    const length = this.#names[k + 1]!
    const here = i + 2
    const known = Math.min(length, n - here)
    for (let q = 0; q < known; q++) if (u[here + q] !== u[name + q]) malformed('end tag of another element')
    const end = endOfTag(u, here + length, n)
    if (end < 0) return ~i
    this.#measure(end - i, 0, 0)
    this.#prefixes?.leave(this.#depth)
    return --this.#depth === 0 ? this.#complete(u, i, end, n) : end
  }

  #complete(u: Buffer, contentEnd: number, end: number, n: number): number {
    const element = this.#element!
    const base = this.#base
    if (end - base > this.limits.stanzaBytes) tooMuch(this.#longElement)
    const whole = wire(this.#string(u, n).substring(base, end))
    if (this.#high) checkUtf8(u.subarray(base, end), whole)
    element.complete(whole, this.#contentStart, contentEnd - base, this.#declaresItsPrefixes)
    if (this.#excess !== null) this.#giveBack(element, this.#excess)
    this.#element = null
    this.#prefixes = null
    this.#handler.element(element)
    return this.#after(end, n)
  }

  /** Checks a tag against the limits. @param level 0: the nesting is not checked */
  #measure(octets: number, count: number, level: number): void {
    if (octets > this.limits.tagBytes) this.#excess ??= this.#longTag
    else if (count > this.limits.attributes) this.#excess ??= `an element with more than ${this.limits.attributes} attributes`
    else if (level > this.limits.depth) this.#excess ??= `more than ${this.limits.depth} elements inside one another`
  }
  /** The element exceeds a limit. The memory that it used is released. */
  #giveBack(element: RawElement, excess: string): void {
    element.excess = excess
    this.#excess = null
    this.#names.length = 0
    attributes.length = 0
  }
  get #longTag(): string {
    return `a tag of more than ${this.limits.tagBytes} octets`
  }
  get #longElement(): string {
    return `an element of more than ${this.limits.stanzaBytes} octets`
  }

  /** Where to continue after the handler was called, because the handler can stop the scanner. */
  #after(end: number, n: number): number {
    return this.#phase === 'stopped' ? n : end
  }

  #string(u: Buffer, n: number): string {
    return (this.#text ??= cut(u, 0, n))
  }
}

function skipSpace(u: Buffer, i: number, n: number): number {
  let p = i
  while (p < n && (CLASS[u[p]!]! & IS.SPACE) !== 0) p++
  return p
}

/** The index after `S? '>'`, or -1 if more octets are needed. */
function endOfTag(u: Buffer, i: number, n: number): number {
  const p = skipSpace(u, i, n)
  if (p >= n) return -1
  return u[p] === GT ? p + 1 : malformed('end tag')
}

/** Whether the `<!` at `i` begins a CDATA section; false if more octets are needed to know. */
function startsCdata(u: Buffer, i: number, n: number): boolean {
  const known = Math.min(CDATA_START.length, n - i)
  for (let k = 2; k < known; k++) if (u[i + k] !== CDATA_START[k]) restricted('comment or DTD')
  return known === CDATA_START.length
}
