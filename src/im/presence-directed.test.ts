/** RFC 6121 4.3 and 4.6: probes, and presence that is sent to somebody. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el, type Element } from '../xml/element.ts'
import { STANZA_ERRORS } from '../xmpp/ns.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { defaultLimits } from './account.ts'
import { answerProbe, directed } from './presence.ts'
import { accountOf, allAvailable, presence, Recorder, type Parts } from '../../test/support/im-recorder.ts'
import { ALICE, alice, BOB, CAROL, child, ERIN, Scene } from '../../test/support/im-scene.ts'

test('PROBE-3 rule 1: a stranger and who has only asked get the same answer as from an account that does not exist', () => {
  const scene = new Scene(allAvailable(alice('1')))
  for (const prober of ['x@x.example', ERIN, 'dave@d.example', 'x@x.example/home']) {
    for (const to of [ALICE, `${ALICE}/1`, `${ALICE}/gone`]) {
      const missing = new Recorder()
      answerProbe(null, presence({ type: 'probe', from: prober, to, id: 'q1' }), missing)
      const expected = [`<presence from='${ALICE}' to='${prober}' type='unsubscribed' id='q1'/>`]
      assert.deepEqual(scene.probe(prober, to), expected)
      assert.deepEqual(
        missing.routed.map((p) => String(p.wire)),
        expected,
      )
    }
  }
})

test('PROBE-3 rule 3: nobody available: unavailable from the bare JID, with the time, the status and the id of the probe', () => {
  const scene = new Scene(alice('1'))
  assert.deepEqual(scene.probe(BOB), [`<presence from='${ALICE}' to='${BOB}' type='unavailable' id='q1'/>`], 'never seen')
  scene.available('1')
  scene.unavailable('1', { children: [child('status', 'bye'), child('show', 'xa')] })
  assert.deepEqual(scene.probe(BOB), [
    `<presence from='${ALICE}' to='${BOB}' type='unavailable' id='q1'><status>bye</status><delay xmlns='urn:xmpp:delay' from='a.example' stamp='2026-01-01T12:00:00Z'/></presence>`,
  ])
})

test('PROBE-3 rule 4, 4.3.2.1: the last presence of each available resource, with its own id', () => {
  const scene = new Scene(alice('1', '2', '3'))
  scene.available('1', { id: 'pres1', children: [child('show', 'dnd')] })
  scene.available('2', { id: 'pres2' })
  assert.deepEqual(scene.probe(CAROL), [
    `<presence from='${ALICE}/1' to='${CAROL}' id='pres1'><show>dnd</show></presence>`,
    `<presence from='${ALICE}/2' to='${CAROL}' id='pres2'/>`,
  ])
  assert.equal(scene.probe(`${BOB}/old`).length, 2, 'an old server probes from the full JID')
})

test('PROBE-4: a probe to a full JID is told of that resource alone, and only whether it is there', () => {
  const scene = new Scene(alice('1', '2', '3'))
  scene.available('1', { id: 'pres1', children: [child('show', 'dnd')] })
  scene.available('2')
  assert.deepEqual(scene.probe(BOB, `${ALICE}/1`), [`<presence from='${ALICE}/1' to='${BOB}' id='pres1'/>`])
  for (const name of ['3', 'gone'])
    assert.deepEqual(scene.probe(BOB, `${ALICE}/${name}`), [
      `<presence from='${ALICE}/${name}' to='${BOB}' type='unavailable' id='q1'/>`,
    ])
})

test('PROBE-5, 4.6.6: whoever was sent presence directly is told of that resource, without details', () => {
  const scene = new Scene(alice('1', '2'))
  scene.available('1', { children: [child('show', 'dnd')] })
  scene.available('2')
  scene.directed('1', 'room@m.example/nick')
  const expected = [`<presence from='${ALICE}/1' to='room@m.example/nick' id='q1'/>`]
  assert.deepEqual(scene.probe('room@m.example/nick', `${ALICE}/1`), expected)
  assert.deepEqual(scene.probe('room@m.example/nick', ALICE), expected)
  assert.match(scene.probe('room@m.example/nick', `${ALICE}/2`)[0]!, /unsubscribed/)
  scene.directed('1', 'room@m.example/nick', 'unavailable')
  assert.match(scene.probe('room@m.example/nick', `${ALICE}/1`)[0]!, /unsubscribed/)
})

test('PROBE-5: a subscriber to whom an unavailable resource sent presence finds that resource there', () => {
  const scene = new Scene(alice('1'))
  scene.directed('1', BOB)
  assert.deepEqual(scene.probe(BOB, `${ALICE}/1`), [`<presence from='${ALICE}/1' to='${BOB}' id='q1'/>`])
})

test('PROBE-8, XEP-0191 3.3: a blocked prober gets no answer', () => {
  const scene = new Scene(allAvailable(alice('1')))
  scene.account.hide({ matches: (entity) => entity.bare === BOB || entity.bare === 'x@x.example' })
  assert.deepEqual([scene.probe(BOB), scene.probe('x@x.example')], [[], []])
})

test('SUB-30, 4.2.2: the user who probes himself sees his resources', () => {
  const scene = new Scene(allAvailable(alice('1', '2')))
  assert.equal(scene.probe(ALICE).length, 2)
})

test('PROBE-3: answering changes nothing', () => {
  const account = accountOf(ALICE, { [BOB]: 'To' })
  const item = { ...account.roster.item(BOB)!, approved: true }
  account.roster.apply({ contact: item.jid, item, pending: null, version: 2, pushed: true })
  answerProbe(account, presence({ type: 'probe', from: BOB, to: ALICE }), new Recorder())
  assert.deepEqual([account.roster.item(BOB), account.roster.version], [item, 2])
})

test('DIR-1, 4.6.3 rule 1: presence sent to a subscriber is routed and not noted', () => {
  const scene = new Scene(alice('1'))
  scene.available('1')
  assert.deepEqual(scene.directed('1', `${BOB}/x`), [`available ${ALICE}/1 > ${BOB}/x`])
  assert.equal(scene.resource('1').directed, null)
  assert.deepEqual(scene.available('1').slice(0, 1), [`available ${ALICE}/1 > ${BOB}`])
})

test('DIR-2, 4.6.3 rule 2: presence sent to another is noted as addressed, not repeated, and ends with the resource', () => {
  const scene = new Scene(alice('1'))
  scene.available('1')
  assert.deepEqual(scene.directed('1', `${ERIN}/x`), [`available ${ALICE}/1 > ${ERIN}/x`])
  assert.ok(!scene.available('1').some((line) => line.includes(ERIN)))
  assert.deepEqual(
    scene.ended('1').filter((line) => line.includes(ERIN)),
    [`unavailable ${ALICE}/1 > ${ERIN}/x`],
  )
})

test('DIR-3, 4.6.3 rule 3: before initial presence it is the same, for a subscriber too, who is told once', () => {
  const scene = new Scene(alice('1'))
  scene.directed('1', BOB)
  assert.deepEqual([...scene.resource('1').directed!.keys()], [BOB])
  scene.available('1')
  assert.deepEqual(scene.ended('1'), [`unavailable ${ALICE}/1 > ${BOB}`, `unavailable ${ALICE}/1 > ${CAROL}`])
})

test('DIR-2: own resources that the broadcast does not reach are told apart, the others only once', () => {
  const scene = new Scene(accountOf(ALICE, {}, ['1', '2', '3']))
  scene.available('1')
  scene.available('2')
  for (const to of [ALICE, `${ALICE}/2`, `${ALICE}/3`]) scene.directed('1', to)
  assert.deepEqual(scene.ended('1'), [`unavailable ${ALICE}/1 >> ${ALICE}/2`, `unavailable ${ALICE}/1 > ${ALICE}/3`])
})

test('DIR-4, 4.6.1: directed unavailable presence strikes the entity off the list', () => {
  const scene = new Scene(alice('1'))
  scene.available('1')
  scene.directed('1', 'x@x.example')
  assert.deepEqual(scene.directed('1', 'x@x.example', 'unavailable'), [`unavailable ${ALICE}/1 > x@x.example`])
  assert.ok(!scene.ended('1').some((line) => line.includes('x@x.example')))
})

test('DIR-4, 4.6.1: who sends unavailable presence or an error is struck off; of another nick of the room nothing follows', () => {
  const error = (type: string): Element => el('error', 'jabber:client', { type }, el('conflict', STANZA_ERRORS))
  const cases: readonly [Parts, boolean][] = [
    [{ type: 'unavailable', from: 'r@m.example/me', to: `${ALICE}/1` }, true],
    [{ type: 'unavailable', from: 'r@m.example/me', to: ALICE }, true],
    [{ type: 'error', from: 'r@m.example/me', to: `${ALICE}/1`, children: [error('cancel')] }, true],
    [{ type: 'error', from: 'r@m.example/me', to: `${ALICE}/1`, children: [error('wait')] }, false],
    [{ type: 'unavailable', from: 'r@m.example/other', to: `${ALICE}/1` }, false],
    [{ type: 'unavailable', from: 'r@m.example/me', to: `${ALICE}/2` }, false],
    [{ from: 'r@m.example/me', to: `${ALICE}/1` }, false],
  ]
  for (const [parts, isStruck] of cases) {
    const scene = new Scene(allAvailable(alice('1', '2')))
    scene.directed('1', 'r@m.example/me')
    scene.receive(parts)
    assert.equal(scene.resource('1').directed === null, isStruck, JSON.stringify(parts))
  }
})

test('DIR-7: a resource that has sent presence to too many is refused, and nothing is routed', () => {
  const scene = new Scene(alice('1'))
  const few = { ...defaultLimits, directedPerResource: 2 }
  const to = (address: string): void =>
    directed(scene.account, scene.resource('1'), presence({ from: `${ALICE}/1`, to: address }), few, scene.out)
  to('x1@x.example')
  to('x2@x.example')
  to('x1@x.example')
  scene.out.take()
  assert.throws(
    () => to('x3@x.example'),
    (e: unknown) => e instanceof StanzaError && e.condition === 'resource-constraint',
  )
  assert.deepEqual(scene.out.take(), [])
})
