/** RFC 6121 section 3 as its users see it: asking, granting, refusing, leaving, granting beforehand. */
import assert from 'node:assert/strict'
import { bareOf, story } from '../support/story.ts'
import { arrives, delay, done, gone, here, item, push, rosterGet, rosterResult, rosterSet } from '../support/stanzas.ts'
import { refusal } from '../support/xml-pattern.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const ASKED = `subscription='none' ask='subscribe'`

const says = (type: string, to: string, content = '', id = 's'): string =>
  `<presence type='${type}' to='${to}' id='${id}'>${content}</presence>`

story('T-S01: a request goes from account to account', async (cast) => {
  const [alice, bob1, bob2] = await cast.clients('alice/1', 'bob/1', 'bob/2')
  await cast.client('alice', '2', { roster: false })
  const request = `<status>Hello</status><x xmlns='urn:example:x'/>`
  alice.send(says('subscribe', bob1.jid, request))
  await alice.expect(push(BOB, ASKED))
  for (const bob of [bob1, bob2]) await bob.expect(arrives('subscribe', ALICE, BOB, request))
  await bob1.ask(rosterGet('g'), rosterResult('g'))
})

story('T-S02: a request is granted', async (cast) => {
  const [alice1, alice2, bob1, bob2] = await cast.clients('alice/1', 'alice/2', 'bob/1', 'bob/2')
  alice1.send(says('subscribe', BOB))
  for (const alice of [alice1, alice2]) await alice.expect(push(BOB, ASKED))
  for (const bob of [bob1, bob2]) await bob.expect(arrives('subscribe', ALICE))
  bob1.send(says('subscribed', ALICE))
  for (const alice of [alice1, alice2]) {
    await alice.expect(
      arrives('subscribed', BOB, ALICE),
      push(BOB, `subscription='to'`),
      here(bob1.jid, '', ALICE),
      here(bob2.jid, '', ALICE),
    )
  }
  for (const bob of [bob1, bob2]) await bob.expect(push(ALICE, `subscription='from'`))
})

story('T-S03: a request is refused, and nothing is betrayed', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED))
  await bob.expect(arrives('subscribe', ALICE))
  bob.send(says('unsubscribed', ALICE))
  await alice.expect(arrives('unsubscribed', BOB, ALICE), push(BOB, `subscription='none'`))
})

story('T-S04: a request waits for its answer', async (cast) => {
  const alice = await cast.client('alice', '1')
  await cast.server.account('bob')
  for (const status of ['one', 'two', 'three'])
    alice.send(says('subscribe', BOB, `<status>${status}</status><x xmlns='urn:example:x'/>`))
  await alice.expect(push(BOB, ASKED))
  await cast.expectNothing()
  for (const resource of ['1', '2', '3']) {
    const bob = await cast.client('bob', resource, { presence: null })
    bob.send('<presence/>')
    await bob.expect(
      here(bob.jid),
      arrives('subscribe', ALICE, BOB, `<status>three</status><x xmlns='urn:example:x'/>${delay()}`),
    )
    await cast.expectNothing()
    await bob.close()
  }
  const bob = await cast.client('bob', '4')
  bob.send(says('unsubscribed', ALICE))
  await alice.expect(arrives('unsubscribed', BOB, ALICE), push(BOB, `subscription='none'`))
  bob.send(`<presence type='unavailable'/>`, '<presence/>')
  await bob.expect(gone(bob.jid), here(bob.jid))
})

story('T-S05: a request is taken back before it was seen', async (cast) => {
  const alice = await cast.client('alice', '1')
  await cast.server.account('bob')
  alice.send(says('subscribe', BOB), says('unsubscribe', BOB))
  await alice.expect(push(BOB, ASKED), push(BOB, `subscription='none'`))
  await cast.settle()
  const bob = await cast.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expect(here(bob.jid))
})

story('T-S06: requests go to who is available, answers to who has the roster', async (cast) => {
  const alice = await cast.client('alice', '1')
  const bob1 = await cast.client('bob', '1', { presence: null })
  const bob2 = await cast.client('bob', '2', { roster: false })
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED))
  await bob2.expect(arrives('subscribe', ALICE))
  await cast.expectNothing()
  bob2.send(says('subscribed', ALICE))
  await bob1.expect(push(ALICE, `subscription='from'`))
  await alice.expect(arrives('subscribed', BOB), push(BOB, `subscription='to'`), here(bob2.jid))
})

story('T-S07: both ways', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED))
  await bob.expect(arrives('subscribe', ALICE))
  bob.send(says('subscribed', ALICE), says('subscribe', ALICE))
  await bob.expect(push(ALICE, `subscription='from'`), push(ALICE, `subscription='from' ask='subscribe'`))
  await alice.expect(arrives('subscribed', BOB), push(BOB, `subscription='to'`), here(bob.jid), arrives('subscribe', BOB))
  alice.send(says('subscribed', BOB))
  await alice.expect(push(BOB, `subscription='both'`))
  await bob.expect(arrives('subscribed', ALICE), push(ALICE, `subscription='both'`), here(alice.jid))
  for (const client of [alice, bob]) {
    client.send(`<presence><show>away</show></presence>`)
    for (const watcher of [alice, bob]) await watcher.expect(here(client.jid, '<show>away</show>'))
  }
})

story('T-S08: not wanting to see any more', async (cast) => {
  const [alice, bob1, bob2] = await cast.friends('alice/1', 'bob/1', 'bob/2')
  alice.send(says('unsubscribe', BOB))
  for (const bob of [bob1, bob2]) await bob.expect(arrives('unsubscribe', ALICE, BOB), push(ALICE, `subscription='to'`))
  await alice.expect(push(BOB, `subscription='from'`), gone(bob1.jid, '', ALICE), gone(bob2.jid, '', ALICE))
})

story('T-S09: not wanting to be seen any more', async (cast) => {
  const [alice, bob1, bob2] = await cast.friends('alice/1', 'bob/1', 'bob/2')
  bob1.send(says('unsubscribed', ALICE))
  await alice.expect(
    gone(bob1.jid, '', ALICE),
    gone(bob2.jid, '', ALICE),
    arrives('unsubscribed', BOB, ALICE),
    push(BOB, `subscription='from'`),
  )
  for (const bob of [bob1, bob2]) await bob.expect(push(ALICE, `subscription='to'`))
})

story('T-S10: a request by who sees already is answered without anybody being asked', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(says('subscribe', BOB))
  await alice.expect(here(bob.jid, '', ALICE))
})

story('T-S11: a request that was granted beforehand', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  bob.send(says('subscribed', ALICE))
  await bob.expect(push(ALICE, `subscription='none' approved='true'`))
  await cast.expectNothing()
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED), arrives('subscribed', BOB, ALICE), push(BOB, `subscription='to'`), here(bob.jid))
  await bob.expect(push(ALICE, `subscription='from'`))
})

story('T-S12: what was granted beforehand is taken back', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  bob.send(says('subscribed', ALICE), says('unsubscribed', ALICE))
  await bob.expect(push(ALICE, `subscription='none' approved='true'`), push(ALICE, `subscription='none'`))
  await cast.expectNothing()
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED))
  await bob.expect(arrives('subscribe', ALICE))
})

story('T-S13: a probe does not use up what was granted beforehand', async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/x')
  alice.send(says('subscribed', dave.bare))
  await alice.expect(push(dave.bare, `subscription='none' approved='true'`))
  dave.send(says('probe', ALICE))
  await cast.expectNothing()
  await alice.ask(rosterGet('g'), rosterResult('g', item(dave.bare, `subscription='none' approved='true'`)))
})

story('T-S14: to oneself, to the server, to nobody', async (cast) => {
  const alice = await cast.client('alice', '1')
  for (const self of [ALICE, alice.jid]) {
    alice.send(says('subscribe', self))
    await alice.expect(refusal('presence', `id='s'`, 'cancel', 'not-allowed'))
    alice.send(...['subscribed', 'unsubscribe', 'unsubscribed'].map((type) => says(type, self)))
    await cast.expectNothing()
  }
  alice.send(says('subscribe', bareOf('nobody')))
  await alice.expect(push(bareOf('nobody'), ASKED))
  await cast.expectNothing()
  for (const server of ['a.example', 'a.example/x']) {
    alice.send(...['subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'subscribe'].map((type) => says(type, server)))
    await alice.expect(refusal('presence', `id='s' from='${server}'`, 'cancel', 'service-unavailable'))
  }
  await alice.ask(rosterGet('g'), rosterResult('g', item(bareOf('nobody'), ASKED)))
})

story('T-S15: to a server that is not to be found', async (cast) => {
  const [alice1, alice2] = await cast.clients('alice/1', 'alice/2')
  const contact = 'x@nonexistent.example'
  alice1.send(says('subscribe', contact))
  await alice1.expectAll(
    push(contact, ASKED),
    refusal('presence', `id='s' from='${contact}'`, 'cancel', 'remote-server-not-found'),
  )
  await alice2.expect(push(contact, ASKED))
})

story('T-S16: to what is no address', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(says('subscribe', '@@bad'))
  await alice.expect(refusal('presence', `id='s'`, 'modify', 'jid-malformed'))
  await alice.ask(rosterGet('g'), rosterResult('g'))
})

story('T-S19: an answer to a resource that is not there', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED))
  await bob.expect(arrives('subscribe', ALICE))
  // A client's answer is sent to the bare JID whatever it was addressed to (3.1.5): this one comes from elsewhere
  await cast.fromElsewhere(says('subscribed', `${ALICE}/ghost`).replace('<presence', `<presence from='dave@b.example'`))
  await cast.fromElsewhere(says('subscribed', `${ALICE}/ghost`).replace('<presence', `<presence from='${BOB}'`))
  await cast.expectNothing()
  await alice.ask(rosterGet('g'), rosterResult('g', item(BOB, ASKED)))
})

story('T-S20: a flood of requests', { limits: { 'pending-requests': 20 } }, async (cast) => {
  await cast.server.account('bob')
  for (let i = 0; i < 500; i++) await cast.fromElsewhere(`<presence type='subscribe' from='spam${i}@b.example' to='${BOB}'/>`)
  const bob = await cast.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expect(here(bob.jid))
  for (let i = 0; i < 10; i++) await bob.expect(arrives('subscribe', `spam${i}@b.example`, BOB, delay())) // half: others find room
})

story('SUB-12: an item and a request for the same contact, in any order', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  alice.send(
    rosterSet('1', item(BOB, `name='Bob'`, '<group>Friends</group>')),
    says('subscribe', BOB),
    rosterSet('2', item(BOB, `name='B'`)),
  )
  await alice.expect(
    push(BOB, `name='Bob' subscription='none'`, '<group>Friends</group>'),
    done('1'),
    push(BOB, `name='Bob' ${ASKED}`, '<group>Friends</group>'),
    push(BOB, `name='B' ${ASKED}`),
    done('2'),
  )
  await cast.known(`${BOB}/1`).expect(arrives('subscribe', ALICE))
})

story('a grant that is taken back at once leaves no ghost', { on: ['memory'] }, async (cast) => {
  const [alice1, alice2, bob] = await cast.clients('alice/1', 'alice/2', 'bob/1')
  bob.send(says('subscribed', ALICE))
  await bob.expect(push(ALICE, `subscription='none' approved='true'`))
  alice1.send(says('subscribe', BOB))
  alice2.send(says('unsubscribe', BOB))
  const before = [push(BOB, ASKED), push(BOB, `subscription='none'`)]
  await alice1.expect(...before, here(bob.jid), gone(bob.jid))
  await alice2.expect(...before, here(bob.jid), gone(bob.jid))
  await bob.expect(push(ALICE, `subscription='from'`), arrives('unsubscribe', ALICE), push(ALICE, `subscription='none'`))
})

story('what follows a grant keeps its order, at whatever moment it comes', { on: ['memory'] }, async (cast) => {
  const alice = await cast.client('alice', '1')
  cast.server.host.router.claim('b.example', 'component', { deliver() {} })
  for (let moment = 0; moment < 40; moment++) {
    const contact = `x${moment}@b.example`
    alice.send(says('subscribe', contact))
    await cast.forget()
    const comes = (type: string, resource = '') =>
      cast.fromElsewhere(`<presence ${type} from='${contact}${resource}' to='${ALICE}'/>`)
    const all = [comes(`type='subscribed'`), comes('', '/1')]
    for (let turn = 0; turn < moment; turn++) await Promise.resolve()
    await Promise.all([...all, comes(`type='unavailable'`, '/1')])
    await cast.settle()
    const shown = alice.take().filter((xml) => xml.attr('from') === `${contact}/1`)
    assert.deepEqual(
      shown.map((xml) => xml.attr('type')),
      [undefined, 'unavailable'],
      `after ${moment} turns`,
    )
  }
})

story('a probe of one who has not answered yet is not sent: the answer would be taken for his', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(says('subscribe', BOB))
  await alice.expect(push(BOB, ASKED))
  await bob.expect(arrives('subscribe', ALICE))
  alice.send(says('probe', BOB))
  await cast.expectNothing()
  bob.send(says('subscribed', ALICE))
  await alice.expect(arrives('subscribed', BOB, ALICE), push(BOB, `subscription='to'`), here(bob.jid, '', ALICE))
  await bob.expect(push(ALICE, `subscription='from'`))
})

const DAY = 86_400_000

story(
  'SUB-11: a request that is not answered is sent again, once a day, as it was sent first',
  { on: ['memory'] },
  async (cast) => {
    const arrived: string[] = []
    const { router } = cast.server.host
    router.claim('b.example', 'component', { deliver: (packet) => void arrived.push(String(packet.wire)) })
    const asked = (): string[] => arrived.splice(0).filter((text) => text.includes(`type='subscribe'`))
    const comesOnline = async (): Promise<string[]> => {
      const alice = await cast.client('alice', 'later')
      await alice.close()
      return asked()
    }
    const alice = await cast.client('alice', '1')
    const contact = 'x@b.example'
    alice.send(says('subscribe', contact, '<status>Hello</status>'), says('subscribe', BOB))
    await alice.expect(push(contact, ASKED), push(BOB, ASKED))
    await cast.settle()
    const request = (id: string): RegExp =>
      new RegExp(
        `^<presence from='${ALICE}' to='${contact}' type='subscribe' id='${id}' xml:lang='en'><status>Hello</status></presence>$`,
      )
    assert.match(asked().join(), request('s'))
    assert.deepEqual(await comesOnline(), [], 'not yet')
    await cast.advance(DAY)
    assert.match((await comesOnline()).join(), request('[\\w-]{24}'), 'to the contact elsewhere alone')
    assert.deepEqual(await comesOnline(), [], 'once a day')
    await cast.fromElsewhere(`<presence type='unsubscribed' from='${contact}' to='${ALICE}'/>`)
    await cast.advance(DAY)
    assert.deepEqual(await comesOnline(), [], 'it was answered')
    for (const xml of alice.take()) assert.equal(xml.attr('type') === 'error', false, xml.show())
  },
)

story(
  'SUB-33: where everybody may know who is there, a request to nobody is refused',
  { presence: { 'public-directory': true } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await cast.server.account('bob')
    alice.send(says('subscribe', bareOf('nobody')))
    await alice.expect(refusal('presence', `id='s' from='${bareOf('nobody')}'`, 'cancel', 'item-not-found'))
    await alice.ask(rosterGet('g'), rosterResult('g'))
    alice.send(says('subscribe', BOB))
    await alice.expect(push(BOB, ASKED))
  },
)

story(
  'SUB-31: the server tells its own users that it is there, if it is to',
  { presence: { 'server-presence': true } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(says('probe', 'a.example'))
    await alice.expect(`<presence from='a.example' to='${ALICE}' id='s'/>`)
    const arrived: string[] = []
    cast.server.host.router.claim('b.example', 'component', { deliver: (packet) => void arrived.push(String(packet.wire)) })
    await cast.fromElsewhere(`<presence type='probe' from='x@b.example' to='a.example'/>`)
    await cast.expectNothing()
    assert.deepEqual(arrived, [])
  },
)
