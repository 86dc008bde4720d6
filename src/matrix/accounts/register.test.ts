import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrixIn } from '../../../test/support/matrix-client.ts'
import { PASSWORD, storyServer, type StoryServer } from '../../../test/support/story-server.ts'
import { invitationsOf } from '../../xep/0401-invitations/index.ts'

async function withServer(use: (story: StoryServer) => Promise<void>, registration: object = {}): Promise<void> {
  const settings = { matrix: { 'enabled': true, 'logins-per-minute': 0 }, registration: { 'per-address': 0, ...registration } }
  const story = await storyServer('memory', { settings })
  try {
    await use(story)
    assert.deepEqual(story.errors, [])
  } finally {
    await story.close()
  }
}
const DUMMY = { type: 'm.login.dummy' }

test('where the operator makes the accounts, nobody registers, and nobody learns which names there are', () =>
  withServer(async (story) => {
    const client = matrixIn(story)()
    assert.equal(await client.refused('POST', '/v3/register', { username: 'puck', password: PASSWORD }), '403 M_FORBIDDEN')
    assert.equal(await client.refused('GET', '/v3/register/available?username=puck'), '403 M_FORBIDDEN')
    assert.equal(
      await client.refused('POST', '/v3/register', { auth: DUMMY, username: 'puck', password: PASSWORD }),
      '403 M_FORBIDDEN',
    )
  }))

test('where registration is open: an account and a device; names and passwords have the rules of XMPP', () =>
  withServer(
    async (story) => {
      const client = matrixIn(story)()
      const asked = await client.ask('POST', '/v3/register', { username: 'puck', password: PASSWORD })
      assert.equal(asked.status, 401)
      assert.deepEqual(asked.json.flows, [{ stages: ['m.login.dummy'] }])
      assert.deepEqual(await client.get('/v3/register/available?username=puck'), { available: true })
      const made = await client.good('POST', '/v3/register', {
        auth: DUMMY,
        username: 'puck',
        password: PASSWORD,
        device_id: 'WOOD',
      })
      assert.equal(made.user_id, '@puck:a.example')
      client.token = made.access_token
      assert.equal((await client.get('/v3/account/whoami')).device_id, 'WOOD')
      const refused = (username: string, password = PASSWORD) =>
        matrixIn(story)().refused('POST', '/v3/register', { auth: DUMMY, username, password })
      assert.equal(await refused('puck'), '400 M_USER_IN_USE')
      assert.equal(await matrixIn(story)().refused('GET', '/v3/register/available?username=puck'), '400 M_USER_IN_USE')
      assert.equal(await refused('_xmpp_puck'), '400 M_EXCLUSIVE')
      assert.equal(await refused('Puck'), '400 M_INVALID_USERNAME')
      assert.equal(await refused('pück'), '400 M_INVALID_USERNAME')
      assert.equal(await refused('quince', 'short'), '400 M_WEAK_PASSWORD')
      const long = 'q'.repeat(250)
      assert.equal(await refused(long), '400 M_INVALID_USERNAME')
      const bottom = { auth: DUMMY, username: 'bottom', password: PASSWORD, device_id: '' }
      assert.equal(await matrixIn(story)().refused('POST', '/v3/register', bottom), '400 M_INVALID_PARAM')
      for (const name of [long, 'bottom']) assert.equal(await story.host.stores.accounts.credentials(`${name}@a.example`), null)
      const under = { auth: DUMMY, username: '_under', password: PASSWORD }
      assert.equal((await matrixIn(story)().good('POST', '/v3/register', under)).user_id, '@_under:a.example')
      const silent = await client.good('POST', '/v3/register', {
        auth: DUMMY,
        username: 'snug',
        password: PASSWORD,
        inhibit_login: true,
      })
      assert.deepEqual(Object.keys(silent), ['user_id', 'home_server'])
      await matrixIn(story)().login('snug')
    },
    { open: true },
  ))

test('with an invitation, whose token is the registration token: once', () =>
  withServer(async (story) => {
    const wish = {
      inviter: null,
      domain: 'a.example',
      name: '',
      makesAccount: true,
      makesContact: false,
      usesMax: 1,
      note: '',
      lifetime: null,
    }
    const { token } = await invitationsOf(story.host).create(wish)
    const client = matrixIn(story)()
    const validity = '/v1/register/m.login.registration_token/validity?token='
    assert.deepEqual(await client.get(validity + token), { valid: true })
    assert.deepEqual(await client.get(`${validity}none`), { valid: false })
    const body = { username: 'puck', password: PASSWORD }
    const auth = { type: 'm.login.registration_token', token }
    assert.equal((await client.ask('POST', '/v3/register', body)).json.flows[0].stages[0], 'm.login.registration_token')
    assert.equal(await client.refused('POST', '/v3/register', { ...body, auth: { ...auth, token: 'none' } }), '401 M_FORBIDDEN')
    assert.equal((await client.good('POST', '/v3/register', { ...body, auth })).user_id, '@puck:a.example')
    assert.deepEqual(await client.get(validity + token), { valid: false })
    assert.equal(await client.refused('POST', '/v3/register', { username: 'snug', password: PASSWORD, auth }), '403 M_FORBIDDEN')
  }))

test('a changed password logs out the other devices, or none; the device that changes it stays', () =>
  withServer(async (story) => {
    await story.account('juliet')
    const one = await matrixIn(story)().login('juliet', { device_id: 'ONE' })
    const two = await matrixIn(story)().login('juliet', { device_id: 'TWO' })
    const auth = { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'juliet' } }
    const change = (more: object, password = PASSWORD) => ({ auth: { ...auth, password }, ...more })
    assert.equal((await one.ask('POST', '/v3/account/password', { new_password: 'sweet sorrow' })).status, 401)
    assert.equal(await one.refused('POST', '/v3/account/password', change({ new_password: 'short' })), '400 M_WEAK_PASSWORD')
    await one.good('POST', '/v3/account/password', change({ new_password: 'sweet sorrow', logout_devices: false }))
    await two.get('/v3/account/whoami')
    await one.good('POST', '/v3/account/password', change({ new_password: 'parting is such' }, 'sweet sorrow'))
    await one.get('/v3/account/whoami')
    assert.equal(await two.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    await matrixIn(story)().login('juliet', {}, 'parting is such')
  }))
