import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { silent } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { CommandError, commandsOf, defineCommand, runCommand } from './command.ts'
import { recorded, type Way } from './orders.ts'

function scene() {
  const lines: object[] = []
  const log = { ...silent, info: (fields: object, message: string) => void lines.push({ message, ...fields }) }
  const metrics = new Metrics()
  const account = { jid: v.string(), password: v.string() }
  const commands = recorded(
    commandsOf(
      defineCommand('user.add', account, ({ jid }) => {
        if (jid === 'taken') throw new CommandError('There is one.')
        return { jid }
      }),
      defineCommand('user.list', {}, () => []),
    ),
    log,
    metrics,
  )
  const order = (name: string, args: object, way: Exclude<Way, 'client'> = 'socket'): Promise<unknown> =>
    runCommand(commands[way], name, args)
  return { lines, metrics, order }
}

test('an order is logged with what it is about, and without the password', async () => {
  const { lines, metrics, order } = scene()
  assert.deepEqual(await order('user.add', { jid: 'romeo@example.net', password: 'secret' }), { jid: 'romeo@example.net' })
  await assert.rejects(order('user.add', { jid: 'taken', password: 'secret' }), CommandError)
  assert.deepEqual(lines, [
    { message: 'Operator command carried out', order: 'user.add', way: 'socket', jid: 'romeo@example.net' },
    { message: 'Operator command refused', order: 'user.add', way: 'socket', jid: 'taken', reason: 'There is one.' },
  ])
  assert.equal(metrics.counters[0]?.value, 2)
})

test('looking is no order', async () => {
  const { lines, order } = scene()
  await order('user.list', {})
  assert.deepEqual(lines, [])
})

test('the log says which way an order came', async () => {
  const { lines, metrics, order } = scene()
  for (const way of ['socket', 'browser'] as const)
    await order('user.add', { jid: `${way}@example.net`, password: 'secret' }, way)
  assert.deepEqual(
    lines.map((line) => (line as { way: Way }).way),
    ['socket', 'browser'],
  )
  assert.equal(metrics.counters[0]?.value, 2)
})

test('ADM-3: an order of an administrator bears a name, and what they look at is recorded, too', async () => {
  const lines: object[] = []
  const log = { ...silent, info: (fields: object) => void lines.push(fields) }
  const orders = recorded(commandsOf(defineCommand('user.list', {}, () => [])), log, new Metrics())
  assert.deepEqual(await orders.order('boss@example.net', 'user.list', {}), [])
  assert.deepEqual(lines, [{ order: 'user.list', way: 'client', by: 'boss@example.net' }])
  assert.throws(() => orders.order('boss@example.net', 'make.coffee', {}), CommandError)
})
