import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainLine } from './chat-lines.ts'
import {
  inRoom,
  invited,
  newsIn,
  opened,
  said,
  seen,
  sheetClosed,
  sheetOpened,
  SIGNED_OUT,
  strangersIn,
  withoutContacts,
  withoutRoom,
  withRoom,
  type Board,
} from './board.ts'
import { newRoom, unreadOf } from './room.ts'
import type { Said } from './room-lines.ts'

const JID = 'tea@conference.example'
const line: Said = {
  kind: 'said',
  key: 'a',
  id: 'a',
  archiveId: 'a',
  nick: 'juliet',
  isMine: false,
  text: 'hello',
  isFile: false,
  at: new Date(0),
  state: 'said',
  privateWith: null,
  occupantId: null,
  namesUs: false,
}
const board: Board = withRoom(SIGNED_OUT, { ...newRoom(JID, 'romeo'), stay: 'in', read: '' })
const talk = (so: Board): Board => inRoom(so, JID, (room) => ({ ...room, lines: [...room.lines, line] }))
const unread = (so: Board): number => unreadOf(so.rooms.get(JID)!).count

test('what is said is read only in an open conversation, on a page that is on the screen', () => {
  assert.deepEqual([unread(talk(board)), newsIn(talk(board))], [1, 1])
  assert.equal(unread(talk(opened(board, JID))), 0)
  const hidden = talk(seen(opened(board, JID), false))
  assert.equal(unread(hidden), 1)
  assert.equal(unread(seen(hidden, true)), 0)
  const chat = plainLine({ id: 'x', archiveId: null, mine: false, text: 'hi', at: new Date(0) })
  const [contact, away] = ['a@b', seen(opened(board, 'a@b'), false)]
  assert.deepEqual([newsIn(said(away, contact, chat)), newsIn(seen(said(away, contact, chat), true))], [1, 0])
})
test('one invitation for a room, and no more than some from strangers', () => {
  const from = (room: string, reason: string): Parameters<typeof invited>[1] => ({ room, from: null, reason, password: null })
  const twice = invited(invited(board, from('a@x', 'one')), from('a@x', 'two'))
  assert.deepEqual(
    twice.invitations.map(({ reason }) => reason),
    ['two'],
  )
  let many = board
  for (let i = 0; i < 100; i++) many = invited(many, from(`${i}@x`, ''))
  assert.equal(many.invitations.length, 20)
  assert.equal(withRoom(twice, newRoom('a@x', 'romeo')).invitations.length, 0)
})
test('a room that was left is neither open nor there; nothing becomes of it', () => {
  const left = withoutRoom(opened(board, JID), JID)
  assert.deepEqual([left.open, left.rooms.size], [null, 0])
  assert.equal(talk(left), left)
})

test('who is no contact and writes is there, the last one first; no more than some, since strangers decide it', () => {
  const talks = (so: Board, jid: string): Board =>
    said(so, jid, plainLine({ id: 'a', archiveId: null, mine: false, text: 'hello', at: new Date(0) }))
  const contact = { jid: 'nurse@a', name: null, groups: [], subscription: 'both', asked: false, preApproved: false } as const
  const begun = talks({ ...SIGNED_OUT, roster: new Map([['nurse@a', contact]]) }, 'nurse@a')
  const many = Array.from({ length: 80 }, (_, i) => `spy${i}@b`).reduce(talks, begun)
  const strangers = strangersIn(many)
  assert.deepEqual([strangers.length, strangers[0], strangers.at(-1)], [50, 'spy79@b', 'spy30@b'])
  assert.deepEqual([many.unread.size, many.chats.has('nurse@a')], [51, true])
  const without = withoutContacts(opened(many, 'nurse@a'), ['nurse@a'])
  assert.deepEqual([without.chats.has('nurse@a'), without.open], [false, null])
})

test('a sheet hides what is open, which is not looked at meanwhile, and is open again afterwards if it is still there', () => {
  const sheet = sheetOpened(sheetOpened(opened(board, JID), { kind: 'add' }), { kind: 'join' })
  assert.deepEqual([sheet.open, sheet.behind, sheet.sheet], [null, JID, { kind: 'join' }])
  assert.equal(unread(talk(sheet)), 1)
  const closed = sheetClosed(talk(sheet))
  assert.deepEqual([closed.open, closed.sheet, closed.behind, unread(closed)], [JID, null, null, 0])
  assert.equal(sheetClosed(withoutRoom(sheet, JID)).open, null)
  assert.equal(sheetClosed(opened(sheet, null)).open, null)
})
