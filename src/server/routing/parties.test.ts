import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Parties } from './parties.ts'

test('domains with one certificate or one address are one party; others are not', () => {
  const parties = new Parties()
  parties.learn('a.evil.example', ['certificate 1', 'address 1'])
  parties.learn('b.evil.example', ['certificate 1', 'address 2'])
  parties.learn('c.evil.example', ['certificate 2', 'address 2'])
  parties.learn('good.example', ['certificate 3', 'address 3'])
  for (const domain of ['a', 'b', 'c']) assert.equal(parties.of(`${domain}.evil.example`), 'a.evil.example')
  assert.equal(parties.of('good.example'), 'good.example')
  assert.equal(parties.of('unknown.example'), 'unknown.example')
})

test('a domain that moves stays the party that it was', () => {
  const parties = new Parties()
  parties.learn('a.evil.example', ['address 1'])
  parties.learn('b.evil.example', ['address 1'])
  parties.learn('b.evil.example', ['address 2'])
  assert.equal(parties.of('b.evil.example'), 'a.evil.example')
})

test('what is known is bounded: the domain that was not seen for longest is forgotten', () => {
  const parties = new Parties(2)
  for (const domain of ['1', '2', '1', '3']) parties.learn(domain, ['address'])
  assert.deepEqual(
    ['1', '2', '3'].map((domain) => parties.of(domain)),
    ['1', '2', '1'],
  )
})
