/** Rules of users, and what they say of events. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRules, type PushRule, type Rules } from './default-rules.ts'
import { verdictOn, type RuleContext } from './rule-matching.ts'

const rules = defaultRules('eve@a.example')
const context: RuleContext = { room: '!r:a.example', members: 5, displayName: 'Evie', mayNotifyRoom: false }
const message = (content: object, type = 'm.room.message'): Parameters<typeof verdictOn>[1] =>
  ({ type, sender: '@fay:a.example', content: { msgtype: 'm.text', ...content } }) as Parameters<typeof verdictOn>[1]
const SILENT = { notify: false, highlight: false }
const LOUD = { notify: true, highlight: false }
const MARKED = { notify: true, highlight: true }

test('MXR-132: the rules that everybody has', () => {
  assert.deepEqual(verdictOn(rules, message({ body: 'hi' }), context), LOUD)
  assert.deepEqual(verdictOn(rules, message({ body: 'hi', msgtype: 'm.notice' }), context), SILENT)
  assert.deepEqual(verdictOn(rules, message({ 'm.mentions': { user_ids: ['@eve:a.example'] } }), context), MARKED)
  assert.deepEqual(verdictOn(rules, message({ 'm.mentions': { user_ids: ['@gus:a.example'] } }), context), LOUD)
  assert.deepEqual(verdictOn(rules, message({ 'm.mentions': { room: true } }), context), LOUD)
  assert.deepEqual(verdictOn(rules, message({ 'm.mentions': { room: true } }), { ...context, mayNotifyRoom: true }), MARKED)
  assert.deepEqual(verdictOn(rules, message({}, 'm.reaction'), context), SILENT)
  assert.deepEqual(verdictOn(rules, message({ 'm.relates_to': { rel_type: 'm.replace' } }), context), SILENT)
  assert.deepEqual(verdictOn(rules, message({}, 'org.example.other'), context), SILENT)
})

const own = (kind: keyof Rules, rule: Partial<PushRule>): Rules => ({
  ...rules,
  [kind]: [{ rule_id: 'mine', default: false, enabled: true, actions: ['notify', { set_tweak: 'highlight' }], ...rule }],
})
test('MXR-132: words, people, rooms, and rules that are off', () => {
  const words = own('content', { pattern: 'tea' })
  for (const [body, is] of [
    ['Tea?', true],
    ['a cup of tea', true],
    ['team', false],
    ['steal teas tea', true],
    ['', false],
  ] as const)
    assert.equal(verdictOn(words, message({ body }), context).highlight, is, body)
  assert.equal(verdictOn(own('content', { pattern: 't*a' }), message({ body: 'a TORTILLA' }), context).highlight, true)
  assert.deepEqual(verdictOn(own('content', { pattern: 'tea', enabled: false }), message({ body: 'tea' }), context), LOUD)
  assert.deepEqual(verdictOn(own('room', { rule_id: '!r:a.example', actions: [] }), message({ body: 'x' }), context), SILENT)
  assert.deepEqual(verdictOn(own('sender', { rule_id: '@fay:a.example', actions: [] }), message({ body: 'x' }), context), SILENT)
  const off = { ...rules, override: rules.override.map((rule) => ({ ...rule, enabled: rule.rule_id === '.m.rule.master' })) }
  assert.deepEqual(verdictOn(off, message({ body: 'x' }), context), SILENT)
})

test('MXR-132: conditions', () => {
  const when = (condition: object, event: object = {}): boolean =>
    verdictOn(own('override', { conditions: [condition as never] }), message({ body: 'Hello Evie!', ...event }), context)
      .highlight
  assert.equal(when({ kind: 'room_member_count', is: '5' }), true)
  assert.equal(when({ kind: 'room_member_count', is: '>=6' }), false)
  assert.equal(when({ kind: 'room_member_count', is: '<6' }), true)
  assert.equal(when({ kind: 'contains_display_name' }), true)
  assert.equal(when({ kind: 'event_match', key: 'content.a\\.b', pattern: 'x*' }, { 'a.b': 'xyz' }), true)
  assert.equal(when({ kind: 'event_match', key: 'content.a.b', pattern: 'x*' }, { 'a.b': 'xyz' }), false)
  assert.equal(when({ kind: 'event_match', key: 'type', pattern: 'm.room' }), false, 'all of it must match')
  assert.equal(
    when({ kind: 'event_match', key: 'content.body', pattern: `${'*a'.repeat(200)}b` }, { body: 'a'.repeat(4000) }),
    false,
  )
  assert.equal(when({ kind: 'event_property_is', key: 'content.n', value: 1 }, { n: 1 }), true)
  assert.equal(when({ kind: 'nobody knows it' }), false)
  assert.equal(when([]), false)
})

test('the rules of one user do not stop the server: an event that they cost too much for is not announced', () => {
  const costly = (pattern: string): Rules => ({
    ...rules,
    content: Array.from({ length: 100 }, (_, n) => ({ rule_id: `${n}`, default: false, enabled: true, actions: [], pattern })),
  })
  const body = 'a'.repeat(4096)
  const begun = process.cpuUsage()
  for (const pattern of [`${'a'.repeat(500)}b?`, `${'?'.repeat(500)}b`, `*${'a'.repeat(400)}`, 'a', 'a'.repeat(500)])
    assert.deepEqual(verdictOn(costly(pattern), message({ body }), context), SILENT, pattern)
  const { user } = process.cpuUsage(begun)
  assert.ok(user < 500_000, `${user} microseconds`)
  const { override } = own('override', { conditions: [{ kind: 'event_match', key: '.'.repeat(60_000), pattern: 'x' }] })
  assert.deepEqual(verdictOn({ ...rules, override }, message({ body }), context), SILENT)
  assert.deepEqual(verdictOn(costly('c'), message({ body }), context), LOUD, 'many words are not too many')
})
