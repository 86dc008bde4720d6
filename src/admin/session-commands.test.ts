import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { streamManagement } from '../xep/0198-stream-management/index.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import type { Ending } from '../server/account/endings.ts'
import { sessionCommands } from './session-commands.ts'
import type { SessionPage } from './session-list.ts'

async function operator() {
  const server = await memoryServer({ features: [streamManagement] })
  const commands = commandsOf(...sessionCommands(server.host, 100))
  return { server, ask: (name: string, args: object) => runCommand(commands, name, args) }
}

const textOf = (ending: Ending | null): string | null | undefined => ending?.text

test('session.kick ends one session of an account, and says why', async () => {
  const { server, ask } = await operator()
  const orchard = await server.bind('romeo@example.net', 'orchard')
  const garden = await server.bind('romeo@example.net', 'garden')
  await ask('session.kick', { jid: orchard.jid.full, reason: 'the nurse calls' })
  assert.deepEqual(
    [orchard.ending?.name, orchard.ending?.condition, orchard.ending?.text],
    ['kicked', 'policy-violation', 'Closed by an operator: the nurse calls'],
  )
  assert.equal(garden.ending, null)
  await ask('session.kick', { jid: garden.jid.full, reason: '' })
  assert.equal(textOf(garden.ending), 'Closed by an operator')
})

test('session.kick with the address of an account ends all its sessions, and no others', async () => {
  const { server, ask } = await operator()
  const [orchard, garden, balcony] = [
    await server.bind('romeo@example.net', 'orchard'),
    await server.bind('romeo@example.net', 'garden'),
    await server.bind('juliet@example.net', 'balcony'),
  ]
  assert.deepEqual(await ask('session.kick', { jid: 'romeo@example.net', reason: '' }), { jid: 'romeo@example.net', ended: 2 })
  assert.deepEqual(
    [orchard, garden, balcony].map(({ ending }) => ending?.name),
    ['kicked', 'kicked', undefined],
  )
})

test('session.kick: nobody, and no reason for anybody', async () => {
  const { server, ask } = await operator()
  const orchard = await server.bind('romeo@example.net', 'orchard')
  await assert.rejects(ask('session.kick', { jid: 'romeo@example.net/garden', reason: '' }), /There is no session/)
  await assert.rejects(ask('session.kick', { jid: orchard.jid.full, reason: 'two\nlines' }), CommandError)
  assert.equal(orchard.ending, null)
})

test('session.list: pages, a part of the address, and what waits for the client', async () => {
  const server = await memoryServer({ features: [streamManagement] })
  const commands = commandsOf(...sessionCommands(server.host, 1))
  const list = (find: string, after = '') => runCommand(commands, 'session.list', { find, after }) as Promise<SessionPage>
  const orchard = await server.bind('romeo@example.net', 'orchard')
  await server.bind('juliet@example.net', 'balcony')
  await orchard.send(`<enable xmlns='urn:xmpp:sm:3'/>`)
  await orchard.send('<presence/>')
  const first = await list('')
  assert.deepEqual([first.sessions[0]?.jid, first.next], ['juliet@example.net/balcony', 'juliet@example.net/balcony'])
  assert.equal(first.sessions[0]?.unacknowledged, 0)
  const [romeo, ...others] = (await list('orch')).sessions
  assert.deepEqual([romeo?.jid, romeo?.available, romeo?.unacknowledged, others.length], [orchard.jid.full, true, 1, 0])
  assert.equal((await list('', first.next!)).next, null)
})
