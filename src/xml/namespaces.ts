/** Checks the start tag scanned last against Namespaces in XML 1.0: declarations, prefixes, duplicates (6.3). */
import { malformed } from './error.ts'
import { valueOf } from './entities.ts'
import { checkDeclaration, type Prefixes } from './prefixes.ts'
import { at, attributes, declaresPrefix, is, tag, XML_COLON, XMLNS } from './tokens.ts'
import { cut, decode } from './wire.ts'

/** The octets as text: a name, or part of one. */
export const nameIn = (u: Buffer, i: number, end: number): string => decode(cut(u, i, end))

/** The value of attribute `k` (an index into `attributes`) as text. */
export const valueIn = (u: Buffer, k: number): string => valueOf(cut(u, attributes[k + 2]!, attributes[k + 3]!))

/**
 * Adds the tag's declarations to `prefixes` at `level`, and checks that every prefix in the tag is declared.
 * @param name where the element's name begins
 * @returns the lowest level at which one of the tag's prefixes was declared
 */
export function checkNamespaces(u: Buffer, name: number, level: number, prefixes: Prefixes): number {
  for (let k = 0; k < tag.count * 4; k += 4) {
    const [a, end] = [attributes[k]!, attributes[k + 1]!]
    if (declaresPrefix(u, a)) {
      const prefix = nameIn(u, a + XMLNS.length + 1, end)
      const uri = valueIn(u, k)
      checkDeclaration(prefix, uri)
      prefixes.declare(prefix, uri, level)
    } else if (is(u, a, end, XMLNS)) checkDeclaration('', valueIn(u, k))
  }
  let lowest = level
  if (tag.colon !== 0) lowest = prefixes.level(nameIn(u, name, tag.colon), level)
  const seen = new Set<string>()
  for (let k = 0; k < tag.count * 4; k += 4) {
    if (!isForeign(u, k)) continue
    const { prefix, local } = splitName(u, k)
    lowest = Math.min(lowest, prefixes.level(prefix, level))
    const expanded = `{${prefixes.uri(prefix)}}${local}`
    if (seen.has(expanded)) malformed('duplicate attribute')
    seen.add(expanded)
  }
  return lowest
}

/** Whether attribute `k` has a prefix that is neither `xml` nor `xmlns`. */
export function isForeign(u: Buffer, k: number): boolean {
  const a = attributes[k]!
  return cut(u, a, attributes[k + 1]!).includes(':') && !at(u, a, XML_COLON) && !declaresPrefix(u, a)
}

export function splitName(u: Buffer, k: number): { readonly prefix: string; readonly local: string } {
  const name = nameIn(u, attributes[k]!, attributes[k + 1]!)
  const colon = name.indexOf(':')
  return { prefix: name.slice(0, colon), local: name.slice(colon + 1) }
}
