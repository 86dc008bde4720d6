import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../../test/support/memory-server.ts'
import type { Link } from '../links/links.ts'
import { UNRESPONSIVE } from '../account/endings.ts'
import { standingElsewhere, standingOf, type Standing } from './standing.ts'

const MINUTE = 60_000

test('a session: whatever its client sends confirms it, and says through what', async () => {
  const server = await memoryServer()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const standing = (): Standing => standingOf(romeo.session)
  const begin = server.clock.now()
  assert.deepEqual(standing(), { confidence: 'live', confirmedAt: begin, confirmedBy: 'binding' })
  for (const [xml, confirmedBy] of [
    ['<presence/>', 'stanza'],
    ["<iq type='result' id='x' to='example.net'/>", 'answer'],
    ["<iq type='get' id='y' to='example.net'><ping xmlns='urn:xmpp:ping'/></iq>", 'stanza'],
  ] as const) {
    await server.advance(MINUTE)
    await romeo.send(xml)
    assert.deepEqual(standing(), { confidence: 'live', confirmedAt: server.clock.now(), confirmedBy })
  }
})

test('a session: white space is a sign of life too, and a lost connection leaves the last one', async () => {
  const server = await memoryServer()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  romeo.session.resumableMs = 10 * MINUTE
  await server.advance(MINUTE)
  romeo.hear()
  const heardAt = server.clock.now()
  assert.deepEqual(standingOf(romeo.session), { confidence: 'live', confirmedAt: heardAt, confirmedBy: 'octets' })
  await server.advance(MINUTE)
  server.host.sessions.leave(romeo.session, UNRESPONSIVE)
  assert.deepEqual(standingOf(romeo.session), { confidence: 'paused', confirmedAt: heardAt, confirmedBy: 'octets' })
})

test('elsewhere: what a broken link leaves open is not known until it is said again', () => {
  const said = { at: 1000, sign: 'stanza' } as const
  const of = (link: Partial<Pick<Link, 'state' | 'lostAt' | 'heardAt'>>, isPaused = false): Standing =>
    standingElsewhere({ state: 'up', lostAt: null, heardAt: null, ...link } as Link, said, isPaused)
  const last = { confirmedAt: 1000, confirmedBy: 'stanza' }
  const rows: readonly (readonly [Standing, Standing])[] = [
    [standingElsewhere(undefined, said, false), { confidence: 'live', ...last } as Standing],
    [of({}), { confidence: 'live', ...last } as Standing],
    [of({}, true), { confidence: 'paused', ...last } as Standing],
    [of({ heardAt: 5000 }), { confidence: 'live', confirmedAt: 5000, confirmedBy: 'link' }],
    [of({ heardAt: 500 }), { confidence: 'live', ...last } as Standing],
    [of({ state: 'idle' }), { confidence: 'live', ...last } as Standing],
    [of({ state: 'suspect', lostAt: 2000 }), { confidence: 'link-lost', ...last } as Standing],
    [of({ state: 'down', lostAt: 2000 }, true), { confidence: 'link-lost', ...last } as Standing],
    [of({ lostAt: 2000, heardAt: 5000 }), { confidence: 'unknown', ...last } as Standing],
    [of({ lostAt: 500, heardAt: 5000 }), { confidence: 'live', confirmedAt: 5000, confirmedBy: 'link' }],
  ]
  for (const [found, expected] of rows) assert.deepEqual(found, expected)
})
