/** The header of a stream (RFC 6120 4.7), from the tag that was scanned last. */
import { setAttr } from './element.ts'
import { nameIn, valueIn } from './namespaces.ts'
import type { Binding, Prefixes } from './prefixes.ts'
import type { Context } from './raw-element.ts'
import { at, attributes, declaresPrefix, is, tag, XMLNS } from './tokens.ts'

export interface StreamHeader {
  /** Local name. */
  readonly name: string
  readonly prefix: string
  readonly ns: string
  /** The default namespace of the stream's content; '' if none is declared. */
  readonly defaultNs: string
  /** Decoded values, by name as written, without namespace declarations. */
  readonly attrs: Readonly<Record<string, string>>
  /** The prefixes that the header declares for its own attributes and for the content of the stream. */
  readonly prefixes: readonly Binding[]
}

/** RFC 6120 4.8.2: the default namespace is that of streams, so each child has to declare its own. */
export const namesNoContent = ({ ns, defaultNs }: StreamHeader): boolean => defaultNs === ns

/** @param name where the name of the root element begins */
export function headerOf(u: Buffer, name: number, context: Context, prefixes: Prefixes): StreamHeader {
  const prefix = tag.colon === 0 ? '' : nameIn(u, name, tag.colon)
  const attrs: Record<string, string> = {}
  for (let k = 0; k < tag.count * 4; k += 4) {
    const a = attributes[k]!
    const end = attributes[k + 1]!
    if (!declaresPrefix(u, a) && !is(u, a, end, XMLNS)) setAttr(attrs, nameIn(u, a, end), valueIn(u, k))
  }
  return {
    name: nameIn(u, tag.colon === 0 ? name : tag.colon + 1, tag.nameEnd),
    prefix,
    ns: prefix === '' ? context.defaultNs : prefixes.uri(prefix),
    defaultNs: context.defaultNs,
    attrs,
    prefixes: context.prefixes,
  }
}

/** The namespace declarations of a stream header, from the tag that was scanned last. */
export function contextOf(u: Buffer): Context {
  const prefixes: Binding[] = []
  let defaultNs = ''
  for (let k = 0; k < tag.count * 4; k += 4) {
    const a = attributes[k]!
    const end = attributes[k + 1]!
    if (declaresPrefix(u, a)) prefixes.push({ prefix: nameIn(u, a + XMLNS.length + 1, end), uri: valueIn(u, k) })
    else if (end - a === XMLNS.length && at(u, a, XMLNS)) defaultNs = valueIn(u, k)
  }
  return { defaultNs, prefixes }
}
