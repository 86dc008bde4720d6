import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { commandsOf, runCommand } from './command.ts'
import { groupCommands } from './group-commands.ts'

test('GRP-1: the operator makes groups, changes and lists them; what cannot be is refused in words', async () => {
  const server = await memoryServer()
  for (const name of ['romeo', 'juliet', 'paris']) await server.account(`${name}@example.net`)
  const { host, groups } = server.server
  const commands = commandsOf(...groupCommands(host, groups, { 'groups': 2, 'group-members': 2 }))
  const ask = (name: string, args: object): Promise<unknown> => runCommand(commands, name, args)
  const [romeo, juliet, paris] = ['romeo@example.net', 'Juliet@example.net', 'paris@example.net']
  assert.deepEqual(await ask('group.create', { name: ' Team ', jids: [romeo] }), { name: 'Team', members: 1, full: [] })
  assert.deepEqual(await ask('group.add', { name: 'Team', jids: [juliet, romeo] }), { name: 'Team', members: 2, full: [] })
  assert.deepEqual(await ask('group.show', { name: 'Team' }), { name: 'Team', members: ['juliet@example.net', romeo] })
  await assert.rejects(ask('group.add', { name: 'Team', jids: [paris] }), /2 members at most/)
  await assert.rejects(ask('group.remove', { name: 'Team', jids: [paris] }), /is not in the group/)
  await assert.rejects(ask('group.add', { name: 'Choir', jids: [paris] }), /There is no group "Choir"/)
  await assert.rejects(ask('group.create', { name: 'Team', jids: [] }), /There is a group "Team" already/)
  await assert.rejects(ask('group.create', { name: ' ', jids: [] }), /needs a name/)
  await assert.rejects(ask('group.create', { name: 'Choir', jids: ['nobody@example.net'] }), /There is no account/)
  assert.deepEqual(await ask('group.create', { name: 'Choir', jids: [] }), { name: 'Choir', members: 0, full: [] })
  await assert.rejects(ask('group.create', { name: 'Third', jids: [] }), /There are 2 groups already/)
  assert.deepEqual(await ask('group.remove', { name: 'Team', jids: [juliet] }), { name: 'Team', members: 1, full: [] })
  await ask('group.delete', { name: 'Team' })
  assert.deepEqual(await ask('group.list', {}), [{ name: 'Choir', members: 0 }])
})
