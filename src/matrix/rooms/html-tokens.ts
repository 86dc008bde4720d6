/**
 * HTML that a stranger has written, in tags and texts (MXR-62). Each character is looked at a fixed number of times, whatever stands in
 * it: what a tag seems to be and is not, is text, and reading goes on where it failed. Pure.
 */

export type Token =
  | { readonly text: string }
  /** `attrs`: all between the name and the end of the tag. */
  | { readonly name: string; readonly isEnd: boolean; readonly attrs: string }

const NAME = /<(\/?)([a-z][a-z0-9-]{0,20})/iy
const NEXT = /[<>"']/g

/** In their order; references to characters are as they were written. */
export function* tokensOf(html: string): Generator<Token> {
  const lastQuote: Quotes = { '"': html.lastIndexOf('"'), "'": html.lastIndexOf("'") }
  let plain = 0
  for (let at = html.indexOf('<'); at >= 0;) {
    NAME.lastIndex = at
    const named = NAME.exec(html)
    const from = named === null ? at + 1 : NAME.lastIndex
    const end = named === null ? from : endOf(html, from, lastQuote)
    if (named !== null && html[end] === '>') {
      if (at > plain) yield { text: html.slice(plain, at) }
      plain = end + 1
      yield { name: named[2]!.toLowerCase(), isEnd: named[1] !== '', attrs: html.slice(from, end) }
    }
    at = html.indexOf('<', end)
  }
  if (plain < html.length) yield { text: html.slice(plain) }
}
type Quotes = { readonly [quote in '"' | "'"]: number }
/** Where a tag ends (at `>`), or shows that it is none: at another `<`, at a quote that nothing closes, or at the end of all. */
function endOf(html: string, from: number, lastQuote: Quotes): number {
  NEXT.lastIndex = from
  for (let found = NEXT.exec(html); found !== null; found = NEXT.exec(html)) {
    const sign = found[0]
    if (sign === '<' || sign === '>') return found.index
    if (lastQuote[sign as keyof Quotes] === found.index) return found.index
    NEXT.lastIndex = html.indexOf(sign, NEXT.lastIndex) + 1
  }
  return html.length
}

const ATTRIBUTE = /([^\s"'=/]+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?|"[^"]*"|'[^']*'/g
/** The value of an attribute as it is written; null: there is none. */
export function attributeIn(attrs: string, name: string): string | null {
  for (const [, key, double, single, bare] of attrs.matchAll(ATTRIBUTE))
    if (key?.toLowerCase() === name) return double ?? single ?? bare ?? null
  return null
}
