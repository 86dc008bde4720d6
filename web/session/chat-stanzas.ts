/** Converts the messages of a conversation to its lines, and to what they say about earlier ones. */
import { JXT } from 'stanza'
import type { Message } from 'stanza/protocol'
import { plainLine, type ChatLine } from '../model/chat-lines.ts'
import { emojisIn, type Deed } from '../model/deeds.ts'
import { bareOf, isFile } from './stanzas.ts'

export const REACTIONS = 'urn:xmpp:reactions:0'

declare module 'stanza/protocol' {
  interface Message {
    /** XEP-0444: the id of the message that is reacted to. */
    reactsTo?: string
    reactions?: string[]
  }
}
export const reactions: JXT.DefinitionOptions = JXT.extendMessage({
  reactsTo: JXT.childAttribute(REACTIONS, 'reactions', 'id'),
  reactions: JXT.deepMultipleChildText([
    { namespace: REACTIONS, element: 'reactions' },
    { namespace: REACTIONS, element: 'reaction' },
  ]),
})

/** Where a message comes from, beside what it contains. */
export interface Origin {
  readonly mine: boolean
  readonly at: Date
  /** Null: it is in no archive, or nobody has told us. */
  readonly archiveId: string | null
}
/** Is it a text for a conversation of two (RFC 6121 5.2.2: no type means normal), or an announcement of our server? */
export const isTalk = ({ type = 'normal', from, body }: Message, own: string): boolean =>
  body !== undefined && (type === 'chat' || type === 'normal' || (type === 'headline' && bareOf(own).endsWith(`@${from}`)))

/** Null: the message says nothing about an earlier one. */
export function deedIn(message: Message, { mine, at, archiveId }: Origin): Deed | null {
  const { id, body, retracts, replace, reactsTo, reactions: texts, receipt, marker } = message
  if (retracts !== undefined) return { kind: 'retraction', target: retracts, mine, at }
  if (reactsTo !== undefined) return { kind: 'reactions', target: reactsTo, mine, at, emojis: emojisIn(texts ?? []) }
  if (replace !== undefined && body !== undefined)
    return { kind: 'correction', target: replace, mine, at, archiveId, text: body, id: id ?? archiveId ?? crypto.randomUUID() }
  if (body !== undefined || mine) return null
  const target = marker?.id ?? (receipt?.type === 'received' ? receipt.id : undefined)
  if (target === undefined) return null
  return { kind: marker?.type === 'displayed' || marker?.type === 'acknowledged' ? 'read' : 'delivered', target, mine, at }
}
/** Null: there is nothing in it to show. */
export function lineIn(message: Message, { mine, at, archiveId }: Origin): ChatLine | null {
  const { id = archiveId ?? crypto.randomUUID(), body, isRetracted, marker } = message
  if (body === undefined && isRetracted !== true) return null
  const text = isRetracted === true ? null : body!
  const line = plainLine({ id, archiveId, mine, text, at, isFile: isFile(message), isMarkable: marker?.type === 'markable' })
  return mine && archiveId === null ? { ...line, mark: 'sent' } : line
}
