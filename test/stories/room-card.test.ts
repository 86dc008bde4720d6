/** XEP-0486: a room has a card, with a picture. */
import { createHash } from 'node:crypto'
import assert from 'node:assert/strict'
import { configure, enter, error, field, open, ROOM, told } from '../support/rooms.ts'
import { PUBSUB } from '../support/eventing.ts'
import { story } from '../support/story.ts'
import type { Xml } from '../support/xml-reader.ts'

const VCARD = 'vcard-temp'
const PICTURE = Buffer.from('a picture')
const CARD = `<vCard xmlns='${VCARD}'><FN>The den</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>${PICTURE.toString('base64')}</BINVAL></PHOTO></vCard>`
const HASH = createHash('sha1').update(PICTURE).digest('hex')
const ask = (inside: string, type = 'get'): string => `<iq type='${type}' id='c' to='${ROOM}'>${inside}</iq>`
const INFO = `<iq type='get' id='i' to='${ROOM}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`

story('ROOM-115: owners give the room a card, everybody reads it, and its picture is announced', async (cast) => {
  const alice = await open(cast, field('muc#roomconfig_persistentroom', '1'))
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  bob.send(ask(CARD, 'set'))
  await bob.expect(error('iq', `id='c' from='${ROOM}'`, 'auth', 'forbidden'))
  bob.send(ask(`<vCard xmlns='${VCARD}'/>`))
  await bob.expect(`<iq type='result' id='c' from='${ROOM}'><vCard xmlns='${VCARD}'/></iq>`)
  alice.send(ask(CARD, 'set'))
  await alice.expect(`<iq type='result' id='c' from='${ROOM}'/>`)
  for (const one of [alice, bob]) await one.expect(told(104))
  const eve = await cast.client('eve', '1')
  eve.send(ask(`<vCard xmlns='${VCARD}'/>`))
  await eve.expect(`<iq type='result' id='c' from='${ROOM}'>${CARD}</iq>`)
  const info = (await eve.ask(INFO)).show()
  assert.ok(info.includes('muc#roominfo_avatarhash') && info.includes(HASH))
  assert.ok(info.includes(VCARD))
  alice.send(ask(`<vCard xmlns='${VCARD}'/>`, 'set'))
  await alice.expect(`<iq type='result' id='c' from='${ROOM}'/>`)
  for (const one of [alice, bob]) await one.expect(told(104))
  assert.ok(!(await eve.ask(INFO)).show().includes('avatarhash'))
})

story(
  'T-M30, ROOM-66, ROOM-141: cards and nodes of people in a room come through it, and no real address in any octet',
  async (cast) => {
    await open(cast)
    const [bob, carol] = [await enter(cast, 'bob', 'Bob'), await enter(cast, 'carol', 'Carol')]
    const publish = `<pubsub xmlns='${PUBSUB}'><publish node='urn:example:pubkeys'><item id='1'><p xmlns='urn:example:p'>key</p></item></publish><publish-options><x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', `${PUBSUB}#publish-options`)}${field('pubsub#access_model', 'open')}</x></publish-options></pubsub>`
    carol.send(`<iq type='set' id='1'>${CARD}</iq>`, `<iq type='set' id='2'>${publish}</iq>`)
    await cast.forget()
    const asked = async (inside: string): Promise<Xml> => {
      const answer = await bob.ask(`<iq type='get' id='q' to='${ROOM}/Carol'>${inside}</iq>`)
      assert.ok(!answer.show().includes('carol@'), answer.show())
      return answer
    }
    assert.equal((await asked(`<vCard xmlns='${VCARD}'/>`)).child('vCard')!.child('FN')!.text, 'The den')
    const items = (node: string): string => `<pubsub xmlns='${PUBSUB}'><items node='${node}'/></pubsub>`
    const got = await asked(items('urn:example:pubkeys'))
    assert.equal(got.attr('type'), 'result', got.show())
    assert.equal(got.child('pubsub')!.child('items')!.child('item')!.child('p')!.text, 'key')
    assert.equal((await asked(items('urn:example:none'))).attr('type'), 'error')
    // What changes something of another account does not come through as if it were the account's own
    for (const change of [CARD, publish]) {
      bob.send(`<iq type='set' id='s' to='${ROOM}/Carol'>${change}</iq>`)
      await cast.settle()
      for (const question of carol.take()) assert.ok(!question.show().includes('bob@'), question.show())
    }
    await cast.forget()
  },
)

story(
  'ROOM-115: the card is there after a restart, and too large a one is refused',
  { on: ['memory'], settings: { 'multi-user-chat': { 'card-size': '1 KB', 'idle': '1 minute' } } },
  async (cast) => {
    const alice = await open(cast, field('muc#roomconfig_persistentroom', '1'))
    alice.send(ask(`<vCard xmlns='${VCARD}'><FN>${'x'.repeat(2000)}</FN></vCard>`, 'set'))
    await alice.expect(error('iq', `id='c' from='${ROOM}'`, 'modify', 'not-acceptable'))
    alice.send(ask(CARD, 'set'))
    await cast.settle()
    alice.send(`<presence type='unavailable' to='${ROOM}/Alice'/>`)
    await cast.forget()
    await cast.advance(5 * 60_000) // the room leaves memory
    assert.ok((await alice.ask(INFO)).show().includes(HASH))
    alice.send(ask(`<vCard xmlns='${VCARD}'/>`))
    await alice.expect(`<iq type='result' id='c' from='${ROOM}'>${CARD}</iq>`)
    alice.send(configure('', 'a'))
    await cast.forget()
  },
)
