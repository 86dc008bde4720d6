/** Open questions between occupants. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { OpenQuestions, type Question } from './open-questions.ts'

const ROOM = jid('den@conference.a.example')
let cancelled = 0
const question = (ours: string, asker: string, real: string): Question => ({
  ours: wire(ours),
  asker: jid(asker),
  id: wire('1'),
  asked: ROOM.withResource('Bob'),
  real: jid(real),
  timer: { cancel: () => void (cancelled += 1) },
})
const ids = (questions: readonly Question[]): readonly string[] => questions.map(({ ours }) => ours)

test('ROOM-66: a question is closed by the answer of the address that was asked, or by either client that leaves', () => {
  const open = new OpenQuestions(10)
  for (const [ours, asker, real] of [
    ['a', 'alice@a.example/1', 'bob@a.example/1'],
    ['b', 'carol@a.example/1', 'bob@a.example/1'],
    ['c', 'bob@a.example/1', 'carol@a.example/1'],
    ['d', 'alice@a.example/1', 'carol@a.example'],
  ] as const)
    assert.equal(open.add(question(ours, asker, real)), null)
  assert.equal(open.take(wire('a'), jid('carol@a.example/1')), null)
  assert.equal(open.take(wire('a'), jid('bob@a.example/1'))!.ours, 'a')
  assert.equal(open.take(wire('a'), jid('bob@a.example/1')), null)
  assert.deepEqual(ids(open.takeOf(jid('other@conference.a.example'), jid('bob@a.example/1'))), [])
  assert.deepEqual(ids(open.takeOf(ROOM, jid('bob@a.example/1'))), ['b', 'c'])
  assert.deepEqual(ids(open.takeOf(ROOM, jid('carol@a.example/1'))), [])
  assert.equal(open.take(wire('d'), jid('carol@a.example'))!.ours, 'd')
  assert.equal(open.sessions, 0)
  assert.equal(cancelled, 4)
})
test('of too many open questions the oldest is given back, to be answered', () => {
  const open = new OpenQuestions(1)
  assert.equal(open.add(question('a', 'alice@a.example/1', 'bob@a.example/1')), null)
  assert.equal(open.add(question('b', 'alice@a.example/1', 'bob@a.example/1'))!.ours, 'a')
  assert.deepEqual(ids(open.takeOf(ROOM, jid('alice@a.example/1'))), ['b'])
})
