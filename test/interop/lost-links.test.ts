/**
 * XEP-0310 4.1 between two servers in processes of their own, whose link is really lost: the other process is killed, a
 * connection is half open, packets are dropped. Romeo looks with `stanza` twice: once it asks for annotations, once it does
 * not; Juliet is at the other server with @xmpp/client.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Authority } from '../support/authority.ts'
import { startServer, type ServerProcess } from '../support/server-process.ts'
import type { DrivenPerson } from './driven.ts'
import { Line } from './line.ts'
import { askingStanzaJs, stanzaJs, xmppJs } from './makes.ts'
import { Network, networkMissing } from './network.ts'
import type { Account, Endpoints, Show } from './person.ts'

const [MONTAGUE, CAPULET] = ['montague.example', 'capulet.example'] as const
const ROMEO: Account = { jid: `romeo@${MONTAGUE}`, password: 'wherefore art thou' }
const JULIET: Account = { jid: `juliet@${CAPULET}`, password: 'by any other name' }
/** Soon; the grace is longer than the second for which the server remembers who watches what. */
const TIMES = {
  'grace': '1500 ms',
  'retry': '200 ms',
  'longest-retry': '400 ms',
  'dead-after': '1 second',
  'idle-check': '1 second',
  'connect-timeout': '1 second',
  'negotiation-timeout': '2 seconds',
}

interface Scene {
  readonly montague: ServerProcess
  readonly capulet: ServerProcess
  /** Romeo, with a client that asks for annotations, and with one that does not. */
  readonly asking: DrivenPerson
  readonly plain: DrivenPerson
  readonly juliet: DrivenPerson
  /** From Montague to Capulet, and back. */
  readonly lines: readonly [Line, Line]
}

/** The two know of each other, over lines or in the network. @param network of Capulet; null: both are on this machine */
async function open(t: TestContext, network: Network | null): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), 'lost-links-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await Authority.found(directory)
  const [own, other] = await Promise.all(
    [MONTAGUE, CAPULET].map((domain) => authority.certify(domain, { dns: [domain, 'localhost'] })),
  )
  const servers: { montague: ServerProcess | null; capulet: ServerProcess | null } = { montague: null, capulet: null }
  const lines = [
    await Line.open(t, () => servers.capulet!.serversPort),
    await Line.open(t, () => servers.montague!.serversPort, network?.ours),
  ] as const
  const federation = { trust: 'require-certificate', authorities: authority.file, ...TIMES }
  const common = { federation, 'presence-annotations': { 'confirm-within': '1 second' } }
  const [here, there] = ['127.0.0.1', network?.address ?? '127.0.0.1']
  servers.capulet = await startServer(
    t,
    {
      ...common,
      server: { 'domains': [CAPULET], 'data-directory': 'data' },
      tls: { certificate: other!.certificateFile, key: other!.keyFile },
      listen: { c2s: [`${there}:0`], s2s: [`${there}:0`] },
      peer: [{ domain: MONTAGUE, route: `${network?.ours ?? here}:${lines[1].port}` }],
      limits: { 'session-checkpoint': '0 s' }, // when it dies, her session dies with it
    },
    undefined,
    network?.through,
  )
  servers.montague = await startServer(t, {
    ...common,
    server: { 'domains': [MONTAGUE], 'data-directory': 'data' },
    tls: { certificate: own!.certificateFile, key: own!.keyFile },
    peer: [{ domain: CAPULET, route: network === null ? `${here}:${lines[0].port}` : `${there}:${servers.capulet.serversPort}` }],
  })
  await servers.montague.addUser(ROMEO.jid, ROMEO.password)
  await servers.capulet.addUser(JULIET.jid, JULIET.password)
  const doorOf = (server: ServerProcess, host: string): Endpoints => ({
    host,
    port: server.port,
    directTlsPort: 0,
    httpsPort: server.httpsPort,
    certificateFile: authority.file,
    directory,
  })
  const near = doorOf(servers.montague, 'localhost')
  const [asking, plain, juliet] = await Promise.all([
    askingStanzaJs.come(near, ROMEO),
    stanzaJs.come(near, ROMEO),
    xmppJs.come(doorOf(servers.capulet, network?.address ?? 'localhost'), JULIET),
  ])
  t.after(() => Promise.all([asking, plain, juliet].map((person) => person.close())))
  const scene = { montague: servers.montague, capulet: servers.capulet, asking, plain, juliet, lines }
  await meet(scene)
  return scene
}

async function meet({ asking, plain, juliet }: Scene): Promise<void> {
  await asking.logIn()
  await plain.logIn()
  await juliet.logIn()
  await asking.add(JULIET.jid)
  await juliet.seesRequest(ROMEO.jid)
  await juliet.approve(ROMEO.jid)
  await juliet.hasContact(ROMEO.jid, 'from')
  await juliet.show('away', 'on the balcony')
  for (const romeo of [asking, plain]) await until(romeo, 'away', 'on the balcony')
}
/** Of what is seen of Juliet, all up to this. */
async function until(romeo: DrivenPerson, show: Show, status: string): Promise<void> {
  for (;;) {
    const seen = await romeo.next('presence', JULIET.jid)
    if (seen.show === show && seen.status === status) return
  }
}
/** Who asks is told of the doubt, with what was last known; who does not ask is told nothing. */
async function doubts({ asking, plain }: Scene): Promise<void> {
  const { by, doubt } = await asking.next('annotation', JULIET.jid)
  assert.deepEqual([by, doubt], [MONTAGUE, 'server-unavailable'])
  await asking.sees(JULIET.jid, 'away', 'on the balcony')
  for (const romeo of [asking, plain]) {
    await romeo.settle()
    await romeo.sawAllOf(JULIET.jid)
  }
}
async function doubtsNoMore({ asking }: Scene): Promise<void> {
  const { by, doubt } = await asking.next('annotation', JULIET.jid)
  assert.deepEqual([by, doubt], [MONTAGUE, ''])
  await asking.sees(JULIET.jid, 'away', 'on the balcony')
}
/** She is there all the time, and says something new. */
async function goesOn(scene: Scene): Promise<void> {
  const { asking, plain, juliet } = scene
  await doubtsNoMore(scene)
  await juliet.show('dnd', 'still there')
  for (const romeo of [asking, plain]) await romeo.sees(JULIET.jid, 'dnd', 'still there')
}

test('XEP-0310 4.1: the other server is killed, and comes back without her', async (t) => {
  const scene = await open(t, null)
  await scene.capulet.kill()
  await doubts(scene)
  await scene.capulet.start()
  // Nobody confirms her, so the doubt stays until she is shown as gone
  for (const romeo of [scene.asking, scene.plain]) assert.equal((await romeo.next('presence', JULIET.jid)).show, 'offline')
})

test('XEP-0310 4.1: the connections are half open: nothing comes through, and nobody says so', async (t) => {
  const scene = await open(t, null)
  for (const line of scene.lines) line.swallow()
  await doubts(scene)
  const { stdout } = await scene.montague.command(['explain', ROMEO.jid, JULIET.jid])
  assert.match(stdout, /^The link to capulet\.example is lost: /)
  assert.match(stdout, /How well it is known\n {2}juliet@capulet\.example\/\S+: link-lost, last confirmed \S+Z by [a-z]+\.\n/)
  assert.match(stdout, /was shown \S+ as available, with the link to its server lost, and not confirmed since\. Since \S+Z\./)
  for (const line of scene.lines) line.revive()
  await goesOn(scene)
})

test('XEP-0310 4.1: packets are lost on the way', { skip: networkMissing() }, async (t) => {
  const network = Network.open(t)
  const scene = await open(t, network)
  network.lose()
  await doubts(scene)
  network.restore()
  await goesOn(scene)
})
