/** The HTML of Matrix messages as text with message styling (MXR-62, XEP-0393). Pure, and of any text it makes something. */
import { attributeIn, tokensOf } from './html-tokens.ts'

/** More elements inside each other than this are read as if they were not. */
const DEPTH_MAX = 100
/** Quotes inside more quotes than this are not marked once more for each line. */
const QUOTES_MAX = 8
const MARKS: Readonly<Record<string, string>> = {
  strong: '*',
  b: '*',
  em: '_',
  i: '_',
  del: '~',
  s: '~',
  strike: '~',
  code: '`',
}
const BLOCKS: ReadonlySet<string> = new Set([
  'p',
  'div',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'ul',
  'ol',
  'li',
  'table',
  'tr',
  'details',
])
const VOID: ReadonlySet<string> = new Set(['br', 'hr', 'img'])
/** What stands in them is no text of the author. */
const LEFT_OUT: ReadonlySet<string> = new Set(['mx-reply', 'script', 'style'])
/** A user, a room or an event, not a page. */
const PILL = /^(?:https:\/\/matrix\.to\/#\/|matrix:)/

interface Frame {
  readonly tag: string
  readonly attrs: string
  /** Of a list with numbers: the next one; 0: without. */
  number: number
  text: string
  isAtLineStart: boolean
}
const frame = (tag: string, attrs = ''): Frame => ({
  tag,
  attrs,
  number: tag === 'ol' ? 1 : 0,
  text: '',
  isAtLineStart: true,
})

/** In a time that grows as the text does: no element looks at the text around it, and each at most once at the text inside it. */
export function textOfHtml(html: string): string {
  const stack: Frame[] = [frame('')]
  let ignored = 0
  for (const token of tokensOf(html)) {
    if ('text' in token) add(stack, token.text)
    else if (token.isEnd) {
      if (ignored > 0) ignored -= 1
      else close(stack, token.name)
    } else if (VOID.has(token.name)) addVoid(stack.at(-1)!, token.name, token.attrs)
    else if (stack.length >= DEPTH_MAX) ignored += 1
    else open(stack, frame(token.name, token.attrs))
  }
  while (stack.length > 1) closeLast(stack)
  const text = stack[0]!.text.replace(/\n{3,}/g, '\n\n')
  return text.slice(text.search(/[^\n]|$/)).trimEnd()
}
const isPre = (stack: readonly Frame[]): boolean => stack.some(({ tag }) => tag === 'pre')

function add(stack: readonly Frame[], token: string): void {
  const top = stack.at(-1)!
  const text = decoded(token)
  // Line breaks between blocks are none of the text
  if (isPre(stack)) put(top, text)
  else if (text.trim() !== '' || (!BLOCKS.has(top.tag) && !text.includes('\n'))) put(top, text.replace(/[\t\n\r ]+/g, ' '))
}
function addVoid(top: Frame, name: string, attrs: string): void {
  if (name === 'br') put(top, '\n')
  else if (name === 'img') put(top, attribute(attrs, 'alt') ?? attribute(attrs, 'title') ?? '')
  else {
    endLine(top)
    put(top, '---\n')
  }
}
function open(stack: Frame[], next: Frame): void {
  if (BLOCKS.has(next.tag) || next.tag === 'blockquote' || next.tag === 'pre') endLine(stack.at(-1)!)
  stack.push(next)
}
function put(top: Frame, text: string): void {
  if (text === '') return
  top.text += text
  top.isAtLineStart = text.endsWith('\n')
}
function endLine(top: Frame): void {
  if (!top.isAtLineStart) put(top, '\n')
}
/** Ends an element, and those inside it that have no end. One that was not begun ends nothing. */
function close(stack: Frame[], tag: string): void {
  const at = stack.findLastIndex((one) => one.tag === tag)
  if (at > 0) while (stack.length > at) closeLast(stack)
}
function closeLast(stack: Frame[]): void {
  const { tag, attrs, text } = stack.pop()!
  const top = stack.at(-1)!
  if (!LEFT_OUT.has(tag)) put(top, written(tag, attrs, text, stack))
}
function written(tag: string, attrs: string, text: string, stack: readonly Frame[]): string {
  if (tag === 'pre') return `\`\`\`\n${text.endsWith('\n') ? text.slice(0, -1) : text}\n\`\`\`\n`
  if (tag === 'blockquote') return `${quoted(text.trim(), stack)}\n`
  if (tag === 'li') return `${numbered(stack.at(-1)!)}${text.trim()}\n`
  if (tag === 'p') return `${text.trim()}\n\n`
  if (BLOCKS.has(tag)) return text.trim() === '' ? '' : `${withoutLastBreaks(text)}\n`
  if (tag === 'a') return linked(attribute(attrs, 'href'), text)
  const mark = isPre(stack) ? undefined : MARKS[tag]
  return mark === undefined ? text : marked(text, mark)
}
function quoted(text: string, around: readonly Frame[]): string {
  if (around.filter(({ tag }) => tag === 'blockquote').length >= QUOTES_MAX) return text
  return `> ${text.replace(/\n/g, '\n> ')}`
}
/** An expression such as `\n+$` would begin anew at each line break of a long run. */
function withoutLastBreaks(text: string): string {
  let end = text.length
  while (text[end - 1] === '\n') end -= 1
  return text.slice(0, end)
}
function numbered(list: Frame): string {
  return list.number === 0 ? '• ' : `${list.number++}. `
}
/** Marks stand at the text itself, and in one line. */
function marked(text: string, mark: string): string {
  const inner = text.trim()
  if (inner === '' || inner.includes('\n')) return text
  const begin = text.length - text.trimStart().length
  return `${text.slice(0, begin)}${mark}${inner}${mark}${text.slice(begin + inner.length)}`
}
function linked(href: string | null, text: string): string {
  if (href === null || PILL.test(href) || href === text || href === `mailto:${text}`) return text
  return text.trim() === '' ? href : `${text} <${href}>`
}
function attribute(attrs: string, name: string): string | null {
  const value = attributeIn(attrs, name)
  return value === null ? null : decoded(value)
}
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[(name as string).toLowerCase()] ?? whole
    const point = decimal === undefined ? parseInt(hex as string, 16) : Number(decimal)
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : whole
  })
}
