/**
 * Messages in both forms (MXR-60 to 63, MXR-74): what somebody says in Matrix as the children of a stanza, and the children of a
 * stanza as the content of an event. What a stanza cannot hold is kept beside it, so that Matrix reads back what was sent. Pure.
 */
import { el, type Element } from '../../xml/element.ts'
import { encode, decode } from '../../xml/wire.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Payload } from '../../xmpp/packet.ts'
import { answeredIn, withoutReplyFallback } from '../../xmpp/relations.ts'
import { isEntryId } from '../ids/event-id.ts'
import type { Link, MediaNames } from '../ids/media-id.ts'
import { isSameJson, textIn, type JsonObject } from './json.ts'
import { textOfHtml } from './message-html.ts'
import { htmlOf, STYLING } from './message-styling.ts'
import { bodyWith, contentOfFile, fileElements, hasCaption, sharedIn } from './message-files.ts'
import { answeredBy, answering, threading } from './relations.ts'

const ME = '/me '
const HTML = 'org.matrix.custom.html'
/** Longer texts are shortened for Matrix, where an event has a greatest size; the archive of the room has all of it. */
const TEXT_OCTETS_MAX = 48 * 1024
/** XEP-0384, of now and before. */
const OMEMO: readonly string[] = ['urn:xmpp:omemo:2', 'eu.siacs.conversations.axolotl']
const SHORTENED = '… (shortened)'

/** The content of `m.room.message`; null: nothing is said in words. @param media null: a file is the text that names it */
export function contentOf(payload: Payload, media: MediaNames | null = null): JsonObject | null {
  const file = sharedIn(payload)
  const text = withoutReplyFallback(payload, payload.child('body')?.text ?? file?.url ?? '') || instead(payload)
  const content = file === null || media === null ? null : contentOfFile(file, text, media)
  if (content !== null) return { ...content, ...relationOf(payload) }
  if (text === '') return null
  const body = shortened(text)
  const isEmote = body.startsWith(ME) && body.length > ME.length
  const words = isEmote ? { msgtype: 'm.emote', body: body.slice(ME.length) } : { msgtype: 'm.text', body }
  const html = isPlain(payload) ? null : htmlOf(words.body)
  const said = html === null ? words : { ...words, format: HTML, formatted_body: html }
  return { ...said, ...relationOf(payload) }
}
/** Of a message that is encrypted for XMPP clients and says nothing beside that; '' for any other without a body. */
const instead = ({ text, elements }: Payload): string =>
  OMEMO.some((ns) => text.includes(ns)) && elements.some((one) => OMEMO.includes(one.ns) && one.child('payload') !== undefined)
    ? 'Encrypted message (OMEMO)'
    : ''
/** A thread of XMPP is one here if it is named for the entry with which it begins. */
function relationOf(payload: Payload): JsonObject {
  const [answered, thread] = [answeredIn(payload) ?? '', payload.child('thread')?.text ?? '']
  const event = isEntryId(answered) ? answered : null
  if (isEntryId(thread)) return threading(thread, event)
  return event === null ? {} : answering(event)
}
/** The author does not want it to be styled (XEP-0393 6). */
const isPlain = (payload: Payload): boolean => payload.text.includes(STYLING) && payload.child('unstyled', STYLING) !== undefined
function shortened(text: string): string {
  if (text.length <= TEXT_OCTETS_MAX / 4) return text
  const octets = Buffer.from(text)
  if (octets.length <= TEXT_OCTETS_MAX) return text
  let end = TEXT_OCTETS_MAX
  while ((octets[end]! & 0xc0) === 0x80) end -= 1
  return octets.toString('utf8', 0, end) + SHORTENED
}

/** What is said, for the log: the payload, and the event where the payload is not all of it. */
export interface Form {
  readonly payload: Payload
  /** JSON of `{ type, content }`; null: the payload says it all. */
  readonly mx: string | null
}

/**
 * @param link where the file of the message is; null: the message is none, or one that clients of XMPP cannot get
 * @param more what stands behind the body, such as the origin id, where that is the text of the body
 * @param quote of what is answered, which stands in front of the body
 * Null: the content has no text (`body`)
 */
export function formOf(
  type: string,
  content: JsonObject,
  link: Link | null,
  more: (text: string) => readonly Element[],
  quote = '',
): Form | null {
  const given = textIn(content, 'body')
  if (given === null) return null
  const styled = styledIn(content)
  const words = styled ?? (answeredBy(content) === null ? given : given.replace(OLD_QUOTE, ''))
  const body = link === null ? words : bodyWith(hasCaption(content) ? words : '', link.url)
  const text = quote + (textIn(content, 'msgtype') === 'm.emote' ? ME + body : body)
  const isPlainText = styled === null && htmlOf(body) !== null
  const file = link === null ? [] : fileElements(link, content)
  const plain = isPlainText ? [el('unstyled', STYLING)] : []
  const payload = asSent(el('body', CLIENT, {}, text), ...plain, ...file, ...more(text))
  const isAll = type === 'm.room.message' && isSameJson(contentOf(payload) ?? undefined, content)
  return { payload, mx: isAll ? null : JSON.stringify({ type, content }) }
}
/** HTML as styled text; null: there is none, or nothing is left of it. */
function styledIn(content: JsonObject): string | null {
  const html = content['format'] === HTML ? textIn(content, 'formatted_body') : null
  const text = html === null ? '' : textOfHtml(html)
  return text === '' ? null : text
}
/** What older Matrix clients write in front of an answer. */
const OLD_QUOTE = /^> <@[^\n]*\n(?:>[^\n]*\n)*\n/
/** Characters that XML cannot carry are replaced when it is written: what is compared is what others will read. */
const asSent = (...elements: readonly Element[]): Payload => Payload.ofText(encode(decode(Payload.of(...elements).text)))

/** The event that `mx` holds. */
export function eventIn(mx: string): { readonly type: string; readonly content: JsonObject } {
  return JSON.parse(mx) as { readonly type: string; readonly content: JsonObject }
}

/** The subject of a room, as the content of `m.room.topic`. */
export const topicIn = (payload: Payload): string => payload.child('subject')?.text ?? ''
