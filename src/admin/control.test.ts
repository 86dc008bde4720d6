import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import * as v from 'valibot'
import { silent } from '../base/log.ts'
import { CommandError, commandsOf, defineCommand } from './command.ts'
import { controlAddress } from './control-address.ts'
import { connectControl } from './control-client.ts'
import { ControlError, ControlServer } from './control-server.ts'

const commands = commandsOf(
  defineCommand('echo', { say: v.string() }, async ({ say }) => ({ said: say })),
  defineCommand('refuse', {}, () => {
    throw new CommandError('Not today.')
  }),
  defineCommand('break', {}, () => {
    throw new TypeError('broken')
  }),
)

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-'))
  t.after(() => rm(directory, { recursive: true }))
  return join(directory, 'control.sock')
}

/** A server that takes commands, and a client of it. */
async function connected(t: TestContext, isReady = true) {
  const address = await place(t)
  const server = await ControlServer.listen(address, silent)
  if (isReady) server.begin(commands)
  const client = (await connectControl(address))!
  t.after(async () => {
    await client.close()
    await server.close()
  })
  return { address, server, client }
}

test('a command is carried out and its result comes back', async (t) => {
  const { client } = await connected(t)
  assert.deepEqual(await client.ask('echo', { say: 'good night' }), { said: 'good night' })
})

test('commands of one connection are answered in their order', async (t) => {
  const { client } = await connected(t)
  const answers = await Promise.all(['1', '2', '3'].map((say) => client.ask('echo', { say })))
  assert.deepEqual(answers, [{ said: '1' }, { said: '2' }, { said: '3' }])
})

test('what a command refuses comes back as its sentence', async (t) => {
  const { client } = await connected(t)
  await assert.rejects(client.ask('refuse', {}), new CommandError('Not today.'))
})

test('a command that is unknown or given something else says so', async (t) => {
  const { client } = await connected(t)
  await assert.rejects(client.ask('dance', {}), /does not know "dance"/)
  await assert.rejects(client.ask('echo', { say: 1 }), /arguments that it does not take/)
  await assert.rejects(client.ask('echo', { say: 'x', loud: true }), /arguments that it does not take/)
})

test('a command that stumbles does not take the server with it', async (t) => {
  const { client } = await connected(t)
  await assert.rejects(client.ask('break', {}), /failed with an error \(TypeError: broken\)/)
  assert.deepEqual(await client.ask('echo', { say: 'still here' }), { said: 'still here' })
})

test('a server that is not ready says so', async (t) => {
  const { client } = await connected(t, false)
  await assert.rejects(client.ask('echo', { say: '' }), /just starting/)
})

test('another version of the protocol and what is no request are refused', async (t) => {
  const { address } = await connected(t)
  for (const line of ['{"porchlight":2,"command":"echo","args":{"say":""}}', 'hello', '{}']) {
    const socket = connect(address)
    socket.end(`${line}\n`)
    assert.match(await text(socket), /^\{"ok":false,"message":"This is not a request of version 1\./, line)
  }
})

test('a line that is too long closes the connection', async (t) => {
  const { address } = await connected(t)
  const socket = connect(address)
  socket.on('error', () => {})
  socket.write('x'.repeat(1_000_001))
  assert.equal(await text(socket).catch(() => ''), '')
})

test('only the own user may open the socket', { skip: process.platform === 'win32' }, async (t) => {
  const { address } = await connected(t)
  assert.equal(statSync(address).mode & 0o777, 0o600)
})

test('a second server at the same place is refused, and the first one is not disturbed', async (t) => {
  const { address, client } = await connected(t)
  await assert.rejects(
    ControlServer.listen(address, silent),
    (error: Error) => error instanceof ControlError && /Another server is running here/.test(error.message),
  )
  assert.deepEqual(await client.ask('echo', { say: 'mine' }), { said: 'mine' })
})

test('what a server that was killed has left behind is replaced', async (t) => {
  const address = await place(t)
  const killed = createServer().listen(`${address}.old`)
  await once(killed, 'listening')
  renameSync(`${address}.old`, address) // where the end of its listening does not remove it
  await new Promise((done) => killed.close(done))
  const server = await ControlServer.listen(address, silent)
  const client = await connectControl(address)
  assert.notEqual(client, null)
  await client!.close()
  await server.close()
})

test('nobody there is no client', async (t) => {
  assert.equal(await connectControl(await place(t)), null)
})

test('a path that is too long for a socket names the option', async (t) => {
  const address = (await place(t)) + 'x'.repeat(100)
  await assert.rejects(ControlServer.listen(address, silent), /longer than 103 octets.*control-socket/)
})

test('a server that stops leaves no command unanswered', async (t) => {
  const { client, server } = await connected(t)
  const waiting = client.ask('echo', { say: 'x'.repeat(500_000) })
  await Promise.all([assert.rejects(waiting, /closed the connection before it answered/), server.close()])
})

test('a server that finishes answers what it was asked, and takes no more connections', async (t) => {
  const address = await place(t)
  const server = await ControlServer.listen(address, silent)
  const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow = defineCommand('slow', {}, async () => {
    begun.resolve()
    await mayEnd.promise
    throw new CommandError('Another one has the database.')
  })
  server.begin(commandsOf(slow))
  const [client, idle] = [(await connectControl(address))!, (await connectControl(address))!]
  const refused = assert.rejects(client.ask('slow', {}), new CommandError('Another one has the database.'))
  await begun.promise
  const finished = server.finish()
  assert.equal(await connectControl(address), null)
  mayEnd.resolve()
  await Promise.all([finished, refused])
  await Promise.all([assert.rejects(idle.ask('slow', {}), /closed the connection before it answered/), server.close()])
})

test('on Windows the address is a pipe that depends on the path', () => {
  const [a, b] = [controlAddress('C:\\a', 'win32'), controlAddress('C:\\b', 'win32')]
  assert.match(a, /^\\\\\.\\pipe\\porchlight-[0-9a-f]{32}$/)
  assert.notEqual(a, b)
  assert.equal(controlAddress('/a', 'linux'), '/a')
})

test('a file that stands where the control socket should be is left alone', async (t) => {
  const address = await place(t)
  writeFileSync(address, 'a certificate, perhaps')
  await assert.rejects(
    ControlServer.listen(address, silent),
    (error) => error instanceof ControlError && /there is a file that is not a socket.*Check control-socket/.test(error.message),
  )
  assert.equal(readFileSync(address, 'utf8'), 'a certificate, perhaps')
})
