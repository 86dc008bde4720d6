/** XML of files that others have written, checked as strictly as XML from the network. */
import type { Element } from './element.ts'
import { Scanner, type RawElement } from './scanner.ts'
import type { Wire } from './wire.ts'

/** The most octets that belong to one user in one piece, so that memory is bounded. */
export const PIECE_MAX = 16 * 1024 * 1024
const LIMITS = { stanzaBytes: PIECE_MAX + 1024, depth: 100, tagBytes: 65_536, attributes: 200 }

/**
 * The single element in `text`.
 * @param ns the namespace of names without a prefix, unless an `xmlns` changes it
 * @throws XmlError
 */
export function elementOf(text: Wire, ns: string): Element {
  const found: RawElement[] = []
  const scanner = new Scanner({ header() {}, footer() {}, element: (raw) => void found.push(raw) }, LIMITS, 'fragment')
  scanner.assume(ns)
  scanner.push(Buffer.from(text, 'latin1'))
  const [element] = found
  if (element === undefined || found.length > 1 || scanner.pendingBytes > 0) throw new Error('there is not exactly one element')
  return element.tree()
}
