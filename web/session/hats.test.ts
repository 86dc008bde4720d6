import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient, JXT } from 'stanza'
import type { Presence } from 'stanza/protocol'
import { hats } from './hats.ts'
import { roomPresenceOf } from './room-stanzas.ts'

function read(inside: string): readonly string[] {
  const { stanzas } = createClient({})
  stanzas.define(hats)
  const xml = `<presence xmlns='jabber:client' from='den@a.example/Bob'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='participant'/></x>${inside}</presence>`
  return roomPresenceOf(stanzas.import(JXT.parse(xml)) as Presence).hats
}

test('XEP-0317 3.1: the titles of the hats of an occupant, as far as they have one', () => {
  const one = (title: string): string => `<hat title='${title}' uri='urn:example:${title}'/>`
  assert.deepEqual(read(`<hats xmlns='urn:xmpp:hats:0'>${one('Host')}${one('Speaker')}<hat uri='a:b'/></hats>`), [
    'Host',
    'Speaker',
  ])
  assert.deepEqual(read(`<hats xmlns='urn:xmpp:hats:0'/>`), [])
  assert.deepEqual(read(''), [])
})
