/** Pages of what was said, out of the archive of the account or of a room (XEP-0313, XEP-0059). */
import type { Agent } from 'stanza'
import type { DataForm, MAMResult, Paging } from 'stanza/protocol'
import type { ChatLine } from '../model/chat-lines.ts'
import type { ArchivePage } from '../model/place.ts'
import type { Said } from '../model/room-lines.ts'
import { isLine, lineOf, type Room } from '../model/room.ts'
import { roomMessageOf } from './room-stanzas.ts'
import { bareOf, isFile } from './stanzas.ts'

export interface PageAsk {
  readonly paging: Paging
  /** What the messages have to be like, beside `with`. */
  readonly form?: DataForm
}
/** With whom, and the line. */
export type PeerLine = readonly [jid: string, line: ChatLine]

/** @param jid with whom; null: with everybody. Rejects if the server refuses */
export async function accountPage(client: Agent, jid: string | null, ask: PageAsk): Promise<ArchivePage<PeerLine>> {
  const answer = await client.searchHistory({ ...ask, ...(jid === null ? {} : { with: jid }) })
  return pageOf(answer, (result) => lineIn(client, result))
}
export async function chatPage(client: Agent, jid: string, paging: Paging): Promise<ArchivePage<ChatLine>> {
  const page = await accountPage(client, jid, { paging })
  return { ...page, lines: page.lines.map(([, line]) => line) }
}
/** Rejects if the room refuses. */
export async function roomPage(client: Agent, room: Room, ask: PageAsk): Promise<ArchivePage<Said>> {
  return pageOf(await client.searchHistory(room.jid, { ...ask }), (result) => saidIn(room, result))
}

type Answer = Awaited<ReturnType<Agent['searchHistory']>>
function pageOf<L>({ results, paging, complete }: Answer, linesIn: (result: MAMResult) => readonly L[]): ArchivePage<L> {
  const first = paging?.first ?? null
  const isComplete = complete === true || first === null
  return { lines: (results ?? []).flatMap(linesIn), first, last: paging?.last ?? null, isComplete }
}
/** Empty if it is no message that is shown. */
function lineIn(client: Agent, { id, item: { message, delay } }: MAMResult): readonly PeerLine[] {
  if (message?.body === undefined || message.from === undefined || message.type === 'groupchat') return []
  const mine = bareOf(message.from) === bareOf(client.jid)
  const peer = mine ? message.to : message.from
  if (peer === undefined) return []
  const { body: text, id: given = id } = message
  const at = delay?.timestamp ?? new Date()
  return [[bareOf(peer), { id: given, archiveId: id, mine, text, isFile: isFile(message), at, failed: false }]]
}
function saidIn(room: Room, { id, item: { message, delay } }: MAMResult): readonly Said[] {
  const told = message === undefined ? null : roomMessageOf(message, room.jid)
  if (told === null || !isLine(told)) return []
  return [lineOf(room, { ...told, archiveId: id, at: delay?.timestamp ?? null }, id, new Date())]
}
