import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, dotOf, gravest, lastKnown, UNHEARD, type Annotation, type PresenceNotice, type PresenceView } from './presence.ts'

const at = (minutes: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minutes))
const notice = (more: Partial<PresenceNotice> = {}): PresenceNotice => ({
  resource: 'phone',
  available: true,
  show: 'available',
  status: null,
  priority: 0,
  idleSince: null,
  at: null,
  annotations: [],
  ...more,
})
const gone = (more: Partial<PresenceNotice> = {}): PresenceNotice => notice({ available: false, ...more })
const paused: Annotation = { from: 'a.example', doubt: 'connection-paused', since: at(1) }
const linkLost: Annotation = { from: 'b.example', doubt: 'server-unavailable', since: null }
const story = (...notices: readonly PresenceNotice[]): PresenceView =>
  notices.reduce((view, n, minute) => after(view, n, at(minute)), UNHEARD)

test('a contact of whom nothing was heard is unknown, not offline', () => {
  assert.equal(dotOf(UNHEARD, true), 'unknown')
  assert.equal(dotOf(story(gone({ resource: '', at: at(-60) })), true), 'offline')
  assert.equal(dotOf(UNHEARD, false), 'not-shared')
})
test('after a new session what was known before is neither offline nor certain, until something is heard', () => {
  const before = lastKnown(story(notice({ show: 'away' }), notice({ resource: 'desk', priority: 5 })))
  assert.equal(dotOf(before, true), 'unknown')
  assert.equal(before.resources.length, 2)
  const view = after(before, notice({ show: 'dnd' }), at(9))
  assert.equal(dotOf(view, true), 'dnd')
  assert.deepEqual(
    view.resources.map(({ resource }) => resource),
    ['phone'],
  )
  assert.equal(dotOf(after(before, gone({ resource: '' }), at(9)), true), 'offline')
})
test('the dot is that of the resource with the highest priority', () => {
  const view = story(notice({ resource: 'desk', show: 'dnd', priority: 5 }), notice({ show: 'away' }))
  assert.equal(dotOf(view, true), 'dnd')
  assert.equal(dotOf(after(view, gone({ resource: 'desk' }), at(3)), true), 'away')
})
test('a resource that is certain comes before one that is doubted, whatever their priorities', () => {
  const desk = notice({ resource: 'desk', priority: 9 })
  const view = story(desk, notice({ show: 'away' }), { ...desk, annotations: [paused] })
  assert.equal(dotOf(view, true), 'away')
})
test('PSA-8: an annotated presence shows as paused, and is as old as it was', () => {
  const view = story(notice(), notice({ annotations: [paused] }))
  assert.equal(dotOf(view, true), 'paused')
  assert.deepEqual(view.resources[0]?.saidAt, at(0))
})
test('what is first heard as a repeated presence is as old as it says, and of no known age if it says nothing', () => {
  assert.equal(story(notice({ annotations: [paused] })).resources[0]?.saidAt, null)
  assert.deepEqual(story(notice({ annotations: [paused], at: at(-30) })).resources[0]?.saidAt, at(-30))
})
test('PSA-10: an empty annotation takes it back', () => {
  const view = story(notice(), notice({ annotations: [paused] }), notice({ annotations: [{ ...paused, doubt: null }] }))
  assert.equal(dotOf(view, true), 'available')
})
test('PSA-2: a lost link shows as such, also of a session that was paused before', () => {
  const view = story(notice(), notice({ annotations: [paused] }), notice({ annotations: [paused, linkLost] }))
  assert.equal(dotOf(view, true), 'link-lost')
  const back = after(view, notice({ annotations: [paused, { ...linkLost, doubt: null }] }), at(9))
  assert.equal(dotOf(back, true), 'paused')
})
test('a new presence is certain again', () => {
  const view = story(notice({ annotations: [linkLost] }), notice({ show: 'away' }))
  assert.equal(dotOf(view, true), 'away')
  assert.deepEqual(view.resources[0]?.saidAt, at(1))
})
test('0203: a presence that was said before the board was opened is as old as its date says, its doubt too', () => {
  assert.deepEqual(story(notice({ at: at(-63) })).resources[0]?.saidAt, at(-63))
  const doubted = story(notice({ at: at(-63), annotations: [paused] }), notice({ annotations: [{ ...paused, doubt: null }] }))
  assert.deepEqual(doubted.resources[0]?.saidAt, at(-63))
})
test('0203: a doubt holds since its annotation says so; of two the lost link counts', () => {
  const [best] = story(notice(), notice({ annotations: [paused, linkLost] })).resources
  assert.deepEqual(best?.doubts[0]?.since, at(1))
  assert.equal(gravest(best.doubts), linkLost)
  assert.equal(gravest(story(notice()).resources[0]!.doubts), null)
})
test('RFC 6121 4.5.4: unavailable from the bare address ends every resource, with when it was last seen', () => {
  const view = story(notice(), notice({ resource: 'desk' }), gone({ resource: '', at: at(-5), status: 'bye' }))
  assert.deepEqual(view, { resources: [], heard: true, lastSeen: at(-5), farewell: 'bye' })
})
test('an unavailable presence without a date says when the contact was last seen only if it ends one that was here', () => {
  assert.equal(story(gone({ resource: '' })).lastSeen, null)
  assert.deepEqual(story(notice(), gone()).lastSeen, at(1))
  assert.deepEqual(story(notice(), gone(), gone({ resource: '' })).lastSeen, at(1))
  assert.equal(after(lastKnown(story(notice(), gone())), gone({ resource: '' }), at(9)).lastSeen, null)
})
