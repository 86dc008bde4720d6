import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededEntropy } from '../../base/entropy.ts'
import { jid, prepareResource } from '../../xmpp/jid.ts'
import { Identifiers } from './identifiers.ts'

const ROMEO = jid('romeo@example.net')
const DEVICE = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
const identifiers = (key = 'key'): Identifiers => new Identifiers(Buffer.from(key), seededEntropy('chance'))

test('XEP-0386 3.2.1: whatever the tag, the resource is one, ends in the identifier, and begins with the tag if it may', () => {
  const made = identifiers()
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.option(fc.uuid({ version: 4 })), (tag, device) => {
      const resource = made.resource(ROMEO, tag, device)
      assert.equal(prepareResource(resource), resource)
      assert.match(resource, /(?:^|\/)[\w-]{12}$/)
      assert(resource.length === 12 || resource.slice(0, -13) === tag.normalize('NFC').replaceAll(/\p{Zs}/gu, ' '))
    }),
  )
})

test('XEP-0386 3.2.1: the longest tag', () => {
  assert.equal(Buffer.byteLength(identifiers().resource(ROMEO, 'x'.repeat(1010), DEVICE)), 1023)
  assert.equal(identifiers().resource(ROMEO, 'x'.repeat(1011), DEVICE).length, 12)
})

test('XEP-0386 3.2.1: the same over restarts, and not to be found out without the key', () => {
  const resource = identifiers().resource(ROMEO, 'Story', DEVICE)
  assert.equal(identifiers().resource(ROMEO, 'Story', DEVICE), resource)
  assert.notEqual(identifiers('another key').resource(ROMEO, 'Story', DEVICE), resource)
})
