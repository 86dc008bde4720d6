import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastSaid, names, unreadIn, withHistory, withLine, withOlder, type Line, type Note, type Said } from './room-lines.ts'

const at = new Date(Date.UTC(2026, 0, 1))
const said = (key: string, more: Partial<Said> = {}): Said => ({
  kind: 'said',
  key,
  id: `id-${key}`,
  archiveId: key,
  nick: 'juliet',
  isMine: false,
  text: key,
  isFile: false,
  at,
  state: 'said',
  privateWith: null,
  occupantId: null,
  namesUs: false,
  ...more,
})
/** What we have said and the room has not repeated. */
const waiting = (id: string): Said => said(id, { id, archiveId: null, isMine: true, state: 'sent' })
const note: Note = { kind: 'note', key: 'note 0', text: 'something happened', at }
const keys = (lines: readonly Line[]): string => lines.map(({ key }) => key).join(' ')

test('7.4: what we say stands where the room has put it, once it has repeated it', () => {
  const lines = withLine([said('a'), waiting('x'), said('b')], said('c', { id: 'x', isMine: true }))
  assert.equal(keys(lines), 'a b c')
  assert.equal(keys(withLine([waiting('x')], said('c', { id: 'x' }))), 'x c', 'another person may use the same id')
})
test('7.2.13: of a history only what is not known is added, behind what is known', () => {
  assert.equal(keys(withHistory([], [said('a'), said('b')], true)), 'a b')
  assert.equal(
    keys(withHistory([said('b'), said('c'), note], [said('a'), said('b'), said('c'), said('d')], true)),
    'b c note 0 d',
  )
  assert.equal(keys(withHistory([said('a')], [], true)), 'a')
})
test('a history that does not reach back to what is known takes its place: nothing is shown as if it followed', () => {
  assert.equal(keys(withHistory([said('a'), note], [said('x'), said('y')], true)), 'x y')
  assert.equal(keys(withHistory([said('a'), note], [said('x')], false)), 'a note 0 x', 'without an archive nobody can tell')
})
test('what was on its way when the connection broke is found in the history, or still waits behind it', () => {
  const history = [said('a'), said('b', { id: 'x', isMine: true })]
  assert.equal(keys(withHistory([said('a'), waiting('x')], history, true)), 'a b')
  assert.equal(keys(withHistory([said('a'), waiting('y')], history, true)), 'a b y')
})
test('0313: an older page comes before the others, without what is here already', () => {
  assert.equal(keys(withOlder([said('c'), said('d')], [said('a'), said('b'), said('c')])), 'a b c d')
})
test('unread is what others said after the line that was read last', () => {
  const lines = [
    said('a'),
    said('b', { isMine: true }),
    note,
    said('c'),
    said('d', { namesUs: true }),
    said('e', { privateWith: 'x' }),
  ]
  assert.deepEqual(unreadIn(lines, 'a'), { count: 3, forUs: 2 })
  assert.deepEqual(unreadIn(lines, ''), { count: 4, forUs: 2 })
  assert.deepEqual(unreadIn(lines, lastSaid(lines)), { count: 0, forUs: 0 })
  assert.equal(lastSaid([note, waiting('x')]), '')
})
test('a text names somebody only as a whole word', () => {
  for (const text of ['romeo', 'Romeo?', 'o romeo, ROMEO!', '@romeo: come']) assert.ok(names(text, 'romeo'), text)
  for (const text of ['romeos', 'alfaromeo', 'rome', '', 'дromeoд']) assert.ok(!names(text, 'romeo'), text)
  assert.ok(names('hm (a.b)', 'a.b'))
  assert.ok(names('romeos romeo', 'romeo'), 'the second one')
  assert.ok(!names('anything', ''))
})
