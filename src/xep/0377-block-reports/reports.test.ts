import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import { blockReportCommands, type BlockReportPage } from '../../admin/block-report-commands.ts'
import { CommandError, commandsOf, runCommand } from '../../admin/command.ts'
import { blocking } from '../0191-blocking/index.ts'
import { blockReports, reportsOf } from './index.ts'

const SPAM = 'urn:xmpp:reporting:spam'
const EVE = 'eve@elsewhere.example'
const DAY = 86_400_000

let n = 0
const report = (content = '', reason = `reason='${SPAM}'`): string =>
  `<report xmlns='urn:xmpp:reporting:1' ${reason}>${content}</report>`
async function block(client: Client, ...items: readonly (readonly [jid: string, report: string])[]): Promise<void> {
  const all = items.map(([jid, inside]) => `<item jid='${jid}'>${inside}</item>`).join('')
  const answer = await client.ask(`<iq type='set' id='b${++n}'><block xmlns='urn:xmpp:blocking'>${all}</block></iq>`)
  assert.equal(answer.attr('type'), 'result')
}
async function blocked(client: Client): Promise<number> {
  const answer = await client.ask(`<iq type='get' id='l${++n}'><blocklist xmlns='urn:xmpp:blocking'/></iq>`)
  return answer.elements[0]!.elements.length
}
async function scene(settings: object = {}) {
  const server = await memoryServer({ features: [blocking, blockReports], settings: { 'block-reports': settings } })
  const commands = commandsOf(...blockReportCommands(reportsOf(server.host), 3))
  const ask = (name: string, args: object): Promise<unknown> => runCommand(commands, name, args)
  const list = async (after = ''): Promise<BlockReportPage> => (await ask('report.list', { after })) as BlockReportPage
  return { server, alice: await server.bind('alice@example.net', '1'), ask, list }
}
const features = ({ host }: MemoryServer): readonly string[] => host.disco.server.features

test('EXT-5: a report is stored with the block, and the operator reads and deletes it', async () => {
  const { server, alice, ask, list } = await scene()
  assert.ok(features(server).includes('urn:xmpp:reporting:1'))
  const id = `<stanza-id xmlns='urn:xmpp:sid:0' by='alice@example.net' id='m-1'/>`
  await block(alice, [EVE, report(`<text xml:lang='en'> Never came trouble </text>${id}<third-party/>`)])
  const { reports, next } = await list()
  assert.equal(next, null)
  const [{ id: key, ...one }, ...others] = reports as [(typeof reports)[number]]
  assert.deepEqual(one, {
    reporter: 'alice@example.net',
    jid: EVE,
    reason: SPAM,
    text: 'Never came trouble',
    messages: ['m-1'],
    at: server.clock.now(),
  })
  assert.deepEqual([others, await blocked(alice)], [[], 1])
  await ask('report.dismiss', { id: key })
  assert.deepEqual((await list()).reports, [])
  await assert.rejects(ask('report.dismiss', { id: key }), CommandError)
})

test('XEP-0377: the form of 0.2, in which the reason is an element, is read too', async () => {
  const { alice, list } = await scene()
  const old = (inside: string): string => `<report xmlns='urn:xmpp:reporting:0'>${inside}</report>`
  await block(
    alice,
    ['a@elsewhere.example', old('<abuse/><text>Never came trouble</text>')],
    ['b@elsewhere.example', old('<spam/>')],
    ['c@elsewhere.example', old('<text>nothing</text>')],
  )
  const rows = (await list()).reports.map(({ jid, reason, text }) => [jid.slice(0, 1), reason.slice(-5), text])
  assert.deepEqual(rows.toSorted(), [
    ['a', 'abuse', 'Never came trouble'],
    ['b', ':spam', ''],
  ])
  assert.equal(await blocked(alice), 3)
})

test('XEP-0377 5: whatever a report is like, the address is blocked', async () => {
  const { alice, list } = await scene({ text: 5 })
  await block(
    alice,
    ['a@elsewhere.example', report('', '')],
    ['b@elsewhere.example', report('', `reason='${'x'.repeat(300)}'`)],
    ['c@elsewhere.example', report('<text>Far too long</text>')],
    ['d@elsewhere.example', ''],
  )
  assert.deepEqual(
    (await list()).reports.map(({ jid, text }) => [jid, text]),
    [['c@elsewhere.example', 'Far t']],
  )
  assert.equal(await blocked(alice), 4)
  await block(alice, ['d@elsewhere.example', report()]) // blocked already
  assert.equal((await list()).reports.length, 2)
})

test('EXT-5: a user makes so many in a day; the others are dropped, and the addresses blocked', async () => {
  const { server, alice, list } = await scene({ 'per-day': 2 })
  await block(alice, ...['a', 'b', 'c'].map((name) => [`${name}@elsewhere.example`, report()] as const))
  await block(alice, ['d@elsewhere.example', report()])
  assert.deepEqual([(await list()).reports.length, await blocked(alice)], [2, 4])
  await server.advance(DAY + 1)
  await block(alice, ['e@elsewhere.example', report()])
  assert.equal((await list()).reports[0]?.jid, 'e@elsewhere.example', 'the newest is the first')
})

test('EXT-5: they come in pages, the oldest are forgotten, and they go with the account of the reporter', async () => {
  const { server, alice, list } = await scene({ kept: 10 })
  for (let i = 0; i < 12; i++) {
    await block(alice, [`p${i}@elsewhere.example`, report()])
    await server.advance(1)
  }
  const seen: string[] = []
  for (let after: string | null = ''; after !== null;) {
    const page = await list(after)
    seen.push(...page.reports.map(({ jid }) => jid.split('@')[0]!))
    after = page.next
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 10 }, (_, i) => `p${11 - i}`),
  )
  await server.stores.accounts.delete('alice@example.net')
  assert.deepEqual((await list()).reports, [])
})
