/** XEP-0047: files inside stanzas. The server only routes them, so its limits must leave room for the largest block. */
import assert from 'node:assert/strict'
import { bareOf, storyOn } from '../support/story.ts'
import { refusal } from '../support/xml-pattern.ts'

const IBB = 'http://jabber.org/protocol/ibb'
/** The largest block (XEP-0047 2.1). */
const BLOCK = Buffer.alloc(65_535, 'To be, or not to be. ').toString('base64')
const block = (to: string, seq: number): string =>
  `<iq type='set' id='b${seq}' to='${to}'><data xmlns='${IBB}' seq='${seq}' sid='s'>${BLOCK}</data></iq>`
const inMessage = (to: string): string =>
  `<message to='${to}' id='b'><data xmlns='${IBB}' seq='9' sid='s'>${BLOCK}</data></message>`

storyOn(
  'memory',
  'tcp',
  'websocket in memory',
  'bosh in memory',
)('T-B01, IBB-1, IBB-2: the largest blocks pass unchanged between people who see each other', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  for (let seq = 0; seq < 3; seq++) {
    alice.send(block(bob.jid, seq))
    const got = await bob.expect(`<iq type='set' id='b${seq}' from='${alice.jid}' to='${bob.jid}'>*</iq>`)
    assert.equal(got.child('data')!.text, BLOCK)
    bob.send(`<iq type='result' id='b${seq}' to='${alice.jid}'/>`)
    await alice.expect(`<iq type='result' id='b${seq}' from='${bob.jid}'/>`)
  }
  alice.send(inMessage(bob.jid))
  assert.equal((await bob.expect(`<message id='b' from='${alice.jid}'>*</message>`)).child('data')!.text, BLOCK)
})

storyOn('memory')('T-B01: strangers cannot send blocks', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(block(bob.jid, 0))
  await alice.expect(refusal('iq', `id='b0' from='${bareOf('bob')}/1'`, 'cancel', 'service-unavailable'))
})

storyOn('memory')(
  'IBB-20: blocks count in the rate of a session by their octets',
  { rate: { 'bytes-per-second': 65_536 } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    for (let seq = 0; seq < 3; seq++) alice.send(block(bob.jid, seq))
    const got = (seq: number): string => `<iq type='set' id='b${seq}' from='${alice.jid}'>*</iq>`
    await bob.expect(got(0), got(1)) // four seconds are saved up, and each block takes 1.3
    await bob.fence()
    assert.equal(bob.take().length, 0)
    cast.pass(2000)
    await bob.expect(got(2))
    cast.pass(10_000)
  },
)
