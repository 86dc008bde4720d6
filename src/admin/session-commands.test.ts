import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import type { Ending } from '../server/endings.ts'
import { sessionCommands } from './session-commands.ts'

async function operator() {
  const server = await memoryServer()
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

test('session.kick: nobody, and no reason for anybody', async () => {
  const { server, ask } = await operator()
  const orchard = await server.bind('romeo@example.net', 'orchard')
  await assert.rejects(ask('session.kick', { jid: 'romeo@example.net/garden', reason: '' }), /There is no session/)
  await assert.rejects(ask('session.kick', { jid: orchard.jid.full, reason: 'two\nlines' }), CommandError)
  assert.equal(orchard.ending, null)
})
