import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { ACCOUNT_DELETED } from '../server/account/endings.ts'
import { jid } from '../xmpp/jid.ts'
import { PrecisError } from '../xmpp/precis.ts'
import { LocalRegistrar } from './registrar.ts'
import { passwordKeys } from '../xmpp/credentials.ts'
import { verifyPassword } from '../sasl/credentials.ts'

const romeo = jid('romeo@example.net')

interface Registering {
  readonly server: MemoryServer
  readonly registrar: LocalRegistrar
  /** What observers were told. */
  readonly told: string[]
}

async function registering(): Promise<Registering> {
  const told: string[] = []
  const server = await memoryServer()
  server.host.on('account-created', ({ jid: who }) => told.push(`created ${who.bare}`))
  server.host.on('account-deleted', ({ jid: who }) => told.push(`deleted ${who.bare}`))
  server.host.on('session-ended', ({ session }) => told.push(`ended ${session.jid.full}`))
  return { server, registrar: new LocalRegistrar(server.host, 4096), told }
}

async function isPassword({ server }: Registering, password: string): Promise<boolean> {
  const credentials = await server.stores.accounts.credentials(romeo.bare)
  if (credentials === null) return false
  const { hash, keys } = passwordKeys(credentials)
  return verifyPassword(hash, keys, [password])
}

test('create: the account is there, with this password, and observers are told', async () => {
  const at = await registering()
  assert.equal(await at.registrar.create(romeo, 'Juliet'), 'created')
  assert.equal(await isPassword(at, 'Juliet'), true)
  assert.equal(await isPassword(at, 'Rosaline'), false)
  assert.deepEqual(at.told, ['created romeo@example.net'])
})

test('create: an account that exists is left as it is', async () => {
  const at = await registering()
  await at.registrar.create(romeo, 'Juliet')
  assert.equal(await at.registrar.create(romeo, 'Rosaline'), 'exists')
  assert.equal(await isPassword(at, 'Juliet'), true)
  assert.deepEqual(at.told, ['created romeo@example.net'])
})

test('create: somebody who asked for the account a moment too early does not hide it from those who ask afterwards', async () => {
  const { server, registrar } = await registering()
  const { accounts } = server.host
  const [missed, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  accounts.alsoLoad(async () => {
    missed.resolve()
    await read.promise
    return () => {}
  })
  const early = accounts.load(romeo.bare)
  await missed.promise
  await registrar.create(romeo, 'Juliet')
  const later = accounts.load(romeo.bare)
  read.resolve()
  assert.equal(await early, null)
  assert.equal((await later)?.bare.bare, romeo.bare)
  assert.equal(await accounts.load(romeo.bare), await later)
})

test('create: RFC 8265 4: an empty password is refused', async () => {
  const at = await registering()
  await assert.rejects(at.registrar.create(romeo, ''), PrecisError)
  assert.deepEqual(at.told, [])
})

test('changePassword: the new one holds, and sessions stay', async () => {
  const at = await registering()
  await at.registrar.create(romeo, 'Juliet')
  const client = await at.server.bind(romeo.bare, 'orchard')
  assert.equal(await at.registrar.changePassword(romeo, 'Rosaline'), true)
  assert.deepEqual([await isPassword(at, 'Juliet'), await isPassword(at, 'Rosaline')], [false, true])
  assert.equal(client.ending, null)
})

test('changePassword and delete: of nobody', async () => {
  const at = await registering()
  assert.equal(await at.registrar.changePassword(romeo, 'Rosaline'), false)
  assert.equal(await at.registrar.delete(romeo), false)
  assert.deepEqual(at.told, [])
})

test('delete: first the account goes, then its sessions, and contacts see them go', async () => {
  const at = await registering()
  await at.server.friends(romeo.bare, 'juliet@example.net')
  const juliet = await at.server.bind('juliet@example.net', 'balcony')
  await juliet.send('<presence/>')
  const client = await at.server.bind(romeo.bare, 'orchard')
  await client.send('<presence/>')
  juliet.sent()
  assert.equal(await at.registrar.delete(romeo, () => at.told.push(`still there: ${client.ending === null}`)), true)
  assert.equal(client.ending, ACCOUNT_DELETED)
  assert.deepEqual(at.told, ['still there: true', 'ended romeo@example.net/orchard', 'deleted romeo@example.net'])
  assert.equal(at.server.host.accounts.get(romeo.bare), undefined)
  assert.equal(await at.server.stores.accounts.exists(romeo.bare), false)
  assert.deepEqual(
    juliet.sent().map((e) => [e.attr('from'), e.attr('type')]),
    [['romeo@example.net/orchard', 'unavailable']],
  )
})
