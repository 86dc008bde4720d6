/**
 * Scans tokens over octets: names, attributes and start tags (XML 1.0 3.1), character data (2.4), CDATA (2.7). The result
 * for a start tag is in `tag` and `attributes`. All scanners share these two, and the result is read before another
 * scanner can run: a tag creates no garbage, and an idle scanner needs no scratch space.
 *
 * What the innermost loops use is local to this file. An imported or exported constant is looked up and checked again at
 * each use, which costs a third of the speed.
 */
import { CLASS as SHARED_CLASS, IS, isQName, OCTET } from './chars.ts'
import { scanReference } from './entities.ts'
import { malformed } from './error.ts'
import { cut, decode } from './wire.ts'

const { AMP, APOS, BRACKET, COLON, EQUALS, GT, HIGH, LT, QUOT, SLASH } = OCTET
const { NAME, NAME_START, SPACE, TEXT_STOP, VALUE_STOP } = IS
const CLASS = SHARED_CLASS

/** The start tag scanned last. Indices are positions in the scanned octets. */
const found = {
  nameEnd: 0,
  /** Index of the colon in the name; 0 if the name has no prefix. */
  colon: 0,
  /** The number of attributes, namespace declarations included. */
  count: 0,
  /** `<name/>` */
  empty: false,
  /** The tag is not all ASCII. */
  high: false,
  /** Some value cannot stand between apostrophes unchanged: it has other quotes, TAB, LF or CR. */
  odd: false,
  /** The tag uses namespaces beyond an ordinary `xmlns` or `xml:` attribute. */
  namespaces: false,
}
export const tag = found

/** Four indices for each attribute: name, end of name, value, end of value. */
export const attributes: number[] = []
const indices = attributes

/** Up to this number, attribute names are compared with one another; beyond it they are looked up in a set. */
const COMPARED_MAX = 32
let names: Set<string> | null = null

/** Index of the colon in the name scanned last; 0 if there is none. */
let colon = 0
/** Whether the value scanned last contains a reference. */
let referred = false

const octets = (s: string): Uint8Array => Uint8Array.from(Buffer.from(s, 'latin1'))
export const XMLNS = octets('xmlns')
export const XML_COLON = octets('xml:')
const XMLNS_COLON = octets('xmlns:')

/** Whether `word` stands at `i`. */
export function at(u: Buffer, i: number, word: Uint8Array): boolean {
  for (let k = 0; k < word.length; k++) if (u[i + k] !== word[k]) return false
  return true
}
/** Whether the octets from `i` to `end` are `word`. */
export const is = (u: Buffer, i: number, end: number, word: Uint8Array): boolean => end - i === word.length && at(u, i, word)
/** Whether the attribute name at `i` declares a prefix. */
export const declaresPrefix = (u: Buffer, i: number): boolean => at(u, i, XMLNS_COLON)

/** Scans the start tag whose `<` is at `i`. Returns the index after its `>`, or -1 if more octets are needed. */
export function scanTag(u: Buffer, i: number, n: number): number {
  found.count = 0
  names = null
  found.high = found.odd = found.namespaces = false
  let p = scanName(u, i + 1, n)
  if (p < 0) return -1
  found.nameEnd = p
  found.colon = colon
  if (colon !== 0) found.namespaces = true
  for (;;) {
    const gap = p
    while (p < n && (CLASS[u[p]!]! & SPACE) !== 0) p++
    if (p >= n) return -1
    const c = u[p]
    if (c === GT) {
      found.empty = false
      return p + 1
    }
    if (c === SLASH) {
      if (p + 1 >= n) return -1
      if (u[p + 1] !== GT) malformed('/ in a start tag')
      found.empty = true
      return p + 2
    }
    if (p === gap) malformed('no space before an attribute')
    p = scanAttribute(u, p, n)
    if (p < 0) return -1
  }
}

function scanAttribute(u: Buffer, name: number, n: number): number {
  const nameEnd = scanName(u, name, n)
  if (nameEnd < 0) return -1
  const prefixEnd = colon
  let p = nameEnd
  while (p < n && (CLASS[u[p]!]! & SPACE) !== 0) p++
  if (p >= n) return -1
  if (u[p] !== EQUALS) malformed('attribute without value')
  p++
  while (p < n && (CLASS[u[p]!]! & SPACE) !== 0) p++
  if (p >= n) return -1
  const value = p + 1
  const end = scanValue(u, value, n, u[p]!)
  if (end < 0) return -1
  refuseDuplicate(u, name, nameEnd)
  const k = found.count++ * 4
  indices[k] = name
  indices[k + 1] = nameEnd
  indices[k + 2] = value
  indices[k + 3] = end
  if (prefixEnd === 0) {
    // The two namespaces that nobody can declare have 36 and 29 characters if written without references.
    if (is(u, name, nameEnd, XMLNS) && (referred || end - value === 36 || end - value === 29)) found.namespaces = true
  } else if (!at(u, name, XML_COLON)) found.namespaces = true
  return end + 1
}

function refuseDuplicate(u: Buffer, name: number, nameEnd: number): void {
  if (found.count >= COMPARED_MAX) return refuseKnown(u, name, nameEnd)
  const length = nameEnd - name
  for (let k = found.count * 4 - 4; k >= 0; k -= 4) {
    const other = indices[k]!
    if (indices[k + 1]! - other !== length || u[other] !== u[name]) continue
    let same = 1
    while (same < length && u[other + same] === u[name + same]) same++
    if (same === length) malformed('duplicate attribute')
  }
}

/** Does the same in linear time. */
function refuseKnown(u: Buffer, name: number, nameEnd: number): void {
  if (found.count === COMPARED_MAX) {
    names = new Set()
    for (let k = 0; k < COMPARED_MAX * 4; k += 4) names.add(cut(u, indices[k]!, indices[k + 1]!))
  }
  const text = cut(u, name, nameEnd)
  if (names!.has(text)) malformed('duplicate attribute')
  names!.add(text)
}

/** Scans a qualified name. Returns the index after the name, or -1 if more octets are needed. */
function scanName(u: Buffer, i: number, n: number): number {
  colon = 0
  if (i >= n) return -1
  if ((CLASS[u[i]!]! & NAME_START) === 0 && u[i]! < HIGH) malformed('name')
  let high = false
  let p = i
  for (;;) {
    while (p < n && (CLASS[u[p]!]! & NAME) !== 0) p++
    if (p >= n) return -1
    const c = u[p]!
    if (c >= HIGH) high = true
    else if (c !== COLON) break
    else {
      if (colon !== 0) malformed('two colons in a name')
      colon = p
      if (p + 1 >= n) return -1
      if ((CLASS[u[p + 1]!]! & NAME_START) === 0 && u[p + 1]! < HIGH) malformed('name')
    }
    p++
  }
  if (high) {
    found.high = true
    if (!isQName(decode(cut(u, i, p)))) malformed('name')
  }
  return p
}

/** Scans an attribute value that begins after `quote`. Returns the index of the closing quote, or -1 if octets are missing. */
function scanValue(u: Buffer, i: number, n: number, quote: number): number {
  if (quote !== QUOT && quote !== APOS) malformed('attribute value without quotes')
  referred = false
  let p = i
  for (;;) {
    while (p < n && (CLASS[u[p]!]! & VALUE_STOP) === 0) p++
    if (p >= n) return -1
    const c = u[p]!
    if (c === quote) return p
    if (c === AMP) {
      referred = true
      p = scanReference(u, p, n)
      if (p < 0) return -1
      continue
    }
    if (c >= HIGH) found.high = true
    else if (c === LT) malformed('< in an attribute value')
    else if (c === QUOT || c === APOS || (CLASS[c]! & SPACE) !== 0) found.odd = true
    else malformed('control character')
    p++
  }
}

/*
 * These functions return the index after what they scanned. If the octets end within a token, they return the complement
 * (~) of the index at which to start again when there are more.
 */

/** Scans text from `i` to the next `<`, the next octet that is not ASCII, or the end. */
export function scanText(u: Buffer, i: number, n: number): number {
  let p = i
  for (;;) {
    while (p < n && (CLASS[u[p]!]! & TEXT_STOP) === 0) p++
    if (p >= n) return p
    const c = u[p]!
    if (c === LT || c >= HIGH) return p
    if (c === AMP) {
      const end = scanReference(u, p, n)
      if (end < 0) return ~p
      p = end
    } else if (c === BRACKET) {
      if (p + 2 >= n && (p + 1 >= n || u[p + 1] === BRACKET)) return ~p
      if (u[p + 1] === BRACKET && u[p + 2] === GT) malformed(']]> in text')
      p++
    } else malformed('control character')
  }
}

/** Scans the inside of a CDATA section to the next octet that is not ASCII, the first `]` of `]]>`, or the end. */
export function scanCdata(u: Buffer, i: number, n: number): number {
  let p = i
  for (;;) {
    while (p < n && (CLASS[u[p]!]! & TEXT_STOP) === 0) p++
    if (p >= n) return p
    const c = u[p]!
    if (c >= HIGH) return p
    if (c === BRACKET) {
      if (p + 2 >= n && (p + 1 >= n || u[p + 1] === BRACKET)) return ~p
      if (u[p + 1] === BRACKET && u[p + 2] === GT) return p
    } else if (c < 0x20 && (CLASS[c]! & SPACE) === 0) malformed('control character')
    p++
  }
}

/** The index of the next ASCII octet, or the end. */
export function skipHigh(u: Buffer, i: number, n: number): number {
  let p = i
  while (p < n && u[p]! >= HIGH) p++
  return p
}
