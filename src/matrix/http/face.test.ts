import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpVisitor } from '../../../test/support/http-visitor.ts'
import { matrixIn, type MatrixClient } from '../../../test/support/matrix-client.ts'
import { PASSWORD, storyServer, type StoryServer } from '../../../test/support/story-server.ts'

type Use = (come: () => MatrixClient, story: StoryServer) => Promise<void>

async function withServer(use: Use): Promise<void> {
  const story = await storyServer('memory', { settings: { matrix: { 'enabled': true, 'logins-per-minute': 0 } } })
  try {
    await story.account('juliet')
    await use(matrixIn(story), story)
    assert.deepEqual(story.errors, [])
  } finally {
    await story.close()
  }
}

test('a server whose operator does not want it has no Matrix', async () => {
  const story = await storyServer('memory')
  const visitor = HttpVisitor.of(story.web(), '127.0.0.1')
  visitor.send('GET /_matrix/client/versions HTTP/1.1\nHost: localhost')
  assert.equal((await visitor.answer()).status, 404)
  await story.close()
})

test('Matrix: pages of every origin may ask; OPTIONS has no side effect', () =>
  withServer(async (come) => {
    for (const path of ['/v3/login', '/v3/none/such', '/.well-known/matrix/client']) {
      const { status, head } = await come().ask('OPTIONS', path)
      assert.equal(status, 204)
      assert.match(head, /access-control-allow-origin: \*/)
      assert.match(head, /access-control-allow-headers: X-Requested-With, Content-Type, Authorization/)
    }
    const { head } = await come().ask('GET', '/v3/account/whoami')
    assert.match(head, /^HTTP\/1.1 401[^]*access-control-allow-origin: \*/)
    assert.match(head, /content-type: application\/json/)
  }))

test('MXR-150: unknown paths and methods', () =>
  withServer(async (come) => {
    const client = come()
    assert.equal(await client.refused('GET', '/v3/none/such'), '404 M_UNRECOGNIZED')
    assert.equal(await client.refused('GET', '/_matrix/federation/v1/version'), '404 M_UNRECOGNIZED')
    const { status, json, head } = await client.ask('DELETE', '/v3/login')
    assert.equal(`${status} ${json.errcode}`, '405 M_UNRECOGNIZED')
    assert.match(head, /allow: GET, POST, OPTIONS/)
  }))

test('T-MX36, MXR-74, MXR-151: hostile bodies get a stable error', () =>
  withServer(async (come) => {
    const login = (body: unknown) => come().refused('POST', '/v3/login', body)
    assert.equal(await login('{'), '400 M_NOT_JSON')
    assert.equal(await login('nothing'), '400 M_NOT_JSON')
    assert.equal(await login(Buffer.from([0x22, 0xff, 0x22])), '400 M_NOT_JSON')
    assert.equal(await login('[]'), '400 M_BAD_JSON')
    assert.equal(await login('null'), '400 M_BAD_JSON')
    assert.equal(await login('"text"'), '400 M_BAD_JSON')
    assert.equal(await login('{"type":1}'), '400 M_BAD_JSON')
    assert.equal(await login('{"type":"m.login.password","password":"\\ud800"}'), '400 M_BAD_JSON')
    assert.equal(await login(`{"type":"m.login.password","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), '400 M_BAD_JSON')
    assert.equal(await login(`{"type":"m.login.password","x":${'['.repeat(30_000)}`), '400 M_NOT_JSON')
    assert.equal(await login('{"type":"m.login.password","x":1e400}'), '400 M_BAD_JSON')
    assert.equal(await login('{"type":"m.login.password","x":1.5}'), '400 M_BAD_JSON')
    assert.equal(await login('{"type":"m.login.password","x":1152921504606846976}'), '400 M_BAD_JSON')
    assert.equal(await login('{"type":"m.login.token","token":"x"}'), '400 M_UNKNOWN')
    assert.equal(await login('{"type":"m.login.password","user":"juliet"}'), '400 M_MISSING_PARAM')
    assert.equal(await login('{"type":"m.login.password","password":"x"}'), '400 M_MISSING_PARAM')
    assert.equal(await login(`{"x":"${'x'.repeat(70_000)}"}`), '413 M_TOO_LARGE')
    const twice = '{"type":"none","type":"m.login.password","user":"juliet","password":"open sesame","__proto__":{"x":1}}'
    assert.equal((await come().ask('POST', '/v3/login', twice)).status, 200, 'of equal keys the last one counts')
  }))

test('T-MX36: hostile paths, names of devices and tokens', () =>
  withServer(async (come) => {
    const juliet = await come().login('juliet')
    assert.equal(await juliet.refused('GET', '/v3/devices/%zz'), '400 M_INVALID_PARAM')
    assert.equal(await juliet.refused('GET', '/v3/devices/%ff'), '400 M_INVALID_PARAM')
    assert.equal(await juliet.refused('GET', '/v3/devices/a%2Fb'), '404 M_NOT_FOUND')
    for (const device_id of ['', 'a\0b', 'x'.repeat(300)]) {
      const body = { type: 'm.login.password', user: 'juliet', password: PASSWORD, device_id }
      assert.equal(await come().refused('POST', '/v3/login', body), '400 M_INVALID_PARAM')
    }
    const [key, mark] = juliet.token.split('.')
    for (const token of ['', '.', 'x', `${key}.`, key!, `${key}.${mark}x`, `${key}.${'A'.repeat(43)}`, 'x'.repeat(9000)]) {
      const other = come()
      other.token = token
      assert.match(await other.refused('GET', '/v3/account/whoami'), /^401 M_(UNKNOWN|MISSING)_TOKEN$/)
    }
  }))

test('passwords and tokens are refused on a connection that anybody can read', () =>
  withServer(async (_, story) => {
    const visitor = HttpVisitor.of(story.web(), '192.0.2.1')
    visitor.send('GET /_matrix/client/v3/account/whoami HTTP/1.1\nHost: a.example')
    const { status, body } = await visitor.answer()
    assert.equal(`${status} ${JSON.parse(body).errcode}`, '403 M_FORBIDDEN')
  }))
