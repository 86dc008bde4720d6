/** XML of files that others have written, checked as strictly as what comes over the network. */
import type { Element } from '../xml/element.ts'
import { Scanner, type RawElement } from '../xml/scanner.ts'
import type { Wire } from '../xml/wire.ts'

/** Octets of what belongs to one user, in one piece: more is not taken, so that memory is bounded. */
export const PIECE_MAX = 16 * 1024 * 1024
const LIMITS = { stanzaBytes: PIECE_MAX + 1024, depth: 100, tagBytes: 65_536, attributes: 200 }

/**
 * The one element that `text` is.
 * @param ns of names without a prefix, where no `xmlns` says another
 * @throws XmlError
 */
export function elementOf(text: Wire, ns: string): Element {
  const found: RawElement[] = []
  const scanner = new Scanner({ header() {}, footer() {}, element: (raw) => void found.push(raw) }, LIMITS, 'fragment')
  scanner.assume(ns)
  scanner.push(Buffer.from(text, 'latin1'))
  const [element] = found
  if (element === undefined || found.length > 1 || scanner.pendingBytes > 0) throw new Error('this is not one element')
  return element.tree()
}
