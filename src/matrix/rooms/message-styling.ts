/** Message styling (XEP-0393) as HTML (MXR-62). Pure. */

export const STYLING = 'urn:xmpp:styling:0'

/** Quotes in quotes, and spans in spans. */
const DEPTH_MAX = 8
const FENCE = '```'
const TAGS: Readonly<Record<string, string>> = { '*': 'strong', '_': 'em', '~': 'del' }

/** Null: nothing in it is styled. */
export function htmlOf(text: string): string | null {
  const html = blocks(text.split('\n'), 0)
  return html.isStyled ? html.text : null
}
interface Html {
  readonly text: string
  readonly isStyled: boolean
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Section 4: lines, quotations, preformatted text. */
function blocks(lines: readonly string[], depth: number): Html {
  let text = ''
  let isStyled = false
  let isBehindLine = false
  for (let i = 0; i < lines.length;) {
    const block = preformatted(lines, i) ?? quotation(lines, i, depth)
    if (block !== null) {
      text += block.html
      i = block.end
      isStyled = true
      isBehindLine = false
      continue
    }
    const line = spans(lines[i]!, depth)
    text += (isBehindLine ? '<br>' : '') + line.text
    isStyled ||= line.isStyled
    isBehindLine = true
    i += 1
  }
  return { text, isStyled }
}
function preformatted(lines: readonly string[], from: number): { readonly html: string; readonly end: number } | null {
  if (!lines[from]!.startsWith(FENCE)) return null
  const close = lines.indexOf(FENCE, from + 1)
  const end = close < 0 ? lines.length : close
  const code = lines.slice(from + 1, end).map((line) => `${escaped(line)}\n`)
  return { html: `<pre><code>${code.join('')}</code></pre>`, end: end + 1 }
}
function quotation(
  lines: readonly string[],
  from: number,
  depth: number,
): { readonly html: string; readonly end: number } | null {
  if (!lines[from]!.startsWith('>') || depth >= DEPTH_MAX) return null
  let end = from
  while (lines[end]?.startsWith('>') === true) end += 1
  const inner = lines.slice(from, end).map((line) => line.slice(line[1] === ' ' ? 2 : 1))
  return { html: `<blockquote>${blocks(inner, depth + 1).text}</blockquote>`, end }
}

/** Section 5: a directive opens at the beginning or behind white space, and the next one of its kind closes it. */
function spans(line: string, depth: number): Html {
  let text = ''
  let isStyled = false
  let plain = 0
  /** Directives that nothing closes any more. */
  const open = new Set<string>()
  for (let i = 0; i < line.length; i++) {
    const sign = line[i]!
    if (!(sign === '`' || sign in TAGS) || open.has(sign) || !opens(line, i)) continue
    const end = closing(line, sign, i)
    if (end < 0) {
      open.add(sign)
      continue
    }
    const inner = line.slice(i + 1, end)
    const isDeep = depth >= DEPTH_MAX
    const html =
      sign === '`'
        ? `<code>${escaped(inner)}</code>`
        : tagged(TAGS[sign]!, isDeep ? escaped(inner) : spans(inner, depth + 1).text)
    text += escaped(line.slice(plain, i)) + html
    isStyled = true
    plain = end + 1
    i = end
  }
  return { text: text + escaped(line.slice(plain)), isStyled }
}
const tagged = (tag: string, inner: string): string => `<${tag}>${inner}</${tag}>`
const isSpace = (character: string | undefined): boolean => character === undefined || /\s/.test(character)
const opens = (line: string, at: number): boolean => isSpace(line[at - 1]) && !isSpace(line[at + 1])
function closing(line: string, sign: string, from: number): number {
  for (let at = line.indexOf(sign, from + 1); at >= 0; at = line.indexOf(sign, at + 1))
    if (at > from + 1 && !isSpace(line[at - 1])) return at
  return -1
}
