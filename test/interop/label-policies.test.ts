/** XEP-0258 between two servers, each with a policy and labels of its own, whose users have slixmpp (T-Y07, LAB-24, LAB-30). */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { Authority } from '../support/authority.ts'
import { owned } from '../support/owned.ts'
import { startServer, type ServerProcess } from '../support/server-process.ts'
import { within } from '../support/within.ts'
import { Line } from './line.ts'
import { PATIENCE_MS } from './person.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const [VERONA, MANTUA] = ['verona.example', 'mantua.example']
const [ROMEO, JULIET] = [`romeo@${VERONA}`, `juliet@${MANTUA}`]
const PASSWORD = 'open-sesame'
const POLICY_OF_VERONA = join(import.meta.dirname, '../../config/labels.toml')
const [RESTRICTED, SECRET] = ['MQYCAQIGASk=', 'MQYCAQQGASk='].map(
  (ess) => `<esssecuritylabel xmlns='urn:xmpp:sec-label:ess:0'>${ess}</esssecuritylabel>`,
)
const ofMantua = (text: string): string => `<label xmlns='urn:example:mantua:label'>${text}</label>`
/** Other names, other levels, other XML. It knows nothing of Verona's labels: Verona writes what is equivalent in Mantua. */
const POLICY_OF_MANTUA = `
[policy]
id = "urn:example:mantua"
name = "Mantua"
default-label = "pubblico"
default-clearance = "pubblico"
${[
  ['pubblico', 1],
  ['riservato', 2],
  ['segreto', 3],
]
  .map(
    ([id, level]) => `
[[classification]]
name = "${id}"
level = ${level}
[[label]]
id = "${id}"
selector = "${id}"
classification = "${id}"
marking = "${String(id).toUpperCase()}"
xml = "${ofMantua(String(id).toUpperCase())}"
[[clearance]]
id = "${id}"
classification = "${id}"
`,
  )
  .join('')}`

interface Two {
  readonly verona: ServerProcess
  readonly mantua: ServerProcess
  readonly certificateFile: string
}
async function open(t: TestContext): Promise<Two> {
  const directory = await mkdtemp(join(tmpdir(), 'labels-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const policyOfMantua = join(directory, 'mantua.toml')
  await writeFile(policyOfMantua, POLICY_OF_MANTUA)
  const authority = await Authority.found(directory)
  const servers: Record<string, ServerProcess> = {}
  const start = async (domain: string, other: string, policy: string): Promise<ServerProcess> => {
    const { certificateFile, keyFile } = await authority.certify(domain, {
      dns: [domain, `conference.${domain}`, `pubsub.${domain}`],
    })
    const line = await Line.open(t, () => servers[other]!.serversPort)
    const server = await startServer(t, {
      'server': { 'domains': [domain], 'data-directory': 'data' },
      'tls': { certificate: certificateFile, key: keyFile },
      'federation': {
        'trust': 'require-certificate',
        'authorities': authority.file,
        'retry': '100 ms',
        'longest-retry': '200 ms',
      },
      'http-upload': { enabled: false },
      'security-labels': { policy },
      'peer': [other, `conference.${other}`].map((name) => ({ domain: name, route: `127.0.0.1:${line.port}` })),
    })
    servers[domain] = server
    return server
  }
  const verona = await start(VERONA, MANTUA, POLICY_OF_VERONA)
  const mantua = await start(MANTUA, VERONA, policyOfMantua)
  await verona.addUser(ROMEO, PASSWORD)
  await mantua.addUser(JULIET, PASSWORD)
  return { verona, mantua, certificateFile: authority.file }
}

type Perform = (order: string, ...rest: readonly string[]) => Promise<unknown>
async function clients(t: TestContext, { verona, mantua, certificateFile }: Two): Promise<Perform> {
  const where = (jid: string, { port }: ServerProcess): string => [jid, PASSWORD, port, certificateFile].join(' ')
  const script = join(import.meta.dirname, 'slixmpp/labels_across.py')
  const child = owned(spawn(PYTHON, [script, where(ROMEO, verona), where(JULIET, mantua)], { stdio: ['pipe', 'pipe', 'pipe'] }))
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  t.after(() => child.kill())
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await within(
      PATIENCE_MS * 4,
      () => `an answer of the clients; they said: ${complaints}`,
      lines.next(),
    )
    if (done === true) throw new Error(`The clients have ended: ${complaints}`)
    return JSON.parse(value)
  }
  assert.equal(await answer(), 'ready')
  return (...order) => {
    child.stdin.write(`${JSON.stringify(order)}\n`)
    return answer()
  }
}
const clear = async (server: ServerProcess, who: string, clearance: string): Promise<void> => {
  const { code, stderr } = await server.command(['clearance', 'set', who, clearance])
  assert.equal(code, 0, stderr)
}
const withheld = async (server: ServerProcess): Promise<string> => (await server.command(['explain', 'withheld'])).stdout

test(
  'T-Y07: labels are mapped and refused at the border of two servers with two policies',
  { skip: slixmppMissing() },
  async (t) => {
    const two = await open(t)
    const { verona, mantua } = two
    await clear(verona, ROMEO, 'secret')
    await clear(verona, MANTUA, 'restricted')
    await clear(mantua, JULIET, 'riservato')
    await clear(mantua, VERONA, 'segreto')
    const perform = await clients(t, two)
    const say = (who: string, to: string, label: string, body: string, type = 'chat'): Promise<unknown> =>
      perform('say', who, to, type, label, body)
    const hears = (who: string): Promise<unknown> => perform('hear', who)

    await t.test('what is equivalent gets there, with the marking of the receiver, in both directions', async () => {
      await say('romeo', JULIET, RESTRICTED!, 'one')
      assert.deepEqual(await hears('juliet'), ['one', 'RISERVATO'])
      await say('juliet', ROMEO, ofMantua('RISERVATO'), 'two')
      assert.deepEqual(await hears('romeo'), ['two', 'RESTRICTED'])
      await say('romeo', JULIET, '', 'three')
      assert.deepEqual(await hears('juliet'), ['three', null])
    })
    await t.test('what the other domain is not cleared for does not leave, and its sender is told', async () => {
      await say('romeo', JULIET, SECRET!, 'four')
      assert.equal(await hears('romeo'), 'forbidden')
      assert.match(await withheld(verona), /domain: secret from romeo@verona\.example\/\S+, withheld from juliet@mantua\.example/)
      await say('juliet', ROMEO, ofMantua('SEGRETO'), 'not for her')
      assert.equal(await hears('juliet'), 'forbidden')
    })
    await t.test('what the other policy does not know, or its user may not have, is dropped there without a word', async () => {
      await clear(verona, MANTUA, 'secret')
      await say('romeo', JULIET, SECRET!, 'five')
      await say('romeo', JULIET, RESTRICTED!, 'six')
      assert.deepEqual(await hears('juliet'), ['six', 'RISERVATO'])
      assert.match(await withheld(mantua), /delivery: .* from romeo@verona\.example\/\S+, withheld from juliet@mantua\.example/)
      await clear(mantua, JULIET, 'pubblico')
      await say('romeo', JULIET, RESTRICTED!, 'seven')
      await say('romeo', JULIET, '', 'eight')
      assert.deepEqual(await hears('juliet'), ['eight', null])
      await clear(mantua, JULIET, 'riservato')
    })
    await t.test(
      'a room with a label lets in, and puts out, people of the other server by the clearance of their domain',
      async () => {
        const room = `den@conference.${VERONA}`
        await clear(verona, MANTUA, 'public')
        assert.equal(await perform('join', 'romeo', room, 'Romeo'), 'in')
        const { code, stderr } = await verona.command([
          'room',
          'set',
          room,
          'label=restricted',
          'clearance=secret',
          'default-label=restricted',
        ])
        assert.equal(code, 0, stderr)
        assert.equal(await perform('join', 'juliet', room, 'Juliet'), 'forbidden')
        await clear(verona, MANTUA, 'restricted')
        assert.equal(await perform('join', 'juliet', room, 'Juliet'), 'in')
        await say('romeo', room, SECRET!, 'nine', 'groupchat')
        await say('romeo', room, '', 'ten', 'groupchat')
        const until = async (body: string): Promise<readonly unknown[]> => {
          const all: unknown[] = []
          for (;;) {
            const one = (await hears('juliet')) as readonly [string, string | null]
            all.push(...(one[0] === '' ? [] : [one]))
            if (one[0] === body) return all
          }
        }
        assert.deepEqual(await until('ten'), [['ten', 'RISERVATO']])
        await clear(verona, MANTUA, 'public')
        assert.deepEqual(await perform('leaves', 'juliet'), ['110', '321'])
      },
    )
    for (const { log } of [verona, mantua])
      for (const text of ['four', 'five', 'seven', 'nine']) assert(!log.includes(`>${text}<`))
  },
)
