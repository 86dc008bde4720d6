/** The addresses of web pages in a text that somebody wrote. Nothing of the text is changed, and all else stays text. */

export interface TextPart {
  readonly text: string
  /** The address of a page, by http or https; null: the part is text alone. */
  readonly href: string | null
}

/** An address goes on up to a space, a quotation mark or a bracket of HTML, or a sign that turns the direction of a text. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu
/** What stands behind an address belongs to the sentence. */
const SENTENCE = new Set(".,;:!?'*_…")
const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }
/** Of a longer text only its beginning is searched. */
const SEARCHED_MAX = 20_000

/** The parts together are the text. */
export function linked(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  const add = (part: TextPart): void => void (part.text !== '' && parts.push(part))
  for (const { 0: found, index } of text.slice(0, SEARCHED_MAX).matchAll(ADDRESS)) {
    const address = withoutSentence(found)
    const url = URL.parse(address)
    // A name in front of a host is there to deceive: https://bank.example@elsewhere.example
    if (url === null || url.username !== '' || url.password !== '') continue
    add({ text: text.slice(end, index), href: null })
    add({ text: address, href: url.href })
    end = index + address.length
  }
  add({ text: text.slice(end), href: null })
  return parts
}
/** A bracket that closes belongs to the address if it was opened in it. */
function withoutSentence(found: string): string {
  let end = found.length
  for (; end > 0; end--) {
    const last = found[end - 1]!
    const opening = BRACKETS[last]
    const isOurs = opening !== undefined && found.indexOf(opening) !== -1
    if (isOurs || (opening === undefined && !SENTENCE.has(last))) break
  }
  return found.slice(0, end)
}
