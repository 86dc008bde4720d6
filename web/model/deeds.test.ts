import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archived, done, opened, said, SIGNED_OUT, type Board } from './board.ts'
import { failed, lastOwn, marked, plainLine, type ChatLine } from './chat-lines.ts'
import { emojisIn, withDeed, withDeeds, type Deed } from './deeds.ts'

const JULIET = 'juliet@example.org'
const line = (id: string, mine: boolean, at = 0): ChatLine => plainLine({ id, archiveId: null, mine, text: id, at: new Date(at) })
const about = (target: string, mine: boolean, at = 100) => ({ target, mine, at: new Date(at) })
const correction = (target: string, mine: boolean, text: string, at = 100): Deed => ({
  ...{ kind: 'correction', id: `${text} ${at}`, archiveId: null, text },
  ...about(target, mine, at),
})
const texts = (lines: readonly ChatLine[] | null): unknown => lines?.map(({ text }) => text)

test('XEP-0308: each corrects what they have said themselves, and the newest text counts', () => {
  const lines = [line('a', false), line('b', true)]
  const once = withDeed(lines, correction('a', false, 'one', 1))!
  assert.deepEqual(texts(once), ['one', 'b'])
  assert.deepEqual(texts(withDeed(once, correction('a', false, 'older', 0))), ['one', 'b'])
  assert.deepEqual(texts(withDeed(once, correction('a', false, 'two', 2))), ['two', 'b'])
  assert.deepEqual(texts(withDeed(once, correction('one 1', false, 'by the id of the correction', 2))), [
    'by the id of the correction',
    'b',
  ])
  assert.equal(withDeed(lines, correction('b', false, 'not theirs')), null)
  assert.equal(withDeed(lines, correction('a', true, 'not ours')), null)
})

test('XEP-0308: a correction whose message is not here stands alone until it is read from the archive', () => {
  const alone = done(SIGNED_OUT, JULIET, correction('a', false, 'right'))
  assert.deepEqual([texts(alone.chats.get(JULIET)!), alone.unread.has(JULIET)], [['right'], true])
  const read = archived(alone, JULIET, { lines: [line('a', false)], deeds: [] })
  assert.deepEqual(texts(read.chats.get(JULIET)!), ['right'])
  assert.equal(read.chats.get(JULIET)![0]!.id, 'a')
  assert.equal(read.deeds.get(JULIET)!.length, 0)
  const backwards = withDeeds([], [correction('a', false, 'right')])
  assert.deepEqual([texts(backwards.lines), backwards.deeds.length], [['right'], 1])
})

test('XEP-0308: what is corrected while nobody looks is new; in an open conversation it is read', () => {
  const begun = said(SIGNED_OUT, JULIET, line('a', false))
  const read: Board = { ...begun, unread: new Set() }
  assert.ok(done(read, JULIET, correction('a', false, 'x')).unread.has(JULIET))
  assert.ok(!done(opened(read, JULIET), JULIET, correction('a', false, 'x')).unread.has(JULIET))
  assert.ok(!done(read, JULIET, { kind: 'reactions', emojis: ['👍'], ...about('a', false) }).unread.has(JULIET))
})

test('XEP-0424: a message is taken back by its author only, and no correction brings it back', () => {
  const lines = [line('a', false)]
  assert.equal(withDeed(lines, { kind: 'retraction', ...about('a', true) }), null)
  const gone = withDeed(lines, { kind: 'retraction', ...about('a', false) })!
  assert.deepEqual(texts(gone), [null])
  assert.deepEqual(texts(withDeed(gone, correction('a', false, 'again'))), [null])
})

test('XEP-0444: each side has its own reactions, each one sign and once; what is no sign is left out', () => {
  assert.deepEqual(emojisIn(['👍', '👍 ', '👨‍👩‍👧‍👦', 'buy this', '', '<b>']), ['👍', '👨‍👩‍👧‍👦'])
  assert.equal(emojisIn(Array.from({ length: 30 }, (_, i) => String.fromCodePoint(0x1f600 + i))).length, 10)
  const both = withDeeds(
    [line('a', true)],
    [
      { kind: 'reactions', emojis: ['👍'], ...about('a', false) },
      { kind: 'reactions', emojis: ['❤️'], ...about('a', true) },
      { kind: 'reactions', emojis: ['👎'], ...about('a', false) },
    ],
  )
  assert.deepEqual(both.lines[0]!.reactions, { mine: ['❤️'], theirs: ['👎'] })
})

test('XEP-0184, 0333: only the other side marks, a mark never goes back, and what was read has its past read too', () => {
  const lines = [line('a', true), line('b', false), failed(line('c', true)), line('d', true), line('e', true)]
  const marks = (so: readonly ChatLine[] | null): unknown => so?.map(({ mark }) => mark)
  assert.equal(withDeed(lines, { kind: 'read', ...about('d', true) }), null)
  assert.equal(withDeed(lines, { kind: 'read', ...about('b', false) }), null, 'it is their own')
  const read = withDeed(lines, { kind: 'read', ...about('d', false) })
  assert.deepEqual(marks(read), ['read', null, 'failed', 'read', 'going'])
  assert.deepEqual(marks(withDeed(read!, { kind: 'delivered', ...about('a', false) })), marks(read))
  assert.equal(marked(line('x', true), 'sent').mark, 'sent')
  assert.equal(failed(marked(line('x', true), 'delivered')).mark, 'delivered', 'it has arrived')
  assert.equal(marked(failed(line('x', true)), 'delivered').mark, 'delivered')
})

test('XEP-0308: of a corrected message nothing is known until something is known of the correction', () => {
  const read = withDeed([line('a', true)], { kind: 'read', ...about('a', false) })!
  const corrected = withDeed(read, correction('a', true, 'new'))!
  assert.equal(corrected[0]!.mark, 'going')
  assert.equal(withDeed(corrected, { kind: 'read', ...about('a', false) }), null)
  assert.equal(withDeed(corrected, { kind: 'delivered', ...about('new 100', false) })![0]!.mark, 'delivered')
  assert.equal(withDeed(corrected, { ...correction('a', true, 'new'), at: new Date(200) })![0]!.mark, 'going')
})

test('what waits for its message is limited, and a stranger without a conversation leaves nothing', () => {
  const read: Deed = { kind: 'read', ...about('unknown', false) }
  assert.equal(done(SIGNED_OUT, JULIET, read).deeds.size, 0)
  let board = said(SIGNED_OUT, JULIET, line('a', false))
  for (let i = 0; i < 300; i++) board = done(board, JULIET, read)
  assert.equal(board.deeds.get(JULIET)!.length, 100)
})

test('our last message can be corrected, unless it is a file, was taken back or came back', () => {
  const lines = [line('a', true), line('b', false)]
  assert.equal(lastOwn(lines)?.id, 'a')
  assert.equal(lastOwn([{ ...line('a', true), isFile: true }]), null)
  assert.equal(lastOwn([failed(line('a', true))]), null)
  assert.equal(lastOwn([line('a', true), { ...line('b', true), text: null }])?.id, 'a')
})

test('XEP-0444 4.2: reactions that were taken away do not come back with an older page of the archive', () => {
  const given: Deed = { kind: 'reactions', emojis: ['👍'], ...about('a', false, 1) }
  const taken: Deed = { kind: 'reactions', emojis: [], ...about('a', false, 500) }
  const older = withDeeds([line('a', true)], [given])
  const reactions = (board: Board): unknown => board.chats.get(JULIET)![0]!.reactions.theirs
  const newest = archived(SIGNED_OUT, JULIET, { lines: [line('b', true, 400)], deeds: [taken] })
  assert.deepEqual(reactions(archived(newest, JULIET, { lines: older.lines, deeds: [given] })), [])
  const live = done(done(said(SIGNED_OUT, JULIET, line('a', true)), JULIET, given), JULIET, taken)
  assert.deepEqual(reactions(archived(live, JULIET, { lines: older.lines, deeds: [given] })), [])
})
