/** RFC 6121 section 2 as clients see it: getting, setting, removing, pushes, versions. */
import assert from 'node:assert/strict'
import { bareOf, story } from '../support/story.ts'
import { arrives, done, gone, item, push, rosterGet, rosterResult, rosterSet, ROSTER } from '../support/stanzas.ts'
import { refusal } from '../support/xml-pattern.ts'
import type { Xml } from '../support/xml-reader.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const NONE = `subscription='none'`

story('T-R01: the roster of a new account', async (cast) => {
  const alice = await cast.client('alice', '1', { roster: false })
  const result = await alice.ask(rosterGet('r'), rosterResult('r'))
  assert.notEqual(result.child('query')!.attr('ver') ?? '', '')
})

story('T-R02: pushes go to who has asked for the roster, before the result', async (cast) => {
  const alice1 = await cast.client('alice', '1')
  const alice2 = await cast.client('alice', '2', { roster: false })
  const groups = '<group>Friends</group><group>Family</group>'
  alice1.send(rosterSet('s', item(BOB, `name='Bob'`, groups)))
  await alice1.expect(push(BOB, `name='Bob' ${NONE}`, groups), done('s'))
  await cast.expectNothing()
  for (const alice of [alice1, alice2])
    await alice.ask(rosterGet('g'), rosterResult('g', item(BOB, `name='Bob' ${NONE}`, groups)))
})

story('T-R03: what an update leaves out is gone', async (cast) => {
  const [alice] = await cast.friends('alice/1', 'bob/1')
  alice.send(rosterSet('1', item(BOB, `name='Bob'`, '<group>Friends</group>')))
  await alice.expect(push(BOB, `name='Bob' subscription='both'`, '<group>Friends</group>'), done('1'))
  alice.send(rosterSet('2', item(BOB, '')))
  await alice.expect(push(BOB, `subscription='both'`), done('2'))
})

story('T-R04: a client does not say how a subscription stands', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(rosterSet('s', item(BOB, `subscription='both' ask='subscribe' approved='true'`)))
  await alice.expect(push(BOB, NONE), done('s'))
})

const WRONG: readonly (readonly [what: string, content: string, condition: string])[] = [
  ['two items', item(BOB, '') + item(bareOf('carol'), ''), 'bad-request'],
  ['no item', '', 'bad-request'],
  ['a group twice', item(BOB, '', '<group>A</group><group>A</group>'), 'bad-request'],
  ['an empty group', item(BOB, '', '<group/>'), 'not-acceptable'],
  ['a huge name', item(BOB, `name='${'x'.repeat(1024)}'`), 'not-acceptable'],
  ['a huge group', item(BOB, '', `<group>${'x'.repeat(1024)}</group>`), 'not-acceptable'],
]
for (const [what, content, condition] of WRONG) {
  story(`T-R05: ${what}`, async (cast) => {
    const alice = await cast.client('alice', '1')
    await alice.ask(rosterSet('s', content), refusal('iq', `id='s'`, 'modify', condition))
    await alice.ask(rosterGet('g'), rosterResult('g'))
  })
}

story('T-R06: removing who is not there', async (cast) => {
  const alice = await cast.client('alice', '1')
  await alice.ask(rosterSet('s', item(BOB, `subscription='remove'`)), refusal('iq', `id='s'`, 'cancel', 'item-not-found'))
})

story('T-R07: the roster of somebody else', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  for (const request of [rosterGet('x'), rosterSet('x', item(ALICE, ''))]) {
    const answers: string[] = []
    for (const to of [BOB, bareOf('nobody')]) {
      const answer = await alice.ask(request.replace('<iq', `<iq to='${to}'`))
      assert.equal(answer.attr('type'), 'error')
      answers.push(answer.show().replaceAll(to, 'X'))
    }
    assert.equal(new Set(answers).size, 1, 'a missing account answers the same (SEC-10)')
  }
})

story('T-R07: the roster of a contact', async (cast) => {
  const [alice] = await cast.friends('alice/1', 'bob/1')
  await alice.ask(rosterGet('x').replace('<iq', `<iq to='${BOB}'`), refusal('iq', `id='x' from='${BOB}'`, 'auth', 'forbidden'))
})

story('RFC 6121 2.3.3: a roster set for somebody else is forbidden, to whomever, and without an account too', async (cast) => {
  const [alice] = await cast.friends('alice/1', 'bob/1')
  for (const to of [BOB, 'stranger@a.example', 'nobody@a.example']) {
    const set = rosterSet('x', item('x@y.example', '')).replace('<iq', `<iq to='${to}'`)
    await alice.ask(set, refusal('iq', `id='x' from='${to}'`, 'auth', 'forbidden'))
  }
})

story('no two roster pushes of a stream have one id', async (cast) => {
  const [alice] = await cast.friends('alice/1', 'bob/1')
  const ids: string[] = []
  const ver = (await alice.ask(rosterGet('v'))).child('query')!.attr('ver')!
  for (const name of ['a', 'b']) alice.send(rosterSet(name, item(`${name}@y.example`, '')))
  for (let i = 0; i < 2; i++) alice.send(rosterGet(`again${i}`, ver))
  await alice.fence()
  for (const xml of alice.take()) if (xml.attr('type') === 'set') ids.push(xml.attr('id')!)
  assert.equal(ids.length, 6, ids.join(' '))
  assert.equal(new Set(ids).size, 6)
})

story('T-R08: removing a contact ends what was between the two', async (cast) => {
  const [alice1, alice2, bob] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  alice1.send(rosterSet('s', item(BOB, `subscription='remove'`)))
  await alice1.expectAll(push(BOB, `subscription='remove'`), done('s'), gone(bob.jid, '', ALICE))
  await alice2.expectAll(push(BOB, `subscription='remove'`), gone(bob.jid, '', ALICE))
  await bob.expectAll(
    arrives('unsubscribe', ALICE, BOB),
    push(ALICE, `subscription='to'`),
    gone(alice1.jid, '', BOB),
    gone(alice2.jid, '', BOB),
    arrives('unsubscribed', ALICE, BOB),
    push(ALICE, NONE),
  )
  await alice1.ask(rosterGet('g'), rosterResult('g'))
  await bob.ask(rosterGet('g'), rosterResult('g', item(ALICE, NONE)))
})

/** A version is opaque to clients; ours ends in its number. */
const numberOf = (iq: Xml): number => Number(/-(\d+)$/.exec(iq.child('query')!.attr('ver')!)![1])

story('T-R09, T-R10: a client that knows a version is told what has changed since', async (cast) => {
  const before = ['v', 'w'].map((name) => `${name}@b.example`)
  for (const contact of before) await cast.rosters(['alice', contact, 'none'])
  const alice = await cast.client('alice', '1')
  const [x, y, z] = ['x@b.example', 'y@b.example', 'z@b.example']
  alice.send(rosterSet('1', item(z, '')))
  await alice.expect(push(z, NONE), done('1'))
  const known = (await alice.ask(rosterGet('g'))).child('query')!.attr('ver')!
  await alice.ask(rosterGet('same', known), done('same'))
  await cast.expectNothing()
  const late = await cast.client('alice', 'late', { roster: false })
  for (const [i, content] of [
    item(x, ''),
    item(y, `name='Y1'`),
    item(y, `name='Y2'`),
    item(z, `subscription='remove'`),
  ].entries())
    alice.send(rosterSet(`c${i}`, content))
  await alice.expect(
    push(x, NONE),
    done('c0'),
    push(y, `name='Y1' ${NONE}`),
    done('c1'),
    push(y, `name='Y2' ${NONE}`),
    done('c2'),
    push(z, `subscription='remove'`),
    done('c3'),
  )
  late.send(rosterGet('v', known))
  await late.expect(done('v'))
  const versions: number[] = []
  for (const pattern of [push(x, NONE), push(y, `name='Y2' ${NONE}`), push(z, `subscription='remove'`)]) {
    versions.push(numberOf(await late.expect(pattern)))
  }
  assert.deepEqual(
    versions,
    versions.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(versions).size, 3)
  const full = await late.ask(
    rosterGet('f'),
    rosterResult('f', ...before.map((contact) => item(contact, NONE)), item(x, NONE), item(y, `name='Y2' ${NONE}`)),
  )
  assert.equal(numberOf(full), versions.at(-1))
})

story('T-R11: a version that nobody knows', async (cast) => {
  await cast.rosters(['alice', 'bob', 'from'])
  const alice = await cast.client('alice', '1')
  for (const ver of ['', 'garbage', '999999999999', '-1', '1e3'])
    await alice.ask(rosterGet('g', ver), rosterResult('g', item(BOB, `subscription='from'`)))
})

story('T-R12: whatever a client says to a push, or does not say', async (cast) => {
  const [alice1, alice2] = await cast.clients('alice/1', 'alice/2')
  alice1.send(rosterSet('1', item(BOB, '')))
  const got = await alice1.expect(push(BOB, NONE))
  await alice1.expect(done('1'))
  await alice2.expect(push(BOB, NONE))
  const id = got.attr('id')!
  alice1.send(
    `<iq type='error' id='${id}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
  )
  await cast.expectNothing()
  alice1.send(rosterSet('2', item(BOB, `name='B'`)))
  await alice1.expect(push(BOB, `name='B' ${NONE}`), done('2'))
  await alice2.expect(push(BOB, `name='B' ${NONE}`))
})

story('T-R13: oneself', async (cast) => {
  const alice = await cast.client('alice', '1')
  for (const jid of [ALICE, alice.jid])
    await alice.ask(rosterSet('s', item(jid, '')), refusal('iq', `id='s'`, 'cancel', 'not-allowed'))
})

story('T-R14: two ways to write one address', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(rosterSet('1', item('Garry@A.Example', `name='One'`)), rosterSet('2', item('garry@a.example', `name='Two'`)))
  await alice.expect(
    push('garry@a.example', `name='One' ${NONE}`),
    done('1'),
    push('garry@a.example', `name='Two' ${NONE}`),
    done('2'),
  )
  await alice.ask(rosterGet('g'), rosterResult('g', item('garry@a.example', `name='Two' ${NONE}`)))
})

story('T-R15: a push that somebody else has forged', async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/x')
  const forged = `<iq type='set' id='f' to='${alice.jid}'><query xmlns='${ROSTER}'>${item('mallory@b.example', `subscription='both'`)}</query></iq>`
  await dave.ask(forged, refusal('iq', `id='f' from='${alice.jid}'`, 'cancel', 'service-unavailable'))
  await cast.expectNothing()
  alice.send(`<presence to='${dave.jid}'/>`)
  await dave.expect(`<presence from='${alice.jid}'/>`)
  dave.send(forged)
  await alice.expect(`<iq type='set' id='f' from='${dave.jid}' to='${alice.jid}'>*</iq>`)
  await alice.ask(rosterGet('g'), rosterResult('g'))
})
