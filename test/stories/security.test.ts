/** What strangers and attackers may learn and cost: RFC 6120 13, RFC 6121 11, XEP-0205. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bareOf, DOMAIN, PASSWORD, story } from '../support/story.ts'
import { addressed, ATTEMPTS, ERROR } from '../support/attempts.ts'
import { tcpLink } from '../support/link.ts'
import { refusal } from '../support/xml-pattern.ts'

const ALICE = bareOf('alice')
const OFFLINE = bareOf('carol')
const MISSING = bareOf('nobody')
for (const [what, xml, targets] of ATTEMPTS) {
  story(`T-X01: a stranger cannot tell who is there by ${what}`, { on: ['memory'] }, async (cast) => {
    const [alice] = await cast.clients('alice/1')
    await cast.server.account('carol')
    for (const resource of targets) {
      const seen: string[] = []
      for (const [i, victim] of [ALICE, OFFLINE, MISSING].entries()) {
        const dave = await cast.client(`dave${i}`, 'x', { roster: false })
        dave.send(addressed(xml, `id='q' to='${victim}${resource}'`))
        await cast.settle()
        seen.push(
          dave
            .take()
            .map((e) => e.show())
            .join('')
            .replaceAll(victim, 'VICTIM')
            .replaceAll(`dave${i}`, 'DAVE'),
        )
        await dave.close()
        await cast.settle()
        alice.take()
      }
      assert.deepEqual(seen, [seen[0], seen[0], seen[0]], `online, offline, missing; to '${resource}'`)
    }
  })
}

story(
  'T-X02: a flood of connections from one address',
  { on: ['tcp'], admission: { perAddress: 3, perMinute: 0 } },
  async (cast) => {
    const port = cast.server.port!
    const open = []
    for (let i = 0; i < 3; i++) open.push(await cast.wire())
    const refused = await tcpLink(port)
    const said = await new Promise<string | null>((resolve) => (refused.listener = resolve))
    assert.equal(said, null, 'closed without a word')
    await open[0]!.open()
    await open[0]!.features()
    const other = await tcpLink(port, '127.0.0.2')
    const heard = new Promise<string | null>((resolve) => (other.listener = resolve))
    other.write(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${DOMAIN}' version='1.0'>`,
    )
    assert.match((await heard) ?? '', /^<\?xml/)
    other.drop()
  },
)

story(
  'RFC 6120 13.11: passwords cannot be guessed on and on, and whoever has logged in from there before still can',
  { on: ['memory'], sasl: { 'failures-per-address': 3 } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await cast.server.account('carol')
    const answers = async (user: string, password: string, times: number): Promise<readonly string[]> => {
      const all: string[] = []
      for (let i = 0; i < times; i++) {
        const wire = await cast.secured()
        all.push((await wire.authenticate(user, password)).elements[0]?.name ?? 'in')
        wire.link.drop()
      }
      return all
    }
    assert.deepEqual(await answers('carol', 'a guess', 4), Array(4).fill('not-authorized'))
    for (const user of ['carol', 'nobody', 'dave'])
      assert.deepEqual(await answers(user, 'a guess', 3), Array(3).fill('temporary-auth-failure'), user)
    assert.deepEqual(await answers('alice', PASSWORD, 1), ['in'])
    await alice.close()
    await cast.advance(60_000)
    assert.deepEqual(await answers('carol', PASSWORD, 1), ['in'])
  },
)

story('T-X03: a client that does not get on with its login', { on: ['memory'] }, async (cast) => {
  const silent = await cast.wire()
  const slow = await cast.wire()
  await slow.open()
  await slow.features()
  await cast.advance(30_000)
  slow.write(' ')
  await cast.advance(30_000)
  await slow.expectStreamError('connection-timeout')
  assert.equal((await silent.next('a header')).kind, 'header')
  await silent.expectStreamError('connection-timeout')
})

for (const [most, sent] of [
  [20, 21],
  [2, 3],
] as const) {
  story(
    `RFC 6120 7.7.3: more than ${most} requests before a resource is bound`,
    { on: ['memory'], streams: { 'requests-before-login': most }, settings: { registration: { open: true } } },
    async (cast) => {
      const wire = await cast.wire()
      await wire.open()
      await wire.features()
      for (let i = 0; i < sent; i++) wire.write(`<iq type='get' id='${i}'><query xmlns='jabber:iq:register'/></iq>`)
      for (let i = 0; i < most; i++) await wire.expect(`<iq type='result' id='${i}'>*</iq>`)
      await wire.expectStreamError('policy-violation')
    },
  )
}

const BOMBS: readonly (readonly [what: string, xml: string])[] = [
  ['nesting', '<a>'.repeat(100_000)],
  ['attributes', `<message ${Array.from({ length: 40_000 }, (_, i) => `a${i}='1'`).join(' ')}/>`],
  ['a name', `<${'a'.repeat(300_000)}`],
  ['an element', `<message><body>${'x'.repeat(300_000)}`],
]
for (const [what, xml] of BOMBS) {
  story(`T-X04: too much of ${what}`, async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(xml)
    await alice.wire.expectStreamError('policy-violation')
    const stranger = await cast.wire()
    await stranger.open()
    await stranger.features()
    stranger.write(xml)
    await stranger.expectStreamError('policy-violation')
  })
}

story('T-X05: writing to too many strangers at once', { on: ['memory'], rate: { 'recipients-per-second': 30 } }, async (cast) => {
  await cast.rosters(['alice', 'friend', 'none'])
  const alice = await cast.client('alice', '1')
  const spam = (from: number, to: number): void => {
    for (let i = from; i < to; i++) alice.send(`<message to='spam${i}@${DOMAIN}' id='${i}'><body>buy</body></message>`)
  }
  const refused = (i: number): string =>
    refusal(
      'message',
      `id='${i}' from='spam${i}@${DOMAIN}'`,
      'wait',
      'policy-violation',
      `<too-many-stanzas xmlns='urn:xmpp:errors'/>`,
    )
  await cast.advance(1000)
  spam(0, 29) // one more stranger is the one that the fence asks
  await cast.expectNothing()
  spam(29, 200)
  for (let i = 29; i < 200; i++) await alice.expect(refused(i))
  spam(0, 29)
  alice.send(`<message to='${bareOf('friend')}'><body>not spam</body></message>`)
  await cast.expectNothing()
  await cast.advance(1000)
  spam(100, 120)
})

story('T-X07: whatever stands in an address', { on: ['memory'] }, async (cast) => {
  const alice = await cast.client('alice', '1')
  const odd = fc.constantFrom(
    '@',
    '/',
    '.',
    'a',
    'Å',
    '\u212b',
    'ß',
    'ﬃ',
    '\u200d',
    '\u0301',
    'א',
    '1',
    ' ',
    '\u00ad',
    '[',
    ']',
    ':',
  )
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: odd, maxLength: 12 }))
  const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
  const escaped = (s: string): string => s.replace(/[&<>'"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(notXml, '')
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (addresses) => {
      for (const to of addresses.map(escaped))
        alice.send(`<message to='${to}'><body>x</body></message>`, `<iq type='get' id='f' to='${to}'><q xmlns='x'/></iq>`)
      await alice.fence()
      for (const { name, attrs } of alice.take())
        if (name !== 'message') assert.ok(attrs['type'] === 'error' || attrs['type'] === 'result')
    }),
    { numRuns: 50 },
  )
})

story('T-X09: an error is never answered', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  for (const to of [
    DOMAIN,
    `${DOMAIN}/x`,
    MISSING,
    `${MISSING}/x`,
    bareOf('bob'),
    `${bareOf('bob')}/none`,
    alice.bare,
    'x@elsewhere.example',
    '@@bad',
  ]) {
    for (const kind of ['message', 'presence', 'iq']) alice.send(`<${kind} type='error' id='e' to='${to}'>${ERROR}</${kind}>`)
    alice.send(`<iq type='result' id='r' to='${to}'/>`)
  }
})

story('TIME-4, XEP-0203 5, XEP-0359 6: a client speaks of what it has delayed itself, and not for the server', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const delayedBy = (by: string): string => `<delay xmlns='urn:xmpp:delay' from='${by}' stamp='2026-01-01T00:00:00Z'/>`
  const forged = `${delayedBy(DOMAIN)}${delayedBy(bob.bare)}<stanza-id xmlns='urn:xmpp:sid:0' by='${bob.bare}' id='1'/>`
  const honest = `${delayedBy(alice.jid)}${delayedBy('elsewhere.example')}`
  alice.send(
    `<message to='${bob.jid}'>${forged}${honest}</message>`,
    `<message to='${bob.jid}'><body>delayed</body></message>`,
    `<presence>${forged}<show>away</show></presence>`,
  )
  await bob.expect(
    `<message from='${alice.jid}' to='${bob.jid}'>${honest}</message>`,
    `<message from='${alice.jid}' to='${bob.jid}'><body>delayed</body></message>`,
    `<presence from='${alice.jid}' to='${bob.bare}'><show>away</show></presence>`,
  )
  await alice.expect(`<presence from='${alice.jid}' to='*'><show>away</show></presence>`)
})
