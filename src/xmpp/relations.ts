/**
 * What a message says of an earlier one: XEP-0308 (corrections), XEP-0444 (reactions), XEP-0461 (replies) with XEP-0428, XEP-0372
 * (references).
 */
import { el, type Element } from '../xml/element.ts'
import type { Payload } from './packet.ts'
import { FASTEN, RETRACT } from './retraction.ts'

export const CORRECT = 'urn:xmpp:message-correct:0'
export const REACTIONS = 'urn:xmpp:reactions:0'
export const REPLY = 'urn:xmpp:reply:0'
export const FALLBACK = 'urn:xmpp:fallback:0'
export const REFERENCE = 'urn:xmpp:reference:0'

/** The messages that one message can name where each is looked up. */
export const NAMED_MAX = 20
/** Whose `id` is always that of another message: there are others, such as those of files and calls. */
const ABOUT: ReadonlySet<string> = new Set([
  CORRECT,
  REACTIONS,
  REPLY,
  RETRACT,
  FASTEN,
  'urn:xmpp:receipts',
  'urn:xmpp:chat-markers:0',
  'urn:xmpp:message-attaching:1',
])

const OWN_IDS = 'urn:xmpp:sid:0'
/** Reactions of one person to one message that are looked at. */
export const REACTIONS_MAX = 50
/** A longer text is no emoji. In UTF-16 code units. */
const REACTION_LENGTH_MAX = 100

/** The `id` attribute of the message that this one corrects; null: none. */
export function correctedIn(payload: Payload): string | null {
  if (!payload.text.includes(CORRECT)) return null
  return payload.child('replace', CORRECT)?.attr('id') ?? null
}

/**
 * The ids that a message names, each once, in whatever way it is about others: answers, markers (XEP-0333), receipts (XEP-0184),
 * fastenings (XEP-0422), references, and what nobody has written down yet. Its own ids (XEP-0359) are not among them.
 */
export function namedIn(payload: Payload): readonly string[] {
  if (!HAS_ID.test(payload.text)) return NONE
  const ids = payload.elements.flatMap((e) => (e.ns === OWN_IDS ? [] : [e.attr('id') ?? [], referredBy(e)].flat()))
  return [...new Set(ids)]
}
/** Those of them that are certainly ids of messages. */
export const meantIn = ({ elements }: Payload): readonly string[] =>
  elements.flatMap((e) => (ABOUT.has(e.ns) ? (e.attr('id') ?? []) : referredBy(e)))
const HAS_ID = /[\s;?]id\s*=/

/** XEP-0372 3: the messages to which this element refers, by URIs such as `xmpp:room@example.org?message;id=1`. */
const referredBy = (e: Element): readonly string[] =>
  e.is('reference', REFERENCE)
    ? [e.attr('uri'), e.attr('anchor')].flatMap((uri) => (uri === undefined ? [] : idsInUri(uri)))
    : NONE
function idsInUri(uri: string): readonly string[] {
  const [, query] = /^xmpp:[^?#]*\?([^#]*)/i.exec(uri) ?? []
  return query === undefined ? NONE : query.split(';').flatMap((pair) => (pair.startsWith('id=') ? plain(pair.slice(3)) : []))
}
/** What is not encoded well is an id as it stands. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
const NONE: readonly string[] = []

export interface Reactions {
  /** Of the message that they are about. */
  readonly id: string
  /** All reactions of the author to it, each once. */
  readonly now: readonly string[]
}
/** Null: the message has none. */
export function reactionsIn(payload: Payload): Reactions | null {
  const found = payload.text.includes(REACTIONS) ? payload.child('reactions', REACTIONS) : undefined
  const id = found?.attr('id')
  if (found === undefined || id === undefined) return null
  const texts = found.elements.flatMap((e) => (e.is('reaction', REACTIONS) ? [e.text.trim()] : []))
  return {
    id,
    now: [...new Set(texts)].filter((text) => text !== '' && text.length <= REACTION_LENGTH_MAX).slice(0, REACTIONS_MAX),
  }
}
export const reactionsElement = ({ id, now }: Reactions): Element =>
  el('reactions', REACTIONS, { id }, ...now.map((text) => el('reaction', REACTIONS, {}, text)))

/** The id of the message that this one answers; null: none. */
export const answeredIn = (payload: Payload): string | null =>
  payload.text.includes(REPLY) ? (payload.child('reply', REPLY)?.attr('id') ?? null) : null

/** The body without what stands there for clients that do not know replies. Ranges count characters of Unicode (XEP-0426). */
export function withoutReplyFallback(payload: Payload, body: string): string {
  if (!payload.text.includes(FALLBACK)) return body
  const marked = payload.elements.filter((e) => e.is('fallback', FALLBACK) && e.attr('for') === REPLY)
  const ranges = marked.flatMap((e) => e.elements.filter((part) => part.is('body', FALLBACK)).map(rangeIn))
  const characters = [...body]
  // Ranges are as many as the author likes: each character is looked at once, not once for each of them
  let kept = ''
  let at = 0
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    if (start > at) kept += characters.slice(at, start).join('')
    at = Math.max(at, start, end)
  }
  return kept + characters.slice(at).join('')
}
function rangeIn(part: Element): readonly [number, number] {
  const [start, end] = [Number(part.attr('start') ?? 0), Number(part.attr('end') ?? Infinity)]
  return Number.isNaN(start) || Number.isNaN(end) ? [0, 0] : [start, end]
}
export const replyElements = (id: string, to: string, quote: string): readonly Element[] => [
  el('reply', REPLY, { id, to }),
  el('fallback', FALLBACK, { for: REPLY }, el('body', FALLBACK, { start: '0', end: String([...quote].length) })),
]
