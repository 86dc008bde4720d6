/** RFC 6121 4.2, 4.4, 4.5 and 4.7: presence that is broadcast, and presence that arrives. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../xml/element.ts'
import { jid } from '../xmpp/jid.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { broadcastAvailable, broadcastUnavailable, ended, readPresence, receive, redeliverPending } from './presence.ts'
import { accountOf, allAvailable, presence, Recorder, request } from '../../test/support/im-recorder.ts'
import { ALICE, alice, BOB, CAROL, child, ERIN, NOON, Scene } from '../../test/support/im-scene.ts'

test('PRES-1, PRES-2, PRES-3, PRES-4, PRES-5, 4.2.2: initial presence: subscribers, own resources, siblings, probes, what waits', () => {
  const scene = new Scene(alice('1', '2', '3'))
  scene.available('1')
  assert.deepEqual(scene.available('2'), [
    `available ${ALICE}/2 > ${BOB}`,
    `available ${ALICE}/2 > ${CAROL}`,
    `available ${ALICE}/2 >> ${ALICE}/1`,
    `available ${ALICE}/2 >> ${ALICE}/2`,
    `available ${ALICE}/1 >> ${ALICE}/2`,
    `probe ${ALICE}/2 > ${CAROL}`,
    `probe ${ALICE}/2 > ${ERIN}`,
    `became available ${ALICE}/2`,
  ])
})

test('PRES-6, 4.4.2: later presence goes to subscribers and own available resources, and nothing else happens', () => {
  const scene = new Scene(alice('1', '2'))
  scene.available('1')
  assert.deepEqual(scene.available('1'), [
    `available ${ALICE}/1 > ${BOB}`,
    `available ${ALICE}/1 > ${CAROL}`,
    `available ${ALICE}/1 >> ${ALICE}/1`,
  ])
})

test('PRES-1, PRES-2: the full XML, from the full JID', () => {
  const { account, out } = new Scene(alice('1'))
  const sent = presence({
    from: `${ALICE}/1`,
    id: 'p1',
    lang: 'en',
    children: [child('show', 'dnd'), child('status', 'a < b'), child('priority', '3'), el('c', 'urn:caps', { ver: 'x' })],
  })
  broadcastAvailable(account, account.resources[0]!, sent, out)
  assert.equal(out.routed[0]!.wire, sent.addressedTo(jid(BOB)).wire)
  assert.equal(out.own[0]!.packet.wire, sent.addressedTo(jid(ALICE)).wire)
  assert.equal(account.resources[0]!.presence?.wire, sent.wire)
  assert.equal(account.resources[0]!.priority, 3)
})

test('PRES-7, 4.5.2: unavailable goes once to subscribers and own resources, then to the directed ones, and to the sender', () => {
  const scene = new Scene(alice('1', '2'))
  scene.available('1', { children: [child('priority', '5')] })
  scene.available('2')
  scene.directed('1', 'room@m.example/nick')
  assert.deepEqual(scene.unavailable('1'), [
    `unavailable ${ALICE}/1 > ${BOB}`,
    `unavailable ${ALICE}/1 > ${CAROL}`,
    `unavailable ${ALICE}/1 >> ${ALICE}/2`,
    `unavailable ${ALICE}/1 > room@m.example/nick`,
    `unavailable ${ALICE}/1 >> ${ALICE}/1`,
  ])
  assert.deepEqual([scene.resource('1').presence, scene.resource('1').priority, scene.resource('1').directed], [null, 0, null])
  assert.deepEqual(scene.ended('1'), [], 'nobody is told twice')
})

test('PRES-7, PRES-11: what the client said when it went is passed on as it is, to the directed ones too', () => {
  const { account, out } = new Scene(allAvailable(alice('1')))
  account.resources[0]!.directed = new Map([['x@x.example', jid('x@x.example')]])
  const sent = presence({
    type: 'unavailable',
    from: `${ALICE}/1`,
    id: 'u',
    children: [child('status', 'bye'), child('show', 'xa'), child('priority', '1')],
  })
  broadcastUnavailable(account, account.resources[0]!, sent, NOON, out)
  for (const to of [BOB, CAROL, 'x@x.example'])
    assert.ok(
      out.routed.some((p) => p.wire === sent.addressedTo(jid(to)).wire),
      to,
    )
})

test('PRES-8: of a resource that is gone without a word the server says it, to all but the resource', () => {
  const scene = new Scene(allAvailable(alice('1', '2')))
  ended(scene.account, scene.resource('1'), NOON, scene.out)
  assert.equal(scene.out.routed[0]!.wire, `<presence from='${ALICE}/1' to='${BOB}' type='unavailable'/>`)
  assert.deepEqual(scene.out.take().slice(2), [`unavailable ${ALICE}/1 >> ${ALICE}/2`])
})

test('PRES-9, 4.5.2: presence after unavailable is initial presence again', () => {
  const scene = new Scene(alice('1'))
  const first = scene.available('1')
  scene.unavailable('1')
  assert.deepEqual(scene.available('1'), first)
})

test('PRES-12: unavailable without having been available reaches only those who had presence directly', () => {
  const scene = new Scene(alice('1'))
  assert.deepEqual(scene.unavailable('1'), [])
  scene.directed('1', BOB)
  assert.deepEqual(scene.unavailable('1'), [`unavailable ${ALICE}/1 > ${BOB}`])
  assert.equal(scene.account.lastUnavailable, null)
})

test('PRES-10, 4.3.2 rule 3: the last resource to go leaves the time and its status, in its language', () => {
  const scene = new Scene(allAvailable(alice('1', '2')))
  scene.unavailable('1', { children: [child('status', 'not yet')] }, NOON)
  assert.equal(scene.account.lastUnavailable, null)
  const children = [child('status', 'bye'), child('status', 'ahoj', { 'xml:lang': 'cs' }), child('show', 'xa')]
  scene.unavailable('2', { lang: 'en', children }, NOON + 1500)
  assert.equal(scene.account.lastUnavailable!.at, NOON + 1500)
  assert.equal(
    scene.account.lastUnavailable!.payload.text,
    `<status xml:lang='en'>bye</status><status xml:lang='cs'>ahoj</status>`,
  )
})

test('PRES-13, 4.2.3, 8.5.2.1.2: presence to the bare JID reaches the available resources, to a full one that resource', () => {
  const scene = new Scene(alice('1', '2', '3'))
  assert.deepEqual(scene.receive({ from: `${BOB}/x`, to: ALICE }), [])
  scene.available('1')
  scene.available('2')
  for (const type of ['', 'unavailable']) {
    const name = type === '' ? 'available' : type
    assert.deepEqual(scene.receive({ type, from: `${BOB}/x`, to: ALICE }), [
      `${name} ${BOB}/x >> ${ALICE}/1`,
      `${name} ${BOB}/x >> ${ALICE}/2`,
    ])
    assert.deepEqual(
      scene.receive({ type, from: `${BOB}/x`, to: `${ALICE}/3` }),
      [`${name} ${BOB}/x >> ${ALICE}/3`],
      'merely connected',
    )
    assert.deepEqual(scene.receive({ type, from: `${BOB}/x`, to: `${ALICE}/gone` }), [])
  }
  receive(scene.account, presence({ from: `${BOB}/x`, to: ALICE }), scene.out)
  assert.equal(scene.out.own[0]!.packet.to!.full, ALICE, 'to is not rewritten')
})

test('PRES-22: an error to the bare JID is dropped, to a full one delivered', () => {
  const scene = new Scene(allAvailable(alice('1')))
  assert.deepEqual(scene.receive({ type: 'error', from: BOB, to: ALICE }), [])
  assert.deepEqual(scene.receive({ type: 'error', from: BOB, to: `${ALICE}/1` }), [`error ${BOB} >> ${ALICE}/1`])
})

test('SUB-13, 3.1.3 rule 4: every unanswered request, with the time of its arrival; not of a blocked contact', () => {
  const account = accountOf(ALICE, {}, ['1'])
  for (const [contact, at] of [
    [BOB, NOON],
    [CAROL, NOON + 60_000],
  ] as const) {
    account.roster.apply({ contact: jid(contact), item: null, pending: request(contact, ALICE, at), version: 1, pushed: false })
  }
  const out = new Recorder()
  redeliverPending(account, account.resources[0]!, out)
  assert.deepEqual(
    out.own.map((o) => String(o.packet.wire)),
    [
      `<presence from='${BOB}' to='${ALICE}' type='subscribe'><delay xmlns='urn:xmpp:delay' from='a.example' stamp='2026-01-01T12:00:00Z'/></presence>`,
      `<presence from='${CAROL}' to='${ALICE}' type='subscribe'><delay xmlns='urn:xmpp:delay' from='a.example' stamp='2026-01-01T12:01:00Z'/></presence>`,
    ],
  )
  out.take()
  account.hide({ matches: (entity) => entity.bare === BOB })
  redeliverPending(account, account.resources[0]!, out)
  assert.deepEqual(out.take(), [`subscribe ${CAROL} >> ${ALICE}/1`])
})

test('PRES-20, 4.7.1: a type that there is not', () => {
  for (const type of ['available', 'away', 'invisible']) {
    assert.throws(
      () => readPresence(presence({ type, from: `${ALICE}/1` })),
      (e: unknown) => e instanceof StanzaError && e.condition === 'bad-request',
    )
  }
  for (const type of ['', 'unavailable', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'error']) {
    assert.equal(readPresence(presence({ type, from: `${ALICE}/1` })).priority, 0)
  }
})

test('PRES-21, 4.7.2.3: a priority from -128 to 127 counts; any other is 0 and taken out', () => {
  const read = (...priorities: readonly string[]) =>
    readPresence(
      presence({
        from: `${ALICE}/1`,
        id: 'i',
        children: [child('show', 'away'), ...priorities.map((p) => child('priority', p))],
      }),
    )
  for (const [text, value] of [
    ['0', 0],
    ['127', 127],
    ['-128', -128],
    ['+5', 5],
    [' 7\n', 7],
    ['007', 7],
  ] as const) {
    const { priority, packet } = read(text)
    assert.equal(priority, value)
    assert.ok(packet.payload.child('priority') !== undefined)
  }
  for (const texts of [['128'], ['-129'], ['x'], [''], ['1.0'], ['1e1'], ['0x1'], ['9'.repeat(400)], ['1', '2'], ['1', '1']]) {
    const { priority, packet } = read(...texts)
    assert.equal(priority, 0)
    assert.equal(packet.wire, `<presence from='${ALICE}/1' id='i'><show>away</show></presence>`)
  }
  const other = presence({ from: `${ALICE}/1`, children: [el('priority', 'urn:other', {}, '999')] })
  assert.equal(readPresence(other).packet, other, 'of another namespace')
})

test('PRES-21: the changed priority is what everybody sees, the sender too', () => {
  const { account, out } = new Scene(alice('1'))
  broadcastAvailable(account, account.resources[0]!, presence({ from: `${ALICE}/1`, children: [child('priority', '128')] }), out)
  for (const packet of [out.routed[0]!, out.own[0]!.packet, account.resources[0]!.presence!])
    assert.equal(packet.payload.text, '')
})

test('Broadcasts and probes pass over hidden contacts', () => {
  const scene = new Scene(alice('1'))
  scene.account.hide({ matches: (entity) => entity.bare === CAROL })
  assert.deepEqual(
    scene.available('1').filter((line) => line.includes(CAROL)),
    [],
  )
  scene.directed('1', `${CAROL}/x`)
  assert.deepEqual(scene.unavailable('1'), [`unavailable ${ALICE}/1 > ${BOB}`, `unavailable ${ALICE}/1 >> ${ALICE}/1`])
})
