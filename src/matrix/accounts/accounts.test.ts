import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrixIn, MatrixClient } from '../../../test/support/matrix-client.ts'
import { PASSWORD, storyServer, type StoryServer } from '../../../test/support/story-server.ts'

type Use = (come: () => MatrixClient, story: StoryServer) => Promise<void>

/** A server with Matrix, and juliet's account. */
async function withServer(use: Use, settings: object = {}): Promise<void> {
  const story = await storyServer('memory', { settings: { matrix: { enabled: true, ...settings } } })
  try {
    await story.account('juliet')
    await use(matrixIn(story), story)
    assert.deepEqual(story.errors, [])
  } finally {
    await story.close()
  }
}

test('Matrix: versions and the way to the server need no token; a token is told from no token', () =>
  withServer(async (come) => {
    const client = come()
    assert.ok((await client.get('/versions')).versions.includes('v1.1'))
    assert.equal((await client.get('/.well-known/matrix/client'))['m.homeserver'].base_url, 'http://localhost')
    assert.equal(await client.refused('GET', '/v3/account/whoami'), '401 M_MISSING_TOKEN')
    client.token = 'none.such'
    assert.equal(await client.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
  }))

test('Matrix: the password of the account logs in, by every name of the account; r0 beside v3; token in the query', () =>
  withServer(async (come) => {
    for (const name of ['juliet', 'Juliet', '@juliet:a.example', '@JULIET:A.example', 'juliet@a.example']) {
      const { userId, device, token } = await come().login(name, { device_id: 'BALCONY' })
      assert.equal(userId, '@juliet:a.example')
      assert.equal(device, 'BALCONY')
      const client = come()
      assert.deepEqual(await client.get(`/r0/account/whoami?access_token=${token}`), {
        user_id: userId,
        device_id: device,
        is_guest: false,
      })
    }
    const old = await come().good('POST', '/r0/login', { type: 'm.login.password', user: 'juliet', password: PASSWORD })
    assert.match(old.device_id, /^[A-Z]{10}$/)
  }))

test('SEC-4: a wrong password, and a name that is nobody, get the same answer', () =>
  withServer(async (come) => {
    const body = (user: string, password: string) => ({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
    })
    const wrong = await come().ask('POST', '/v3/login', body('juliet', 'wrong'))
    const nobody = await come().ask('POST', '/v3/login', body('tybalt', PASSWORD))
    const impossible = await come().ask('POST', '/v3/login', body('@a b:a.example', PASSWORD))
    const elsewhere = await come().ask('POST', '/v3/login', body('@juliet:b.example', PASSWORD))
    assert.equal(wrong.status, 403)
    for (const other of [nobody, impossible, elsewhere]) assert.deepEqual(other.json, wrong.json)
  }))

test('a device that logs in anew has another token, and the old one is void; logout makes it void', () =>
  withServer(async (come) => {
    const first = await come().login('juliet', { device_id: 'BALCONY' })
    const again = await come().login('juliet', { device_id: 'BALCONY' })
    assert.equal(await first.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    const other = await come().login('juliet')
    await again.good('POST', '/v3/logout')
    assert.equal(await again.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    await other.get('/v3/account/whoami')
    const third = await come().login('juliet')
    await other.good('POST', '/v3/logout/all')
    assert.equal(await third.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
  }))

test('another password, and an operator who signs a device out or disables the account, end access at once', () =>
  withServer(async (come, { host, server }) => {
    const juliet = await come().login('juliet')
    const bare = server.accounts.get('juliet@a.example')?.bare ?? (await server.accounts.load('juliet@a.example'))!.bare
    await host.registrar.disable(bare, 'a feud')
    assert.equal(await juliet.refused('GET', '/v3/account/whoami'), '401 M_USER_LOCKED')
    assert.equal(
      await come().refused('POST', '/v3/login', { type: 'm.login.password', user: 'juliet', password: PASSWORD }),
      '401 M_USER_LOCKED',
    )
    await host.registrar.enable(bare)
    await juliet.get('/v3/account/whoami')
    await host.registrar.changePassword(bare, 'wherefore art thou')
    assert.equal(await juliet.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    await come().login('juliet', {}, 'wherefore art thou')
  }))

test('the list of devices, other names for them, and taking them away with the password', () =>
  withServer(async (come) => {
    const juliet = await come().login('juliet', { device_id: 'BALCONY', initial_device_display_name: 'Balcony' })
    await come().login('juliet', { device_id: 'TOMB' })
    const names = async () =>
      (await juliet.get('/v3/devices')).devices.map((d: Record<string, string>) => [d['device_id'], d['display_name']])
    assert.deepEqual(await names(), [
      ['BALCONY', 'Balcony'],
      ['TOMB', null],
    ])
    await juliet.good('PUT', '/v3/devices/TOMB', { display_name: 'Crypt' })
    assert.equal((await juliet.get('/v3/devices/TOMB')).display_name, 'Crypt')
    assert.equal(await juliet.refused('PUT', '/v3/devices/NONE', { display_name: 'x' }), '404 M_NOT_FOUND')
    const asked = await juliet.ask('DELETE', '/v3/devices/TOMB')
    assert.equal(asked.status, 401)
    assert.deepEqual(asked.json.flows, [{ stages: ['m.login.password'] }])
    assert.equal(asked.json.errcode, undefined)
    const auth = { type: 'm.login.password', session: asked.json.session, identifier: { type: 'm.id.user', user: 'juliet' } }
    const wrong = await juliet.ask('DELETE', '/v3/devices/TOMB', { auth: { ...auth, password: 'wrong' } })
    assert.equal(`${wrong.status} ${wrong.json.errcode}`, '401 M_FORBIDDEN')
    await juliet.good('DELETE', '/v3/devices/TOMB', { auth: { ...auth, password: PASSWORD } })
    assert.deepEqual(await names(), [['BALCONY', 'Balcony']])
  }))

test('with one device more than allowed the one that logged in least recently is logged out', () =>
  withServer(
    async (come, { clock }) => {
      const one = await come().login('juliet')
      ;(clock as unknown as { advance(ms: number): void }).advance(1000)
      const two = await come().login('juliet')
      await two.get('/v3/account/whoami')
      assert.equal(await one.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    },
    { devices: 1 },
  ))

test('a device that is used stays; one that is not used for too long logs in again', () =>
  withServer(
    async (come, { clock }) => {
      const juliet = await come().login('juliet')
      const wait = (ms: number): void => (clock as unknown as { advance(ms: number): void }).advance(ms)
      for (let i = 0; i < 4; i++) {
        wait(1.5 * 3_600_000)
        await juliet.get('/v3/account/whoami')
      }
      wait(2 * 3_600_000)
      assert.equal(await juliet.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    },
    { 'token-lifetime': '2 hours' },
  ))

test('guessing is slowed down over both protocols together, and logins have a pace', () =>
  withServer(
    async (come, { host }) => {
      const login = { type: 'm.login.password', user: 'juliet', password: 'wrong' }
      for (let i = 0; i < 4; i++) await come().refused('POST', '/v3/login', login)
      assert.equal(await come().refused('POST', '/v3/login', login), '429 M_LIMIT_EXCEEDED')
      assert.equal(host.authenticator.guesses.wait('juliet@a.example', '127.0.0.1'), 0)
      for (let i = 0; i < 30; i++) host.authenticator.guesses.failed('juliet@a.example', '127.0.0.1')
      assert.equal(host.authenticator.guesses.wait('juliet@a.example', '127.0.0.1'), null)
    },
    { 'logins-per-minute': 2 },
  ))
