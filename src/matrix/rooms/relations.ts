/** What events say of earlier ones (MXR-66 to 68): answers, corrections, reactions, in the words of Matrix. Pure. */
import { eventIdOf } from '../ids/event-id.ts'
import { textIn, type Json, type JsonObject } from './json.ts'

const RELATES = 'm.relates_to'
const NEW_CONTENT = 'm.new_content'
export const REACTION = 'm.reaction'

const objectIn = (of: JsonObject, key: string): JsonObject | null => {
  const value: Json | undefined = of[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** The event that is answered; null: none. */
export function answeredBy(content: JsonObject): string | null {
  const answered = objectIn(objectIn(content, RELATES) ?? {}, 'm.in_reply_to')
  return answered === null ? null : textIn(answered, 'event_id')
}
/** Which event it is about, and how; null: none. */
export function relationIn(content: JsonObject): { readonly event: string; readonly rel: string } | null {
  const relation = objectIn(content, RELATES) ?? {}
  const [event, rel] = [textIn(relation, 'event_id'), textIn(relation, 'rel_type')]
  return event === null || rel === null ? null : { event, rel }
}
/** The event with which the thread of this one begins; null: it is in none. */
export function threadedIn(content: JsonObject): string | null {
  const relation = objectIn(content, RELATES)
  return relation?.['rel_type'] === 'm.thread' ? textIn(relation, 'event_id') : null
}
/** The event that is corrected, and what it is from now on; null: none. */
export function correctionIn(content: JsonObject): { readonly event: string; readonly content: JsonObject } | null {
  const relation = objectIn(content, RELATES)
  const [event, now] = [textIn(relation ?? {}, 'event_id'), objectIn(content, NEW_CONTENT)]
  return relation?.['rel_type'] === 'm.replace' && event !== null && now !== null ? { event, content: now } : null
}
/** Null: it is no reaction as the API describes it. */
export function reactionIn(content: JsonObject): { readonly event: string; readonly key: string } | null {
  const relation = objectIn(content, RELATES) ?? {}
  const [event, key] = [textIn(relation, 'event_id'), textIn(relation, 'key')]
  return relation['rel_type'] === 'm.annotation' && event !== null && key !== null && key !== '' ? { event, key } : null
}

export const answering = (entry: string): JsonObject => ({ [RELATES]: { 'm.in_reply_to': { event_id: eventIdOf(entry) } } })
/** @param answered in the thread; null: the beginning stands for it, for clients that do not know threads */
export const threading = (root: string, answered: string | null): JsonObject => ({
  [RELATES]: {
    'rel_type': 'm.thread',
    'event_id': eventIdOf(root),
    'is_falling_back': answered === null,
    'm.in_reply_to': { event_id: eventIdOf(answered ?? root) },
  },
})
/** @param now what the entry says from now on */
export function correcting(entry: string, now: JsonObject): JsonObject {
  const { [RELATES]: _, ...plain } = now
  const relation = { rel_type: 'm.replace', event_id: eventIdOf(entry) }
  return { ...plain, body: `* ${textIn(plain, 'body') ?? ''}`, [NEW_CONTENT]: plain, [RELATES]: relation }
}
export const reacting = (entry: string, key: string): JsonObject => ({
  [RELATES]: { rel_type: 'm.annotation', event_id: eventIdOf(entry), key },
})

/** Is it what XMPP clients show as a reaction (XEP-0444)? Other texts are for Matrix alone. */
export const isEmoji = (key: string): boolean =>
  /^\p{RGI_Emoji}$/v.test(key) || /^\p{RGI_Emoji}$/v.test(key.replace(/\u{fe0f}$/u, ''))
