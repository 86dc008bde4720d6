import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Annotation, PresenceNotice } from './presence.ts'
import {
  allRead,
  asked,
  dotOfOccupant,
  heard,
  isWayBack,
  joining,
  lookedAt,
  mayTalk,
  newRoom,
  noted,
  notSaid,
  olderRead,
  openAsks,
  presented,
  refused,
  saying,
  titleOf,
  unreadOf,
  withoutAsk,
  type Room,
  type RoomMessage,
  type RoomPresence,
} from './room.ts'
import { outsideFor } from './room-words.ts'

const now = new Date(Date.UTC(2026, 0, 1, 12))
const JID = 'tea@conference.example'
const available: PresenceNotice = {
  resource: 'x',
  available: true,
  show: 'available',
  status: null,
  priority: 0,
  idleSince: null,
  at: null,
  annotations: [],
}
const presence = (nick: string, more: Partial<RoomPresence> = {}, codes: readonly number[] = []): RoomPresence => ({
  nick,
  notice: available,
  isSelf: codes.includes(110),
  codes: new Set(codes),
  role: 'participant',
  affiliation: 'none',
  hats: [],
  jid: null,
  occupantId: `of ${nick}`,
  newNick: null,
  actor: null,
  reason: null,
  isDestroyed: false,
  otherRoom: null,
  ...more,
})
const gone = (nick: string, codes: readonly number[] = [], more: Partial<RoomPresence> = {}): RoomPresence =>
  presence(nick, { notice: { ...available, available: false }, role: 'none', ...more }, codes)
const message = (nick: string, text: string | null, more: Partial<RoomMessage> = {}): RoomMessage => ({
  id: `id ${text}`,
  archiveId: `archive ${text}`,
  nick,
  occupantId: `of ${nick}`,
  text,
  isFile: false,
  isTakenBack: false,
  takesBack: null,
  subject: null,
  codes: new Set(),
  at: null,
  isPrivate: false,
  ...more,
})
const old = (nick: string, text: string): RoomMessage => message(nick, text, { at: new Date(now.getTime() - 60_000) })
const noSubject = message('', null, { subject: '' })
const after = (room: Room, ...events: readonly (RoomPresence | RoomMessage)[]): Room =>
  events.reduce((so, event) => ('notice' in event ? presented(so, event, now) : heard(so, event, 'a key', now)), room)
const inside = (): Room =>
  after(newRoom(JID, 'romeo'), presence('juliet'), presence('romeo', { role: 'moderator' }, [110]), noSubject)
const nicks = (room: Room): string => [...room.occupants.keys()].sort().join(' ')
const texts = (room: Room): readonly (string | null)[] => room.lines.map(({ text }) => text)

test('7.2: in the room are those whose presence came before ours, under the nickname that the room gives', () => {
  const room = after(newRoom(JID, 'Romeo'), presence('juliet'), presence('romeo', {}, [110, 210, 100]))
  assert.equal(room.stay, 'in')
  assert.equal(room.nick, 'romeo')
  assert.equal(nicks(room), 'juliet romeo')
  assert.ok(room.showsAddresses)
  assert.deepEqual(texts(room), ['The room calls you romeo.'])
  assert.equal(titleOf(room), 'tea')
})
test('after a new session the occupants are the last known, until the room has told; those it does not show are gone', () => {
  const again = joining(inside())
  assert.equal(again.stay, 'joining')
  assert.equal(dotOfOccupant(again.occupants.get('juliet')!), 'unknown')
  const room = after(again, presence('nurse'), presence('romeo', {}, [110]))
  assert.equal(nicks(room), 'nurse romeo')
  assert.equal(dotOfOccupant(room.occupants.get('nurse')!), 'available')
})
test('XEP-0310 4.3: an occupant whom the room doubts has the dot of a contact in doubt, and is not gone', () => {
  const annotations: readonly Annotation[] = [{ from: 'conference.example', doubt: 'connection-paused', since: null }]
  const doubted = after(inside(), presence('juliet', { notice: { ...available, annotations } }))
  assert.equal(dotOfOccupant(doubted.occupants.get('juliet')!), 'paused')
  const cleared = annotations.map((annotation) => ({ ...annotation, doubt: null }))
  const back = after(doubted, presence('juliet', { notice: { ...available, annotations: cleared } }))
  assert.equal(dotOfOccupant(back.occupants.get('juliet')!), 'available')
})
test('XEP-0310 5: a way to the room that is there again is a reason to ask; a doubt of the room about others is none', () => {
  const from = (by: string, doubt: Annotation['doubt']): RoomPresence =>
    presence('juliet', { notice: { ...available, annotations: [{ from: by, doubt, since: null }] } })
  for (const [by, isReason] of [
    ['ours.example', true],
    ['conference.example', false],
  ] as const) {
    const cut = after(inside(), from(by, 'server-unavailable'))
    assert.equal(isWayBack(cut, after(cut, from(by, null))), isReason)
    assert.equal(isWayBack(inside(), cut), false)
  }
})
test('7.14, 8.2, 9.1, 10.9: whoever is put out reads why and by whom, and is not in the room any more', () => {
  const out = (codes: readonly number[], more: Partial<RoomPresence> = {}): Room =>
    after(inside(), gone('romeo', [110, ...codes], more))
  const cases: readonly (readonly [Room, Room['stay'], string])[] = [
    [out([307], { actor: 'juliet', reason: 'Enough!' }), 'out', 'You were put out of the room by juliet: Enough!'],
    [out([301]), 'out', 'You were banned from the room.'],
    [out([333]), 'lost', 'The room lost the connection to you.'],
    [out([307, 333]), 'lost', 'The room lost the connection to you.'],
    [out([332]), 'lost', 'The service of the room is shutting down.'],
    [out([322]), 'out', 'The room is for members only now, and you had to leave it.'],
    [out([321]), 'out', 'You are no longer a member of the room, and had to leave it.'],
    [out([]), 'out', 'You have left the room.'],
    [out([], { isDestroyed: true, otherRoom: 'b@x', reason: 'moved' }), 'out', 'The room was destroyed: moved.'],
  ]
  for (const [room, stay, words] of cases) {
    assert.deepEqual([room.stay, room.outside?.words, texts(room), room.occupants.size], [stay, words, [words], 0])
    assert.equal(mayTalk(room), false)
  }
  assert.equal(cases.at(-1)![0].outside?.remedy, 'other-room')
})
test('others who leave are not there any more; a note only if somebody made them', () => {
  assert.deepEqual(texts(after(inside(), gone('juliet'))), [])
  assert.deepEqual(texts(after(inside(), gone('juliet', [333]))), [])
  const kicked = after(inside(), gone('juliet', [307], { actor: 'romeo' }))
  assert.deepEqual([texts(kicked), nicks(kicked)], [['juliet was put out by romeo.'], 'romeo'])
})
test('7.6: another nickname, of others and ours', () => {
  const room = after(
    inside(),
    gone('juliet', [303], { newNick: 'jules' }),
    presence('jules'),
    gone('romeo', [303, 110], { newNick: 'montague' }),
    presence('montague', {}, [110]),
  )
  assert.deepEqual([nicks(room), room.nick, room.stay], ['jules montague', 'montague', 'in'])
  assert.deepEqual(texts(room).slice(0, 2), ['juliet is now called jules.', 'You are now called montague.'])
})
test('8.4: a visitor may not speak, and is told when that changes', () => {
  const mute = after(inside(), presence('romeo', { role: 'visitor' }, [110]))
  assert.equal(mayTalk(mute), false)
  assert.deepEqual(texts(mute), ['You may only listen in the room now.'])
  assert.equal(mayTalk(after(mute, presence('romeo', {}, [110]))), true)
})
test('7.2.13: what was said before the first visit is not news; what was said while we were away is', () => {
  const joined = after(newRoom(JID, 'romeo'), presence('romeo', {}, [110]), old('juliet', 'one'), noSubject)
  assert.deepEqual(texts(joined), ['one'])
  assert.deepEqual(unreadOf(joined), { count: 0, forUs: 0 })
  const again = after(joining(joined), presence('romeo', {}, [110]), old('juliet', 'one'), old('juliet', 'two, romeo'), noSubject)
  assert.deepEqual(texts(again), ['one', 'You are in the room again.', 'two, romeo'])
  assert.deepEqual(unreadOf(again), { count: 1, forUs: 1 })
  assert.equal(unreadOf(allRead(again)).count, 0)
})
test('a page that was loaded anew knows what was read before', () => {
  const kept = { ...newRoom(JID, 'romeo'), wasIn: true, read: 'archive one' }
  const room = after(kept, presence('romeo', {}, [110]), old('juliet', 'one'), old('juliet', 'two'), noSubject)
  assert.deepEqual(unreadOf(room), { count: 1, forUs: 0 })
})
test('a room that sends no subject shows its history all the same', () => {
  const joined = after(newRoom(JID, 'romeo'), presence('romeo', {}, [110]), old('juliet', 'one'), message('juliet', 'two'))
  assert.deepEqual(texts(joined), ['one', 'two'])
})
test('7.4: what we say is on its way until the room repeats it; an error says that it was not delivered', () => {
  const waiting = saying(inside(), { id: 'id hello', text: 'hello', isFile: false, to: null }, now)
  assert.equal(waiting.lines[0]?.kind === 'said' && waiting.lines[0].state, 'sent')
  const done = after(waiting, message('romeo', 'hello'))
  assert.deepEqual(
    done.lines.map((line) => line.kind === 'said' && [line.state, line.isMine, line.key]),
    [['said', true, 'archive hello']],
  )
  const failed = notSaid(waiting, 'id hello').lines[0]
  assert.equal(failed?.kind === 'said' && failed.state, 'failed')
})
test('XEP-0421: what we said is ours under whatever nickname; without it the nickname decides', () => {
  const isMine = (m: RoomMessage): unknown => after(inside(), m).lines.map((line) => line.kind === 'said' && line.isMine)[0]
  assert.equal(isMine(message('another', 'x', { occupantId: 'of romeo' })), true)
  assert.equal(isMine(message('romeo', 'x', { occupantId: 'of juliet' })), false)
  assert.equal(isMine(message('romeo', 'x', { occupantId: null })), true)
})
test('7.5: a private message says from whom, and never ends the history', () => {
  const room = after(newRoom(JID, 'romeo'), presence('romeo', {}, [110]), message('juliet', 'psst', { isPrivate: true, at: now }))
  assert.notEqual(room.history, null)
  const [line] = room.lines
  assert.equal(line?.kind === 'said' && line.privateWith, 'juliet')
})
test('8.1: the subject is shown; a note says who has changed it, but not on entering', () => {
  const joined = after(newRoom(JID, 'romeo'), presence('romeo', {}, [110]), message('juliet', null, { subject: 'Tea', at: now }))
  assert.deepEqual([joined.subject, texts(joined)], [{ text: 'Tea', nick: 'juliet' }, []])
  const changed = after(joined, message('juliet', null, { subject: 'Coffee' }))
  assert.deepEqual([changed.subject?.text, texts(changed)], ['Coffee', ['juliet set the subject: Coffee']])
  assert.equal(after(changed, message('juliet', null, { subject: '' })).subject, null)
})
test('10.2.1: changes of the room that concern people are told in words', () => {
  assert.deepEqual(texts(after(inside(), message('', null, { codes: new Set([172, 104]) }))), [
    'Everybody in the room sees your address from now on.',
    'The room was configured anew.',
  ])
})
test('0313: pages go back to the beginning, also over pages on which nothing can be read', () => {
  const room = { ...after(inside(), message('juliet', 'new')), older: 'some' } as const
  const empty = olderRead(room, [], 'first of the page', false)
  assert.deepEqual([empty.older, empty.oldest], ['some', 'first of the page'])
  assert.equal(olderRead(empty, [], null, false).older, 'none')
})
test('7.2: each refusal has words and a way on', () => {
  const outside = (condition: string, otherRoom: string | null = null): ReturnType<typeof outsideFor> =>
    outsideFor({ condition, text: null, otherRoom })
  assert.equal(outside('conflict').remedy, 'other-nick')
  assert.equal(outside('not-authorized').remedy, 'password')
  assert.equal(outside('gone', 'b@x').remedy, 'other-room')
  const room = refused(joining(noted(inside(), 'before', now)), outside('forbidden'), now)
  assert.deepEqual([room.stay, texts(room).at(-1)], ['out', 'You are banned from this room.'])
})
test('XEP-0424, XEP-0425: what was taken back by its author or the room is not shown any more; nobody else can do it', () => {
  const said = after(inside(), message('juliet', 'a secret'))
  const takesBack = (nick: string): unknown =>
    texts(after(said, message(nick, 'for older clients', { takesBack: 'archive a secret' })))
  assert.deepEqual(takesBack('juliet'), [null])
  assert.deepEqual(takesBack(''), [null])
  assert.deepEqual(takesBack('romeo'), ['a secret'])
  const tombstone = after(inside(), message('juliet', null, { isTakenBack: true }))
  assert.deepEqual([texts(tombstone), unreadOf(tombstone).count], [[null], 0])
})
test('what was new when one looked stays marked', () => {
  const room = after(inside(), message('juliet', 'one'))
  const read = lookedAt(room)
  assert.equal(lookedAt(after(read, message('juliet', 'two'))).newAfter, 'archive one')
  assert.equal(lookedAt(read).newAfter, null)
})
test('0313: what the page has forgotten for want of room is read again from where its lines begin', () => {
  let room: Room = { ...inside(), hasArchive: true, older: 'none', oldest: 'long ago' }
  for (let i = 0; i < 1000; i++) room = heard(room, message('juliet', String(i)), '', now)
  assert.deepEqual([room.lines.length, room.older], [1000, 'none'])
  room = heard(room, message('juliet', 'one more'), '', now)
  assert.deepEqual([room.lines.length, room.older, room.oldest], [1000, 'some', null])
})
test('7.13, 9.9: what is asked of us waits until it is decided, or nobody wants it any more', () => {
  const juliet = { about: 'voice', nick: 'juliet', jid: null } as const
  const nurse = { about: 'membership', nick: 'nurse', jid: 'nurse@example' } as const
  const room = after(inside(), presence('juliet', { role: 'visitor' }))
  const waiting = [juliet, nurse, juliet].reduce(asked, room)
  assert.deepEqual(openAsks(waiting), [nurse, juliet], 'who asks twice wants one thing')
  assert.deepEqual(openAsks(after(waiting, presence('juliet', { role: 'participant' }))), [nurse])
  assert.deepEqual(openAsks(withoutAsk(waiting, nurse)), [juliet])
  const many = Array.from({ length: 30 }, (_, i) => ({ about: 'membership', nick: String(i), jid: null }) as const)
  assert.equal(many.reduce(asked, room).asks.length, 20)
})
