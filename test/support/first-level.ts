/** Where one first-level element ends and the next begins, for framings that send each by itself. */
import { SaxesParser } from 'saxes'

const HEADER = /^(?:<\?xml[^>]*\?>)?<stream:stream [^>]*>/
const FOOTER = '</stream:stream>'

/** A stream's header, its elements and its footer, each by itself. What is no XML stays in one piece. */
export function firstLevel(text: string): readonly string[] {
  const header = HEADER.exec(text)?.[0]
  if (header !== undefined) return [header, ...firstLevel(text.slice(header.length))]
  if (text.endsWith(FOOTER)) return [...firstLevel(text.slice(0, -FOOTER.length)), FOOTER]
  return text === '' ? [] : elements(text)
}

function elements(text: string): readonly string[] {
  const found: string[] = []
  const parser = new SaxesParser({ xmlns: false, position: true })
  const root = '<r>'
  let depth = 0
  let start = root.length
  parser.on('opentag', () => (depth += 1))
  parser.on('closetag', () => {
    depth -= 1
    if (depth !== 1) return
    found.push(text.slice(start - root.length, parser.position - root.length))
    start = parser.position
  })
  try {
    parser.write(`${root}${text}</r>`).close()
    return found.length === 0 ? [text] : found
  } catch {
    return [text]
  }
}
