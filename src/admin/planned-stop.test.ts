import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/manual-clock.ts'
import { silent } from '../base/log.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import { stopCommands } from './planned-stop.ts'

function scene() {
  const clock = new ManualClock()
  const done: string[] = []
  const announce = async (): Promise<void> => new Promise((over) => void setImmediate(over))
  const ways = {
    clock,
    log: silent,
    announce,
    mayRestart: async () => {},
    restart: () => void done.push('restart'),
    shutDown: () => void done.push('shutdown'),
  }
  const commands = commandsOf(...stopCommands(ways))
  return { clock, done, ask: (name: string, args: object) => runCommand(commands, name, args) }
}

test('Of two stops that are ordered at once, the last one counts', async () => {
  const { clock, done, ask } = scene()
  await Promise.all([
    ask('restart', { delay: 60, text: 'The server restarts' }),
    ask('shutdown', { delay: 90, text: 'The server stops' }),
  ])
  clock.advance(60_000)
  await new Promise((next) => void setImmediate(next))
  assert.deepEqual(done, [])
  clock.advance(30_000)
  assert.deepEqual(done, ['shutdown'])
})
test('A stop that has begun cannot be called off', async () => {
  const { clock, done, ask } = scene()
  await ask('shutdown', { delay: 1, text: '' })
  clock.advance(1000)
  assert.deepEqual(done, ['shutdown'])
  await assert.rejects(ask('stop.cancel', {}), CommandError)
})
