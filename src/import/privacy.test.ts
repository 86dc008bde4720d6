/** XEP-0016 as XEP-0191: nobody is blocked whom the lists let through, and what is not taken is named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from '../xml/wire.ts'
import { blockedBy } from './privacy.ts'
import { elementOf } from '../xml/whole.ts'

const PRIVACY = 'jabber:iq:privacy'
const lists = (xml: string) => blockedBy(elementOf(encode(`<query xmlns='${PRIVACY}'>${xml}</query>`), PRIVACY))
const byDefault = (...rules: string[]) => lists(`<default name='x'/><list name='x'>${rules.join('')}</list>`)
const deny = (value: string, order = 1, kinds = '') =>
  `<item type='jid' value='${value}' action='deny' order='${order}'>${kinds}</item>`
const allow = (value: string, order = 0) => `<item type='jid' value='${value}' action='allow' order='${order}'/>`

test('addresses, accounts and domains that are denied whatever they send', () => {
  const all = '<message/><iq/><presence-in/><presence-out/>'
  const { blocked, leftOut } = byDefault(
    deny('b.example', 2),
    deny('a@a.example', 1),
    deny('a@c.example/r', 3, all),
    `<item action='allow' order='9'/>`,
    deny('never@reached.example', 10),
  )
  assert.deepEqual([blocked, leftOut], [['a@a.example', 'b.example', 'a@c.example/r'], []])
})

test('the order of the rules counts, not that of the file: an exception is not blocked, nor what it is a part of', () => {
  assert.deepEqual(byDefault(deny('b.example', 5), allow('A@b.example', 1)).blocked, [])
  assert.deepEqual(byDefault(deny('a@b.example', 5), allow('b.example', 1)).blocked, [])
  assert.deepEqual(byDefault(deny('a@b.example/r', 5), allow('a@b.example', 1)).blocked, [])
  assert.deepEqual(byDefault(deny('a@b.example', 1), allow('b.example', 5)).blocked, ['a@b.example'])
  assert.deepEqual(byDefault(deny('a@xb.example', 5), allow('b.example', 1)).blocked, ['a@xb.example'])
  const group = `<item type='group' value='Friends' action='allow' order='1'/>`
  assert.deepEqual(byDefault(group, deny('a@b.example', 5)).blocked, [], 'it may be a friend')
  assert.equal(byDefault(group, deny('a@b.example', 5)).leftOut.length, 2)
})

test('what a block list cannot say is named', () => {
  const { blocked, leftOut } = lists(`<active name='y'/><default name='x'/><list name='y'>${deny('a@b.example')}</list>
    <list name='x'>${deny('a@b.example', 1, '<message/>')}<item action='deny' order='2'><presence-in/></item></list>`)
  assert.deepEqual(blocked, [])
  assert.deepEqual(leftOut, [
    'the privacy rule "deny the jid "a@b.example"" (message), which a block list cannot express',
    'the privacy rule "deny everybody else" (presence-in), which a block list cannot express',
    'the privacy list "y", which is not the default',
  ])
  assert.equal(byDefault(`<item action='deny' order='1'/>`).leftOut.length, 1)
  assert.deepEqual(lists(`<list name='x'>${deny('a@b.example')}</list>`).blocked, [], 'no list is the default')
})
