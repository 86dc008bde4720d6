import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilities } from '../../test/support/annotations.ts'
import { memoryServer, settled } from '../../test/support/memory-server.ts'
import { passive } from '../server/links/links.ts'
import { features } from '../xep/catalogue.ts'
import { jid } from '../xmpp/jid.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import { explainCommand, type Explanation } from './explain-commands.ts'

const ALICE = 'alice@example.net'
const BOB = 'bob@example.net'

async function scene() {
  const server = await memoryServer({ features, settings: { ping: { idle: '5 minutes' } } })
  const commands = commandsOf(explainCommand(server.host))
  const explain = (watcher = ALICE, contact = BOB) =>
    runCommand(commands, 'explain.presence', { watcher, contact }) as Promise<Explanation>
  return { server, explain }
}
const words = ({ reasons }: Explanation): string => reasons.map((r) => r.words).join('\n')

test('a contact that is there: both rosters, the resource, since when, what happened', async () => {
  const { server, explain } = await scene()
  await server.friends(ALICE, BOB)
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  const bob = await server.bind(BOB, 'phone')
  await server.advance(60_000)
  const came = server.clock.now()
  await bob.send('<presence><status>a secret</status></presence>')
  await server.advance(60_000)
  const explanation = await explain()
  assert.equal(explanation.verdict, 'bob@example.net is available to alice@example.net with 1 resource.')
  assert.match(words(explanation), /roster of alice@example\.net: subscription 'both' with bob@example\.net\./)
  assert.match(words(explanation), /roster of bob@example\.net: subscription 'both' with alice@example\.net\./)
  assert.match(words(explanation), /client desk does not ask for annotations/)
  const phone = explanation.reasons.find((r) => r.words.startsWith('Resource phone'))
  assert.deepEqual(phone, { about: 'resource', words: 'Resource phone: available with priority 0.', since: came })
  assert.ok(explanation.reasons.some((r) => r.about === 'history' && r.words === 'bob@example.net/phone: became available.'))
  assert.doesNotMatch(JSON.stringify(explanation), /secret/)
  assert.deepEqual(explanation.remedies, [])
})

test('a contact that has gone: since when, and what would change it', async () => {
  const { server, explain } = await scene()
  await server.friends(ALICE, BOB)
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  const bob = await server.bind(BOB, 'phone')
  await bob.send('<presence/>')
  await bob.send("<presence type='unavailable'/>")
  const explanation = await explain()
  assert.match(explanation.verdict, /no available resource/)
  assert.deepEqual(explanation.reasons.find((r) => r.words.includes('became unavailable'))?.since, server.clock.now())
  assert.deepEqual(explanation.remedies, ['bob@example.net becomes available.'])
})

test('no subscription; a request that waits', async () => {
  const { server, explain } = await scene()
  const alice = await server.bind(ALICE, 'desk')
  await server.account(BOB)
  await alice.send('<presence/>')
  assert.deepEqual((await explain()).remedies.slice(0, 1), [`${ALICE} asks to see the presence of ${BOB}, and ${BOB} approves.`])
  await alice.send(`<presence type='subscribe' to='${BOB}'/>`)
  await settled()
  const explanation = await explain()
  assert.match(explanation.verdict, /has no subscription/)
  assert.match(words(explanation), /a request was sent and waits for an answer/)
  assert.match(words(explanation), /a request of alice@example\.net waits for an answer/)
  assert.ok(explanation.remedies.includes(`${BOB} approves the request of ${ALICE}.`))
})

test('two rosters that disagree, of which nobody has made use yet', async () => {
  const { server, explain } = await scene()
  await server.contact(ALICE, BOB, 'to')
  await server.account(BOB)
  const explanation = await explain()
  assert.match(explanation.verdict, /is not available, and so/)
  assert.match(explanation.remedies.join(), /roster check --fix/)
})

test('a contact whose account is disabled', async () => {
  const { server, explain } = await scene()
  await server.friends(ALICE, BOB)
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  assert.equal(await server.host.registrar.disable(jid(BOB), ''), true)
  const explanation = await explain()
  assert.match(explanation.verdict, /no available resource/)
  const found = explanation.reasons.find((r) => r.words === `The account ${BOB} is disabled.`)
  assert.equal(found?.since, server.clock.now())
  assert.ok(explanation.remedies.includes(`\`porchlight user enable ${BOB}\` lets it log in again.`))
})

test('somebody who is blocked', async () => {
  const { server, explain } = await scene()
  await server.friends(ALICE, BOB)
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  await alice.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${BOB}'/></block></iq>`)
  await settled()
  const explanation = await explain()
  assert.equal(explanation.verdict, `${ALICE} has blocked ${BOB}.`)
  assert.ok(explanation.remedies.includes(`${ALICE} unblocks ${BOB}.`))
})

test('a contact on another server, with which there was no link yet', async () => {
  const { server, explain } = await scene()
  await server.contact(ALICE, 'bob@elsewhere.example', 'both')
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  const explanation = await explain(ALICE, 'bob@elsewhere.example')
  assert.match(explanation.verdict, /Whether bob@elsewhere\.example is available is not known/)
  assert.match(explanation.verdict, /not the same as offline/)
  assert.deepEqual(explanation.resources, [])
  assert.match(words(explanation), /kept by elsewhere\.example/)
})

test('a contact on another server: through what it was last confirmed, and that it has gone', async () => {
  const { server, explain } = await scene()
  const remote = server.remote('elsewhere.example')
  await server.contact(ALICE, 'bob@elsewhere.example', 'both')
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  const bob = (): Promise<Explanation> => explain(ALICE, 'bob@elsewhere.example')
  const say = (xml: string): Promise<void> => remote.send(`<presence from='bob@elsewhere.example/x' to='${ALICE}'${xml}`)
  await say('/>')
  const first = server.clock.now()
  assert.equal((await bob()).verdict, `bob@elsewhere.example is available to ${ALICE} with 1 resource, says elsewhere.example.`)
  const resource = { jid: 'bob@elsewhere.example/x', confidence: 'live', confirmedAt: first, confirmedBy: 'stanza' }
  assert.deepEqual((await bob()).resources, [resource])
  await server.advance(60_000)
  await say('/>')
  assert.deepEqual((await bob()).resources, [{ ...resource, confirmedAt: server.clock.now(), confirmedBy: 'probe' }])
  await say(`><state-annotation xmlns='urn:xmpp:psa' from='elsewhere.example'><connection-paused/></state-annotation></presence>`)
  assert.equal((await bob()).resources[0]?.confidence, 'paused')
  await say(` type='unavailable'/>`)
  const gone = await bob()
  assert.match(gone.verdict, /no available resource, says elsewhere\.example: alice@example\.net sees it offline/)
  assert.deepEqual(gone.resources, [])
})

test('what each client was last sent, and when', async () => {
  const { server, explain } = await scene()
  await server.friends(ALICE, BOB)
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  const bob = await server.bind(BOB, 'phone')
  await bob.send('<presence/>')
  const last = async (): Promise<unknown[]> => (await explain()).reasons.filter(({ words }) => words.startsWith('Last sent to'))
  const sent = (type: string) => ({
    about: 'shown',
    words: `Last sent to its client desk: ${type} presence of ${BOB}/phone.`,
    since: server.clock.now(),
  })
  const [whenAvailable, whenAlone] = [sent('available'), (await last()).length]
  assert.equal(whenAlone, 2, 'also that nobody was there, upon the probe')
  assert.deepEqual((await last())[0], whenAvailable)
  await server.advance(1000)
  await bob.send("<presence type='unavailable'/>")
  assert.deepEqual((await last())[0], sent('unavailable'))
})

test('who is nobody, or no address', async () => {
  const { explain } = await scene()
  await assert.rejects(explain('nobody@example.net'), CommandError)
  await assert.rejects(explain(ALICE, 'example.net'), /not the address of somebody/)
})

const CAROL = 'carol@elsewhere.example'
const PAUSED =
  "><state-annotation xmlns='urn:xmpp:psa' from='elsewhere.example'><connection-paused/></state-annotation></presence>"
/** Alice has a contact elsewhere, over a link that can be lost. */
async function across() {
  const { server, explain } = await scene()
  const remote = server.remote('elsewhere.example')
  await server.contact(ALICE, CAROL, 'both')
  const link = server.host.links.of('example.net', 'elsewhere.example', passive)
  link.opened()
  const alice = await server.bind(ALICE, 'desk')
  await alice.send('<presence/>')
  const say = (xml: string, to = ALICE): Promise<void> => remote.send(`<presence from='${CAROL}/x' to='${to}'${xml}`)
  return { server, alice, link, say, carol: () => explain(ALICE, CAROL), toCarol: () => explain(CAROL, ALICE) }
}

test('explain over a lost link: from its first moment nobody is said to be available', async () => {
  const { server, link, say, carol } = await across()
  await say('/>')
  link.closed(false)
  const early = await carol()
  assert.match(early.verdict, /^The link to elsewhere\.example is lost: .* 1 resource available, and has not been told/)
  assert.equal(early.resources[0]?.confidence, 'link-lost')
  assert.ok(early.remedies.some((words) => words.startsWith('The link to elsewhere.example comes back')))
  await server.advance(60_000)
  assert.match((await carol()).verdict, /is lost: .* 1 resource available, marked as such/)
  link.opened()
  assert.match((await carol()).verdict, /^Whether .* is still available is not known: .* has not confirmed it since/)
  await say('/>')
  assert.match((await carol()).verdict, /is available to .* with 1 resource, says elsewhere/)
})

test('explain over a lost link: where nothing was ever known nothing is seen', async () => {
  const { server, link, carol } = await across()
  link.closed(false)
  await server.advance(60_000)
  assert.match((await carol()).verdict, /is lost, and whether carol.* is not known: nothing .*not the same as offline/)
  assert.doesNotMatch((await carol()).verdict, /last known/)
})

test('explain: a contact elsewhere whose only connection is paused is not said to be there', async () => {
  const { say, carol } = await across()
  await say('/>')
  await say(PAUSED)
  assert.match((await carol()).verdict, /^Every available resource .* has lost its connection .* says elsewhere/)
})

test('explain: a client that was told of a pause elsewhere was not shown it "as it is"', async () => {
  const { server, alice, say, carol } = await across()
  const { c, query } = capabilities(PSA)
  await alice.send(`<presence>${c}</presence>`)
  const asked = alice.sent().find((e) => e.name === 'iq' && e.attr('type') === 'get')!
  await alice.send(`<iq type='result' id='${asked.attr('id')!}' to='example.net'>${query}</iq>`)
  await server.advance(1000)
  assert.match(words(await carol()), /client desk no available resource of carol@elsewhere\.example is noted/)
  await say(PAUSED)
  assert.match(words(await carol()), /was shown x as available, with its connection paused, as elsewhere\.example says\./)
  await say("><state-annotation xmlns='urn:xmpp:psa' from='elsewhere.example'/></presence>")
  assert.match(words(await carol()), /was shown x as available, as it is\./)
})

test('explain: somebody elsewhere who looks at somebody here', async () => {
  const { server, alice, link, toCarol } = await across()
  assert.match((await toCarol()).verdict, /^alice.* is available with 1 resource, and elsewhere\.example is told so for carol/)
  assert.deepEqual((await toCarol()).resources[0]?.jid, `${ALICE}/desk`)
  link.closed(false)
  assert.match((await toCarol()).verdict, /^The link to elsewhere\.example is lost: .* what it was told before/)
  link.opened()
  await alice.send("<presence type='unavailable'/>")
  assert.match((await toCarol()).verdict, /has no available resource, and elsewhere\.example is told so/)
  const explain = (watcher: string) => explainAs(server, watcher, ALICE)
  const stranger = await explain('stranger@elsewhere.example')
  assert.match(stranger.verdict, /does not share its presence with stranger/)
  assert.match(words(stranger), /roster of stranger@elsewhere\.example is kept by elsewhere\.example/)
  await alice.send(`<presence to='stranger@elsewhere.example/x'/>`)
  assert.match(
    (await explain('stranger@elsewhere.example')).verdict,
    /is available with 1 resource, and .* is told so for stranger/,
  )
  await assert.rejects(explainAs(server, 'x@elsewhere.example', 'y@elsewhere.example'), /Neither/)
})

const PSA = 'urn:xmpp:psa'
const explainAs = (server: Awaited<ReturnType<typeof memoryServer>>, watcher: string, contact: string) =>
  runCommand(commandsOf(explainCommand(server.host)), 'explain.presence', { watcher, contact }) as Promise<Explanation>

test('explain after a restart: a connection was lost when it was lost, not when the server began again', async () => {
  const { server, explain } = await scene()
  await server.friends(ALICE, BOB)
  const { sessions, accounts } = server.host
  const account = (await accounts.load(BOB))!
  const session = sessions.restore({ account, resource: 'phone', boundAt: 0, lang: null, device: null })
  const lostAt = server.clock.now() - 180_000
  sessions.waitFor(session, 60_000, lostAt)
  const { reasons } = await explain()
  const about = (text: string) => reasons.find((r) => r.words.includes(text))?.since
  assert.equal(about('its connection is lost'), lostAt)
  assert.equal(about('phone: lost its connection'), lostAt)
})
