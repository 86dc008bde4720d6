import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainLine } from './chat-lines.ts'
import { archived, opened, placeFound, placeJoined, SIGNED_OUT, withRoom, type Board } from './board.ts'
import type { ChatLine } from './chat-lines.ts'
import { alone, isRead, withNewerPage, withOlderPage, type ArchivePage } from './place.ts'
import type { Said } from './room-lines.ts'
import { newRoom } from './room.ts'

const [JID, ROOM] = ['juliet@a.example', 'tea@conference.a.example']
const line = (n: number): ChatLine => ({
  ...plainLine({ id: `m${n}`, archiveId: `a${n}`, mine: false, text: String(n), at: new Date(n * 1000) }),
})
const said = (n: number): Said => ({
  ...{ kind: 'said', key: `a${n}`, id: null, archiveId: `a${n}`, nick: 'juliet', isMine: false, text: String(n), isFile: false },
  ...{ at: new Date(n * 1000), state: 'said', privateWith: null, occupantId: null, namesUs: false },
})
const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const pageOf = (from: number, to: number, isComplete: boolean): ArchivePage<ChatLine> => ({
  ...{ lines: range(from, to).map(line), first: `a${from}`, last: `a${to}`, isComplete },
})
const numbers = (lines: readonly (ChatLine | Said)[]): readonly number[] => lines.map(({ text }) => Number(text))

test('0313: a line among those around it, from which older and newer pages go on', () => {
  const begun = alone(line(50), 'a50')
  assert.equal(isRead(begun), false)
  const around = withNewerPage(withOlderPage(begun, pageOf(40, 49, false)), pageOf(51, 60, true))
  assert.deepEqual(numbers(around.lines), range(40, 60))
  assert.deepEqual([around.first, around.last, around.older, around.newer], ['a40', 'a60', 'some', 'none'])
  const empty = withOlderPage(around, { lines: [], first: null, last: null, isComplete: true })
  assert.deepEqual([empty.first, empty.older], ['a40', 'none'])
})
test('an excerpt that grows forgets its other end, which can be read again', () => {
  let excerpt = withNewerPage(alone(line(1000), 'a1000'), pageOf(1001, 1050, true))
  for (let to = 999; to >= 500; to -= 50) excerpt = withOlderPage(excerpt, pageOf(to - 49, to, false))
  assert.deepEqual([excerpt.lines.length, excerpt.first, excerpt.last, excerpt.newer], [300, 'a500', 'a799', 'some'])
  for (let from = 800; from < 1000; from += 50) excerpt = withNewerPage(excerpt, pageOf(from, from + 49, false))
  assert.deepEqual([excerpt.lines.length, excerpt.first, excerpt.last, excerpt.older], [300, 'a700', 'a999', 'some'])
})

/** The newest lines of the conversation are on the board. */
const recent = (from: number, to: number): Board => {
  const board = opened({ ...SIGNED_OUT, archives: new Map([[JID, { older: 'some', oldest: `a${from}` }]]) }, JID)
  return archived(board, JID, { lines: range(from, to).map(line), deeds: [] })
}
test('what is found among the newest lines is marked there; further back is an excerpt', () => {
  const near = placeFound(recent(90, 99), { kind: 'chat', jid: JID, line: line(95) }, 'words')
  assert.deepEqual([near.place?.archiveId, near.place?.chat], ['a95', null])
  const far = placeFound(recent(90, 99), { kind: 'chat', jid: JID, line: line(5) }, 'words')
  assert.deepEqual(numbers(far.place!.chat!.lines), [5])
  assert.equal(opened(far, JID).place, null, 'whoever opens the conversation anew sees the newest')
})
test('an excerpt that touches the newest lines becomes a part of them, so that what is said now is seen', () => {
  const far = placeFound(recent(90, 99), { kind: 'chat', jid: JID, line: line(80) }, 'words')
  const chat = withNewerPage(withOlderPage(far.place!.chat!, pageOf(70, 79, false)), pageOf(81, 92, false))
  const joined = placeJoined({ ...far, place: { ...far.place!, chat } })
  assert.deepEqual([joined.place?.archiveId, joined.place?.chat], ['a80', null])
  assert.deepEqual(numbers(joined.chats.get(JID)!), range(70, 99))
  assert.deepEqual(joined.archives.get(JID), { older: 'some', oldest: 'a70' })
  const apart = { ...far, place: { ...far.place!, chat: { ...chat, lines: range(70, 81).map(line) } } }
  assert.equal(placeJoined(apart), apart)
})
test('the same in a room', () => {
  const room = { ...newRoom(ROOM, 'romeo'), stay: 'in' as const, lines: range(90, 99).map(said), older: 'some' as const }
  const board = withRoom(SIGNED_OUT, room)
  assert.equal(placeFound(board, { kind: 'room', jid: ROOM, line: said(95) }, 'words').place?.room, null)
  const far = placeFound(board, { kind: 'room', jid: ROOM, line: said(88) }, 'words')
  const page = { lines: range(89, 91).map(said), first: 'a89', last: 'a91', isComplete: false }
  const older = { lines: range(86, 87).map(said), first: 'a86', last: 'a87', isComplete: true }
  const joined = placeJoined({
    ...far,
    place: { ...far.place!, room: withOlderPage(withNewerPage(far.place!.room!, page), older) },
  }).rooms.get(ROOM)!
  assert.deepEqual(numbers(joined.lines as readonly Said[]), range(86, 99))
  assert.deepEqual([joined.oldest, joined.older], ['a86', 'none'])
})
