import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { ConfigError, createPorchlight, credentialsOf, type Configuration, type Porchlight, type Users } from './porchlight.ts'

const NO_PORTS: Configuration = {
  listen: {
    'c2s': [],
    'c2s-direct-tls': [],
    's2s': [],
    's2s-direct-tls': [],
    'bytestreams': [],
    'http': [],
    'https': [],
    'monitoring': [],
  },
}
const ROMEO = 'romeo@chat.example'

async function open(t: TestContext, users: Users): Promise<Porchlight> {
  const porchlight = await createPorchlight({ domain: 'chat.example', directory: null, users, configuration: NO_PORTS })
  t.after(() => porchlight.stop())
  return porchlight
}

test('an application’s users are accounts as long as it has them', async (t) => {
  const credentials = await credentialsOf('but soft', 1)
  const known = new Set([ROMEO])
  const porchlight = await open(t, { credentials: (address) => (known.has(address) ? credentials : null) })
  const offline = { address: ROMEO, state: 'offline', show: null, status: null, clients: [], lastSeen: null }
  assert.deepEqual(await porchlight.presenceOf('Romeo@chat.example'), offline, 'addresses are prepared')
  assert.equal(await porchlight.presenceOf('tybalt@chat.example'), null)
  assert.deepEqual(porchlight.online(), [])
  assert.equal(await porchlight.remove(ROMEO), true)
  known.clear()
  assert.equal(await porchlight.presenceOf(ROMEO), null)
  assert.equal(await porchlight.remove(ROMEO), false)
  await assert.rejects(porchlight.presenceOf('not an@@address'))
})

test('what the application throws is heard by whoever asks', async (t) => {
  const porchlight = await open(t, { credentials: () => Promise.reject(new Error('the database is down')) })
  await assert.rejects(porchlight.presenceOf(ROMEO), /the database is down/)
})

test('a server in memory leaves nothing behind', async () => {
  const porchlight = await createPorchlight({
    domain: 'chat.example',
    directory: null,
    users: { credentials: () => null },
    configuration: NO_PORTS,
  })
  assert.ok(existsSync(porchlight.directory))
  await porchlight.stop()
  assert.ok(!existsSync(porchlight.directory))
})

test('a configuration in code is checked like a file', async () => {
  const configuration = { streams: { 'login-tiem': '1 minute' }, listen: { c2s: ['nonsense'] } }
  const made = createPorchlight({
    domain: 'chat.example',
    directory: null,
    users: { credentials: () => null },
    configuration,
  } as never)
  await assert.rejects(made, (error: Error) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /\[streams\] login-tiem: there is no such option/)
    return true
  })
})
