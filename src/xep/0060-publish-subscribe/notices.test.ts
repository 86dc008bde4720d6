import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter } from '../../base/metrics.ts'
import { Portions } from '../../base/portions.ts'
import { DEFAULTS } from '../../pubsub/machine/config.ts'
import { apply, plan, type Told } from '../../pubsub/machine/plan.ts'
import { Node } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import { itemOf, NOON } from '../../pubsub/testing.ts'
import type { Wire } from '../../xml/wire.ts'
import { Notices } from './notices.ts'

const OWNER = 'pubsub.a.example'
const GONE = new Error('the database is gone')

/** Nodes of which nothing can be read. */
function scene() {
  const node = new Node({ uid: 'u', owner: OWNER, name: 'n', creator: 'alice@a.example', createdAt: NOON }, DEFAULTS)
  apply(node, [{ change: 'item', item: itemOf('1', null, 1) }])
  node.announcedSeq = 1
  const performed: string[] = []
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const nodes = {
    items: async () => Promise.reject(GONE),
    async perform({ command }: { readonly command: { readonly do: string } }) {
      performed.push(command.do)
      throw GONE
    },
  } as unknown as Nodes
  const notices = new Notices({
    nodes,
    portions: new Portions({ now: () => NOON, elapsed: () => NOON, after: () => assert.fail('no work is left') }, failed),
    isOurs: () => true,
    nextId: () => '1' as Wire,
    send() {},
    sent: new Counter('sent', ''),
    failed,
  })
  const happened = async (...told: readonly Told[]): Promise<void> => {
    notices.happened(node, plan([], told))
    await new Promise((next) => void setImmediate(next))
  }
  return { happened, performed, failures }
}
const outcast = (jid: string): Told => ({ told: 'affiliation', jid, before: 'none', after: 'outcast' })

test('12.2: a last item that cannot be read is a failure for the log, and nothing ends', async () => {
  const { happened, failures } = scene()
  await happened({ told: 'welcome', jid: 'bob@a.example' })
  assert.deepEqual(failures, [GONE])
})
test('PUB-7: subscriptions are looked through once, however many people lose access', async () => {
  const { happened, performed } = scene()
  await happened(...['bob', 'carol', 'eve'].map((name) => outcast(`${name}@a.example`)))
  assert.deepEqual(performed, ['review'])
})
test('PUB-7: subscriptions that cannot be looked through are a failure for the log', async () => {
  const { happened, failures } = scene()
  await happened(outcast('bob@a.example'))
  assert.deepEqual(failures, [GONE])
})
