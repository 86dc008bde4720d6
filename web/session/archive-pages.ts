/** Pages of what was said, out of the archive of the account or of a room (XEP-0313, XEP-0059). */
import type { Agent } from 'stanza'
import type { DataForm, MAMResult, Paging } from 'stanza/protocol'
import type { ChatLine } from '../model/chat-lines.ts'
import { withDeeds, type ChatPage, type Deed } from '../model/deeds.ts'
import type { ArchivePage } from '../model/place.ts'
import type { Said } from '../model/room-lines.ts'
import { isLine, lineOf, type Room } from '../model/room.ts'
import { deedIn, lineIn } from './chat-stanzas.ts'
import { roomMessageOf } from './room-stanzas.ts'
import { bareOf } from './stanzas.ts'

export interface PageAsk {
  readonly paging: Paging
  /** What the messages have to be like, beside `with`. */
  readonly form?: DataForm
}
/** With whom, and what. */
type OfPeer<T> = readonly [jid: string, what: T]
export type PeerLine = OfPeer<ChatLine>
export interface AccountPage extends ArchivePage<PeerLine> {
  /** What messages of the page say about these or older ones. */
  readonly deeds: readonly OfPeer<Deed>[]
}

/** @param jid with whom; null: with everybody. Rejects if the server refuses */
export async function accountPage(client: Agent, jid: string | null, ask: PageAsk): Promise<AccountPage> {
  const answer = await client.searchHistory({ ...ask, ...(jid === null ? {} : { with: jid }) })
  const deeds: OfPeer<Deed>[] = []
  const lines = pageOf(answer, (result): readonly PeerLine[] => {
    const [peer, what] = readIn(client, result) ?? [null, null]
    if (peer === null) return []
    if (!('kind' in what)) return [[peer, what]]
    deeds.push([peer, what])
    return []
  })
  return { ...lines, deeds }
}
/** Pages that are asked for at most to find what was said among marks and reactions, of which a client may send several for each message. */
const ROUNDS_MAX = 4

/** What was said, after all that the same pages say about it. @param paging one side, and how many messages are wanted at least */
export async function chatPage(client: Agent, jid: string, paging: Paging): Promise<ArchivePage<ChatLine> & ChatPage> {
  let all = await accountPage(client, jid, { paging })
  const isBack = paging.before !== undefined
  for (let round = 1; round < ROUNDS_MAX && !all.isComplete && all.lines.length < paging.max!; round++) {
    const from = isBack ? { before: all.first! } : { after: all.last! }
    const further = await accountPage(client, jid, { paging: { ...from, max: paging.max! } })
    all = isBack ? joined(further, all) : joined(all, further)
    all = { ...all, isComplete: further.isComplete }
  }
  const deeds = all.deeds.map(([, deed]) => deed)
  const lines = all.lines.map(([, line]) => line)
  return { ...all, deeds, lines: withDeeds(lines, deeds).lines }
}
const joined = (older: AccountPage, newer: AccountPage): AccountPage => ({
  ...newer,
  lines: [...older.lines, ...newer.lines],
  deeds: [...older.deeds, ...newer.deeds],
  first: older.first ?? newer.first,
  last: newer.last ?? older.last,
})
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
/** Null if it is no message that is shown, and says nothing about one. */
function readIn(client: Agent, { id: archiveId, item: { message, delay } }: MAMResult): OfPeer<ChatLine | Deed> | null {
  if (message?.from === undefined || message.type === 'groupchat') return null
  const mine = bareOf(message.from) === bareOf(client.jid)
  const peer = mine ? message.to : message.from
  const origin = { mine, archiveId, at: delay?.timestamp ?? new Date() }
  const what = deedIn(message, origin) ?? lineIn(message, origin)
  return peer === undefined || what === null ? null : [bareOf(peer), what]
}
function saidIn(room: Room, { id, item: { message, delay } }: MAMResult): readonly Said[] {
  const told = message === undefined ? null : roomMessageOf(message, room.jid)
  if (told === null || !isLine(told)) return []
  return [lineOf(room, { ...told, archiveId: id, at: delay?.timestamp ?? null }, id, new Date())]
}
