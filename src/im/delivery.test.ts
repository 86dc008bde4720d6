/** RFC 6121 section 8. T-D13: Table 1, row by row, against what the RFC allows and what we chose. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '../xmpp/jid.ts'
import { deliverIq, deliverMessage, isKnown, maySee, mayQuery, type Condition } from './delivery.ts'
import { accountOf, presence, stanza } from '../../test/support/im-recorder.ts'
import type { Account } from './account.ts'

const ALICE = 'alice@a.example'
const SENDER = 'bob@b.example/x'

/** Priorities by resource; null: connected, not available. */
function alice(resources: Readonly<Record<string, number | null>>): Account {
  const account = accountOf(ALICE, {}, Object.keys(resources))
  for (const resource of account.resources) {
    const priority = resources[resource.jid.resource]!
    if (priority === null) continue
    resource.presence = presence({ from: resource.jid.full })
    resource.priority = priority
  }
  return account
}

const ACCOUNTS: Readonly<Record<Condition, Account | null>> = {
  'account does not exist': null,
  'no active resources': alice({ idle: null }),
  'only negative resources': alice({ minus: -1, minus2: -128, idle: null }),
  '1 non-negative resource': alice({ zero: 0, minus: -1 }),
  'several non-negative resources': alice({ zero: 0, five: 5, five2: 5, minus: -1 }),
}
const MATCH: Readonly<Record<Condition, string>> = {
  'account does not exist': 'none',
  'no active resources': 'idle',
  'only negative resources': 'minus',
  '1 non-negative resource': 'minus',
  'several non-negative resources': 'zero',
}

// Columns: normal, chat, groupchat, headline. First what the RFC allows, then who gets it here: by a sender who may
// not see the user, and after '|' by one who may where that is different. '+' joins resources. Beyond what the RFC allows, such a sender's
// groupchat to a resource that is there is refused as if it were not (DEVIATES(7)).
// prettier-ignore
const TABLE_1: readonly (readonly [Condition, string, readonly string[], readonly string[]])[] = [
  ['account does not exist',         'bare',     ['S/E', 'S/E', 'E',   'S'],   ['silent', 'silent', 'error', 'silent']],
  ['account does not exist',         'no match', ['S/E', 'S/E', 'S/E', 'S/E'], ['silent', 'silent', 'error', 'silent']],
  ['no active resources',            'bare',     ['O/E', 'O/E', 'E',   'S'],   ['store', 'store', 'error', 'silent']],
  ['no active resources',            'match',    ['D',   'D',   'D',   'D'],   ['idle', 'idle', 'error|idle', 'idle']],
  ['no active resources',            'no match', ['S/E', 'O/E', 'S/E', 'S/E'], ['silent|error', 'store', 'error', 'silent']],
  ['only negative resources',        'bare',     ['O/E', 'O/E', 'E',   'S'],   ['store', 'store', 'error', 'silent']],
  ['only negative resources',        'match',    ['D',   'D',   'D',   'D'],   ['minus', 'minus', 'error|minus', 'minus']],
  ['only negative resources',        'no match', ['S/E', 'O/E', 'S/E', 'S/E'], ['silent|error', 'store', 'error', 'silent']],
  ['1 non-negative resource',        'bare',     ['D',   'D',   'E',   'D'],   ['zero', 'zero', 'error', 'zero']],
  ['1 non-negative resource',        'match',    ['D',   'D',   'D',   'D'],   ['minus', 'minus', 'error|minus', 'minus']],
  ['1 non-negative resource',        'no match', ['S/E', 'D',   'S/E', 'S/E'], ['silent|error', 'zero', 'error', 'silent']],
  ['several non-negative resources', 'bare',     ['M/A', 'M/A', 'E',   'A'],   ['zero+five+five2', 'five+five2', 'error', 'zero+five+five2']],
  ['several non-negative resources', 'match',    ['D',   'D/A', 'D',   'D'],   ['zero', 'zero', 'error|zero', 'zero']],
  ['several non-negative resources', 'no match', ['S/E', 'M/A', 'S/E', 'S/E'], ['silent|error', 'five+five2', 'error', 'silent']],
]
const TYPES = ['normal', 'chat', 'groupchat', 'headline'] as const

function outcome(account: Account | null, type: string, to: string, known: boolean): string {
  const delivery = deliverMessage(account, stanza('message', { type, from: SENDER, to }), known)
  return delivery.kind === 'deliver' ? delivery.to.map((r) => r.jid.resource).join('+') : delivery.kind
}
/** The letters of the RFC that this outcome can stand for. */
function letters(result: string, address: string, condition: Condition): string {
  if (result === 'silent') return 'S'
  if (result === 'error') return 'E'
  if (result === 'store') return 'O'
  if (address === 'match' || condition === '1 non-negative resource') return 'D'
  return result === 'zero+five+five2' ? 'A' : 'M'
}

for (const [condition, address, allowed, expected] of TABLE_1) {
  test(`T-D13, Table 1: ${condition}, ${address}`, () => {
    const to = address === 'bare' ? ALICE : `${ALICE}/${address === 'match' ? MATCH[condition] : 'gone'}`
    TYPES.forEach((type, i) => {
      const [unknown, known = unknown] = expected[i]!.split('|')
      assert.equal(outcome(ACCOUNTS[condition], type, to, false), unknown, type)
      assert.equal(outcome(ACCOUNTS[condition], type, to, true), known, `${type}, known`)
      const isRefused = address === 'match' && type === 'groupchat'
      for (const result of isRefused ? [known!] : [unknown!, known!])
        assert.ok(
          allowed[i]!.split('/').includes(letters(result, address, condition)),
          `${type}: ${result} is not in ${allowed[i]}`,
        )
    })
  })
}

test('8.5.2.1.1, 8.5.3.2.1: an error is delivered to a resource that is there, and else dropped', () => {
  for (const [condition, address] of TABLE_1) {
    const to = address === 'bare' ? ALICE : `${ALICE}/${address === 'match' ? MATCH[condition] : 'gone'}`
    for (const known of [false, true]) {
      assert.equal(outcome(ACCOUNTS[condition], 'error', to, known), address === 'match' ? MATCH[condition] : 'silent')
    }
  }
})

test('a vacant resource receives nothing: what can be stored is for the account', () => {
  const account = alice({ relic: 5, one: 0 })
  account.resources[0]!.vacant = true
  const kinds = ['normal', 'chat', 'groupchat', 'headline', 'error']
  const outcomes = (known: boolean): readonly string[] => kinds.map((type) => outcome(account, type, `${ALICE}/relic`, known))
  assert.deepEqual(outcomes(true), ['one', 'one', 'silent', 'silent', 'silent'])
  assert.deepEqual(outcomes(false), ['one', 'one', 'error', 'silent', 'silent'], 'as for a resource that is not there')
  account.resources[1]!.presence = null
  assert.deepEqual(outcomes(true).slice(0, 2), ['store', 'store'])
  const iq = stanza('iq', { type: 'get', from: SENDER, to: `${ALICE}/relic` })
  assert.deepEqual(deliverIq(account, iq, true), { kind: 'error' })
})

test('DELIV-4, 5.2.2: no type, or one that is not known, is normal', () => {
  for (const type of ['', 'spam']) {
    assert.equal(outcome(ACCOUNTS['several non-negative resources'], type, ALICE, false), 'zero+five+five2')
    assert.equal(outcome(ACCOUNTS['no active resources'], type, ALICE, false), 'store')
  }
})

test('PRIO-1: a resource that was never available gets nothing sent to the bare JID', () => {
  assert.equal(outcome(alice({ idle: null, zero: 0 }), 'normal', ALICE, false), 'zero')
})

test('8.5.3.1, T-D10: which resource shows itself to whom', () => {
  const account = accountOf(ALICE, { 'f@b': 'From', 't@b': 'To', 'both@b': 'Both', 'p@b': 'None + Pending In' }, ['1', '2'])
  account.resources[0]!.directed = new Map([['room@c/me', jid('room@c/me')]])
  const may = (sender: string, i = 0): boolean => mayQuery(account, account.resources[i]!, jid(sender))
  for (const sender of ['f@b/x', 'both@b/x', 'f@b', ALICE, `${ALICE}/2`, 'a.example', 'room@c/me', 'room@c/other'])
    assert.ok(may(sender), sender)
  for (const sender of ['t@b/x', 'p@b/x', 'stranger@b/x', 'b', 'a.example/x']) assert.ok(!may(sender), sender)
  assert.ok(!may('room@c/me', 1), 'another resource of the account did not send it presence')
})

test('8.1: known is who is in the roster, was sent presence, or is the user; of contacts, subscribers may see the user', () => {
  const account = accountOf(ALICE, { 'f@b': 'From', 't@b': 'To', 'n@b': 'None + Pending Out', 'p@b': 'None + Pending In' }, [
    '1',
    '2',
  ])
  account.resources[1]!.directed = new Map([['room@c/me', jid('room@c/me')]])
  for (const sender of ['f@b/x', 't@b/x', 'n@b/x', `${ALICE}/2`, 'room@c/other']) assert.ok(isKnown(account, jid(sender)), sender)
  for (const sender of ['p@b/x', 'stranger@b/x', 'c']) assert.ok(!isKnown(account, jid(sender)), sender)
  for (const sender of ['f@b/x', `${ALICE}/2`, 'room@c/other']) assert.ok(maySee(account, jid(sender)), sender)
  for (const sender of ['t@b/x', 'n@b/x', 'p@b/x', 'c']) assert.ok(!maySee(account, jid(sender)), sender)
})

test('8.5.1, 8.5.2.1.3, 8.5.3: IQs, whole table', () => {
  const account = alice({ idle: null })
  const full = `${ALICE}/idle`
  // prettier-ignore
  const rows: readonly (readonly [Account | null, string, boolean, request: string, reply: string])[] = [
    [null,    ALICE,           false, 'error',   'silent'],
    [null,    `${ALICE}/idle`, false, 'error',   'silent'],
    [account, ALICE,           false, 'account', 'account'],
    [account, ALICE,           true,  'account', 'account'],
    [account, full,            true,  'deliver', 'deliver'],
    [account, full,            false, 'error',   'deliver'],
    [account, `${ALICE}/gone`, true,  'error',   'silent'],
    [account, `${ALICE}/gone`, false, 'error',   'silent'],
  ]
  for (const [who, to, authorised, request, reply] of rows) {
    for (const type of ['get', 'set'])
      assert.equal(deliverIq(who, stanza('iq', { type, from: SENDER, to }), authorised).kind, request, `${type} ${to}`)
    for (const type of ['result', 'error'])
      assert.equal(deliverIq(who, stanza('iq', { type, from: SENDER, to }), authorised).kind, reply, `${type} ${to}`)
  }
})
