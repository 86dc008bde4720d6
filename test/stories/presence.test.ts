/** RFC 6121 section 4 as its users see it: initial and later presence, leaving, probes, directed presence. */
import assert from 'node:assert/strict'
import { bareOf, story } from '../support/story.ts'
import { arrives, delay, gone, here } from '../support/stanzas.ts'
import { refusal } from '../support/xml-pattern.ts'
import { parseXml } from '../support/xml-reader.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const DAVE = bareOf('dave')
const ERIN = bareOf('erin')

story('T-P01: initial presence goes to who may see it and asks for who may be seen', async (cast) => {
  await cast.rosters(['alice', 'bob', 'from'], ['alice', 'carol', 'both'], ['alice', 'dave', 'both'], ['alice', 'erin', 'to'])
  await cast.rosters(['bob', 'alice', 'to'], ['carol', 'alice', 'both'], ['dave', 'alice', 'both'], ['erin', 'alice', 'from'])
  const [bob1, bob2, carol, dave, erin] = await cast.clients('bob/1', 'bob/2', 'carol/1', 'dave/1', 'erin/1')
  const alice = await cast.client('alice', '1', { presence: null })
  alice.send('<presence/>')
  for (const watcher of [bob1, bob2, carol, dave]) await watcher.expect(here(alice.jid, '', watcher.bare))
  await alice.expect(here(alice.jid))
  await alice.expectAll(here(carol.jid), here(dave.jid), here(erin.jid))
})

story('T-P02: a contact who is away was last seen then, and said that', async (cast) => {
  const [bob, other] = await cast.friends('bob/1', 'alice/0')
  bob.send(`<presence type='unavailable'><show>away</show><status>bye</status></presence>`)
  await other.expect(gone(bob.jid, '<show>away</show><status>bye</status>'))
  await bob.expect(gone(bob.jid, '<show>away</show><status>bye</status>'))
  await bob.close()
  if (cast.transport === 'memory') await cast.advance(600_000)
  await cast.settle()
  const alice = await cast.client('alice', '1', { presence: null })
  alice.send('<presence/>')
  const stamp = cast.transport === 'memory' ? '2026-01-01T00:00:00Z' : '*'
  await alice.expect(here(alice.jid))
  await alice.expectAll(here(`${ALICE}/0`), gone(BOB, `<status xml:lang='*'>bye</status>${delay(stamp)}`, ALICE))
  await other.expect(here(alice.jid))
})

story('T-P03: each resource of a contact is told as it told itself, with its id', async (cast) => {
  await cast.rosters(['alice', 'bob', 'to'], ['bob', 'alice', 'from'])
  const away = `<show>away</show><status>lunch</status>`
  await cast.client('bob', '1', { presence: `<presence id='one'>${away}</presence>` })
  await cast.client('bob', '2', { presence: `<presence id='two'><show>dnd</show><priority>5</priority></presence>` })
  const alice = await cast.client('alice', '1', { presence: null })
  alice.send('<presence/>')
  await alice.expect(here(alice.jid))
  await alice.expectAll(
    `<presence from='${BOB}/1' to='${ALICE}' id='one'>${away}</presence>`,
    `<presence from='${BOB}/2' to='${ALICE}' id='two'><show>dnd</show><priority>5</priority></presence>`,
  )
})

story('T-P04: a second resource is seen by the first, and sees it', async (cast) => {
  const [alice1, bob] = await cast.friends('alice/1', 'bob/1')
  const alice2 = await cast.client('alice', '2', { presence: null })
  alice2.send('<presence><show>chat</show></presence>')
  await alice1.expect(here(alice2.jid, '<show>chat</show>'))
  await bob.expect(here(alice2.jid, '<show>chat</show>'))
  await alice2.expect(here(alice2.jid, '<show>chat</show>'), here(alice1.jid), here(bob.jid))
})

story('T-P05: an update reaches every subscriber as it was sent', async (cast) => {
  const [alice, bob, carol] = await cast.friends('alice/1', 'bob/1', 'carol/1')
  const idle = `<idle xmlns='urn:xmpp:idle:1' since='2026-01-01T00:00:00Z'/>`
  const states = `<status xml:lang='en'>Wooing &amp; waiting</status><status xml:lang='cs'>Dvořím se</status><show>xa</show><priority>-3</priority>`
  const foreign = `<x:y xmlns:x='urn:example:x' x:z='1'>text<inner xmlns='urn:example:inner'/></x:y>`
  alice.send(`<presence id='p5' xml:lang='en'>${states}${idle}${foreign}</presence>`)
  const sent = parseXml(`<presence from='${alice.jid}' id='p5' xml:lang='en'>${states}${idle}${foreign}</presence>`)[0]!.show()
  for (const watcher of [alice, bob, carol]) {
    const got = await watcher.expect(`<presence from='${alice.jid}'>*</presence>`)
    assert.equal(got.show().replace(/ to='[^']*'/, ''), sent)
  }
})

story('T-P06: presence of a type that is none', async (cast) => {
  const [alice] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  alice.send(`<presence type='available' id='a'/>`)
  await alice.expect(refusal('presence', `id='a'`, 'modify', 'bad-request'))
})

for (const bad of ['128', '-129', 'x', '']) {
  story(`T-P07: priority '${bad}' counts as none, for everybody`, async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    alice.send(`<presence><priority>${bad}</priority><show>dnd</show></presence>`)
    for (const client of [alice, bob]) await client.expect(here(alice.jid, '<show>dnd</show>'))
  })
}
story('T-P07: the priorities 127 and -128', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  for (const priority of ['<priority>127</priority>', '<priority>-128</priority>']) {
    alice.send(`<presence>${priority}</presence>`)
    for (const client of [alice, bob]) await client.expect(here(alice.jid, priority))
  }
})

story('T-P08: leaving with a word', async (cast) => {
  const [alice1, alice2, bob] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  alice1.send(`<presence type='unavailable'><status>gone home</status></presence>`)
  for (const client of [alice1, alice2, bob]) await client.expect(gone(alice1.jid, '<status>gone home</status>'))
  await cast.expectNothing()
  alice1.drop()
})

story('T-P09: a connection that breaks', { on: ['memory', 'tcp', 'starttls', 'direct tls'] }, async (cast) => {
  const [alice1, alice2, bob] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  alice1.drop()
  for (const client of [alice2, bob]) await client.expect(gone(alice1.jid))
})

story('T-P09: a stream that is closed without unavailable presence', async (cast) => {
  const [alice1, alice2, bob] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  await alice1.close()
  for (const client of [alice2, bob]) await client.expect(gone(alice1.jid))
})

story('T-P10: presence after unavailable is initial again', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const erin = await cast.client('erin', '1')
  erin.send(`<presence to='${ALICE}' type='subscribe'><status>Let me in</status></presence>`)
  await erin.expect(`<iq type='set'>*</iq>`)
  await alice.expect(arrives('subscribe', ERIN, ALICE, '<status>Let me in</status>'))
  alice.send(`<presence type='unavailable'/>`)
  for (const client of [alice, bob]) await client.expect(gone(alice.jid))
  bob.send(`<presence><show>away</show></presence>`)
  await bob.expect(here(bob.jid, '<show>away</show>'))
  await cast.expectNothing()
  alice.send('<presence/>')
  await bob.expect(here(alice.jid))
  await alice.expect(
    here(alice.jid),
    here(bob.jid, '<show>away</show>'),
    arrives('subscribe', ERIN, ALICE, `<status>Let me in</status>${delay()}`),
  )
})

story('T-P11: a stranger gets what was sent to him, and the end', async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/x')
  alice.send(`<presence to='${dave.jid}'><show>chat</show></presence>`)
  await dave.expect(here(alice.jid, '<show>chat</show>', dave.jid))
  for (const show of ['away', 'xa']) {
    alice.send(`<presence><show>${show}</show></presence>`)
    await alice.expect(here(alice.jid, `<show>${show}</show>`))
  }
  await cast.expectNothing()
  await alice.close()
  await dave.expect(gone(alice.jid, '', dave.jid))
})

story('T-P12: presence sent directly, before or without any other, has an end too', async (cast) => {
  const alice = await cast.client('alice', '1', { presence: null })
  const dave = await cast.client('dave', 'x')
  alice.send(`<presence to='${DAVE}'/>`)
  await dave.expect(here(alice.jid, '', DAVE))
  alice.drop()
  await dave.expect(gone(alice.jid, '', DAVE))
})

story('T-P13: who was told directly that we go is told once', async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/x')
  alice.send(`<presence to='${dave.jid}'/>`, `<presence to='${dave.jid}' type='unavailable'/>`)
  await dave.expect(here(alice.jid), gone(alice.jid))
  await alice.close()
})

story('T-P14: a subscriber who was sent presence directly gets the broadcasts too', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<presence to='${BOB}'><show>dnd</show></presence>`, '<presence><show>away</show></presence>')
  await bob.expect(here(alice.jid, '<show>dnd</show>'), here(alice.jid, '<show>away</show>'))
  await alice.expect(here(alice.jid, '<show>away</show>'))
  alice.drop()
  await bob.expect(gone(alice.jid))
})

story('T-P15: who was sent presence directly may ask whether it is still so', async (cast) => {
  const [alice1, , dave] = await cast.clients('alice/1', 'alice/2', 'dave/x')
  alice1.send(`<presence to='${DAVE}'><show>chat</show></presence>`)
  await dave.expect(here(alice1.jid, '<show>chat</show>'))
  dave.send(`<presence type='probe' to='${alice1.jid}' id='p'/>`)
  await dave.expect(`<presence from='${alice1.jid}' to='${DAVE}' id='p'/>`)
  dave.send(`<presence type='probe' to='${ALICE}/2' id='q'/>`)
})

story('T-P16: a stranger learns nothing from a probe', async (cast) => {
  const [, dave] = await cast.clients('alice/1', 'dave/x')
  await cast.server.account('bob')
  for (const to of [ALICE, `${ALICE}/1`, `${ALICE}/none`, BOB, `${BOB}/1`, bareOf('nobody')]) {
    // 'unsubscribed' comes back each time, and his own server keeps it from him: it changes nothing (A.3.4)
    dave.send(`<presence type='probe' to='${to}' id='p'/>`)
    await cast.expectNothing()
  }
})

story('T-P17: a client probes by itself', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<presence type='probe' to='${BOB}'/>`)
  await alice.expect(here(bob.jid, '', ALICE))
})

story('T-P18: presence for a resource that is only connected', async (cast) => {
  const alice3 = await cast.client('alice', '3', { presence: null })
  const bob = await cast.client('bob', '1')
  bob.send(`<presence to='${ALICE}'/>`)
  await cast.expectNothing()
  bob.send(`<presence to='${alice3.jid}'><show>away</show></presence>`)
  await alice3.expect(here(bob.jid, '<show>away</show>', alice3.jid))
})

story('T-P19: presence for a resource that is not there', async (cast) => {
  const [, bob] = await cast.clients('alice/1', 'bob/1')
  bob.send(
    `<presence to='${ALICE}/none'/>`,
    `<presence to='${ALICE}/none' type='unavailable'/>`,
    `<presence to='${bareOf('nobody')}/none'/>`,
  )
})

story('T-P20: presence of a stranger is delivered', async (cast) => {
  const [alice1, alice2, bob] = await cast.clients('alice/1', 'alice/2', 'bob/1')
  await cast.client('alice', '3', { presence: null })
  bob.send(`<presence to='${ALICE}'><show>chat</show></presence>`)
  for (const alice of [alice1, alice2]) await alice.expect(here(bob.jid, '<show>chat</show>', ALICE))
})

story('T-P21: a presence error for an account, and for a resource', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const error = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
  bob.send(`<presence to='${ALICE}' type='error'>${error}</presence>`)
  await cast.expectNothing()
  bob.send(`<presence to='${alice.jid}' type='error'>${error}</presence>`)
  await alice.expect(`<presence type='error' from='${bob.jid}' to='${alice.jid}'>${error}</presence>`)
})
