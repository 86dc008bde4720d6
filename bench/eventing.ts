/**
 * What personal eventing costs, beside the peers in one run: an event and an avatar of a user with 1000 contacts whose clients
 * all want them, beside a presence of the same user; and the login of a user with 100 contacts, with nodes and without.
 *   node bench/eventing.ts                                    all servers (about ten minutes)
 *   node bench/eventing.ts --only=Porchlight --parts=crowd
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { attr, Session } from './load/lib/client.mjs'
import { cpu } from './load/lib/proc.mjs'
import { hubIn, nameIn, servers, type Bench, type Population } from './servers.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    parts: { type: 'string', default: 'crowd,login' },
    contacts: { type: 'string', default: '1000' },
    changes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
  },
})
// The peers with what their distribution switches on: personal eventing is not in their leanest form
process.env['PROFILE'] = 'stock'
const DOMAIN = 'example.test'
const CROWD: Population = { n: Number(values.contacts), r: 0, hubs: 1 }
const FRIENDS: Population = { n: 200, r: 100, hubs: 0 }
/** Users whose logins are measured. */
const MEASURED = 20
const QUIET_MS = 1000
/** What a server that has nothing to do spends in that time. */
const IDLE_MS = 50
/** A login is over when nothing has come for so long. */
const CALM_MS = 100

const MOOD = 'http://jabber.org/protocol/mood'
const METADATA = 'urn:xmpp:avatar:metadata'
const DATA = 'urn:xmpp:avatar:data'
const PUBSUB = 'http://jabber.org/protocol/pubsub'
/** What a client of our day wants to hear of. */
const WANTED = [
  'http://jabber.org/protocol/nick',
  MOOD,
  'eu.siacs.conversations.axolotl.devicelist',
  METADATA,
  'urn:xmpp:bookmarks:1',
  'urn:xmpp:mds:displayed:0',
  'urn:xmpp:omemo:2:devices',
]
/** What it has: with these, ten. */
const OTHERS = ['eu.siacs.conversations.axolotl.bundles:1', 'urn:xmpp:omemo:2:bundles', DATA]

/** Capabilities that hash as they should (XEP-0115 5.1). */
class Client {
  readonly presence: string
  readonly query: string

  constructor(features: readonly string[]) {
    const all = ['http://jabber.org/protocol/caps', 'http://jabber.org/protocol/disco#info', ...features].sort()
    const ver = createHash('sha1')
      .update(`client/pc//bench<${all.map((one) => `${one}<`).join('')}`)
      .digest('base64')
    this.presence = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://bench.example' ver='${ver}'/>`
    const identity = "<identity category='client' type='pc' name='bench'/>"
    this.query = `${identity}${all.map((one) => `<feature var='${one}'/>`).join('')}`
  }
}
const plain = new Client([])
const eager = new Client(WANTED.map((node) => `${node}+notify`))

/** What arrived since it was set back. */
const got = { events: 0, presences: 0 }
let gotAt = 0
/** The answers that are waited for, by user and id. */
const answers = new Map<string, (text: string) => void>()

function hear(client: Client): Session['onStanza'] {
  return (session, text, start, tagEnd, end) => {
    const tag = text.slice(start, tagEnd)
    gotAt = performance.now()
    if (tag.startsWith('<message')) got.events += 1
    else if (tag.startsWith('<presence')) got.presences += 1
    else if (attr(tag, ' type=') !== 'get') answers.get(`${session.jid} ${attr(tag, ' id=')}`)?.(text.slice(start, end))
    else if (text.slice(tagEnd, end).includes('disco#info'))
      tell(session, tag, /node=['"]([^'"]*)/.exec(text.slice(tagEnd, end)), client)
    else session.answerIq(text, start, tagEnd, end)
  }
}
function tell(session: Session, tag: string, node: RegExpExecArray | null, { query }: Client): void {
  const [id, from] = [attr(tag, ' id='), attr(tag, ' from=')]
  const to = from === null ? '' : ` to='${from}'`
  const of = node === null ? '' : ` node='${node[1]}'`
  session.write(
    `<iq type='result' id='${id}'${to}><query xmlns='http://jabber.org/protocol/disco#info'${of}>${query}</query></iq>`,
  )
}
const sleep = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms))

function login(port: number, user: string, client: Client): Promise<Session> {
  const how = { tls: 'none', mech: 'PLAIN', resource: 'bench', roster: true } as const
  const session = new Session({ host: '127.0.0.1', port, domain: DOMAIN, ...how }, 0, user, 'secret')
  session.onStanza = hear(client)
  return new Promise((ready, failed) => {
    session.onReady = () => {
      session.write(`<presence>${client.presence}</presence>`)
      ready(session)
    }
    session.onFail = (_, why) => failed(new Error(`${user} cannot log in: ${why}`))
    session.connect()
  })
}
function leave(session: Session): Promise<void> {
  return new Promise((gone) => {
    session.onClosed = () => gone()
    session.close()
  })
}
let asked = 0
/** @throws Error if the server refuses */
async function ask(session: Session, inside: string): Promise<void> {
  const id = `a${(asked += 1)}`
  const text = await new Promise<string>((answered) => {
    answers.set(`${session.jid} ${id}`, answered)
    session.write(`<iq type='set' id='${id}'><pubsub xmlns='${PUBSUB}'>${inside}</pubsub></iq>`)
  })
  answers.delete(`${session.jid} ${id}`)
  if (!/ type=['"]result/.test(text)) throw new Error(text)
}
const item = (node: string, id: string, payload: string): string =>
  `<publish node='${node}'><item id='${id}'>${payload}</item></publish>`

/** Until nothing has arrived, and the server has done next to nothing, for a while. */
async function quiet(pid: number): Promise<void> {
  for (let [received, spent] = [NaN, NaN]; ;) {
    await sleep(QUIET_MS)
    const [before, spentBefore] = [received, spent]
    received = got.events + got.presences
    spent = cpu([pid]).total
    if (received === before && spent - spentBefore <= IDLE_MS) return
  }
}
interface Measured {
  readonly cpuMs: number
  readonly events: number
  readonly presences: number
}
async function measured(pid: number, work: () => Promise<void>): Promise<Measured> {
  await quiet(pid)
  Object.assign(got, { events: 0, presences: 0 })
  const before = cpu([pid]).total
  await work()
  await quiet(pid)
  return { cpuMs: cpu([pid]).total - before, ...got }
}

/** By what is measured. */
type Figures = Record<string, string>

function note(server: Bench, figures: Figures, what: string, figure: string): void {
  figures[what] = figure
  console.error(`${server.name}, ${what}: ${figure}`)
}

/** A user with many contacts: microseconds for each contact. */
async function crowd(server: Bench, pid: number, figures: Figures): Promise<void> {
  const contacts: Session[] = []
  for (let i = 0; i < CROWD.n; i += 50)
    contacts.push(
      ...(await Promise.all(range(i, Math.min(i + 50, CROWD.n)).map((k) => login(server.port, nameIn(CROWD, k), eager)))),
    )
  const owner = await login(server.port, hubIn(CROWD, 0), plain)
  const changes = Number(values.changes)
  const each = async (work: (n: number) => Promise<void> | void): Promise<Measured> => {
    const one = (n: number) => async (): Promise<void> => {
      await work(n)
      await sleep(30)
    }
    await one(0)()
    return measured(pid, async () => {
      for (let n = 1; n <= changes; n += 1) await one(n)()
    })
  }
  const show = (what: string, { cpuMs, events, presences }: Measured): void => {
    const per = (count: number): string => (count / changes / CROWD.n).toFixed(2)
    const each = ((cpuMs * 1000) / changes / CROWD.n).toFixed(1)
    note(server, figures, what, `${each} us (${per(events)} events, ${per(presences)} presences)`)
  }
  const presence = await each((n) => owner.write(`<presence>${plain.presence}<status>gone for lunch ${n}</status></presence>`))
  show('presence, for each of the contacts', presence)
  const mood = await each((n) =>
    ask(owner, item(MOOD, 'current', `<mood xmlns='${MOOD}'><happy/><text>lunch ${n}</text></mood>`)),
  )
  show('mood, for each', mood)
  const avatar = await each(async (n) => {
    const data = Buffer.alloc(3000, n).toString('base64')
    const id = createHash('sha1').update(Buffer.alloc(3000, n)).digest('hex')
    await ask(owner, item(DATA, id, `<data xmlns='${DATA}'>${data}</data>`))
    await ask(
      owner,
      item(METADATA, id, `<metadata xmlns='${METADATA}'><info bytes='3000' id='${id}' type='image/png'/></metadata>`),
    )
  })
  show('avatar, for each', avatar)
  for (const session of [owner, ...contacts]) session.reset()
}

/** Everybody has 100 contacts, all of whom are there: milliseconds for each login. */
async function logins(server: Bench, pid: number, figures: Figures): Promise<void> {
  const { port } = server
  const names = range(0, FRIENDS.n).map((i) => nameIn(FRIENDS, i))
  const arrive = (client: Client): Promise<Session[]> =>
    Promise.all(names.slice(MEASURED).map((name) => login(port, name, client)))
  const measure = async (what: string, client: Client): Promise<void> => {
    const once = async (): Promise<void> => {
      for (const name of names.slice(0, MEASURED)) {
        const session = await login(port, name, client)
        await sleep(CALM_MS)
        while (performance.now() - gotAt < CALM_MS) await sleep(5)
        await leave(session)
      }
    }
    await once()
    const rounds = Number(values.rounds)
    const { cpuMs, events, presences } = await measured(pid, async () => {
      for (let round = 0; round < rounds; round += 1) await once()
    })
    const count = MEASURED * rounds
    const each = (cpuMs / count).toFixed(2)
    note(server, figures, what, `${each} ms (${events / count} events, ${presences / count} presences)`)
  }
  /** Nobody is there while nodes are made: a second session of the same resource would end the first one. */
  const anew = async (others: readonly Session[], makers: readonly string[]): Promise<Session[]> => {
    for (const one of others) await leave(one)
    await withNodes(port, makers)
    return arrive(eager)
  }
  let others = await arrive(plain)
  await measure('login, 100 contacts, nobody has nodes', plain)
  others = await anew(others, names.slice(0, MEASURED))
  await measure('the same with ten nodes of the user', eager)
  others = await anew(others, names.slice(MEASURED))
  await measure('the same, and ten nodes of each contact', eager)
  for (const one of others) one.reset()
}
async function withNodes(port: number, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const session = await login(port, name, plain)
    for (const node of [...WANTED, ...OTHERS])
      await ask(session, item(node, 'current', `<x xmlns='urn:example:x'>${'x'.repeat(200)}</x>`))
    await leave(session)
  }
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

const work = mkdtempSync(join(tmpdir(), 'porchlight-eventing-'))
const PARTS = { crowd: [crowd, CROWD], login: [logins, FRIENDS] } as const
const chosen = servers(work).filter(
  (one) => one.installed && one.name !== 'bare Node' && (values.only === undefined || values.only.split(',').includes(one.name)),
)
try {
  const all = new Map<string, Figures>()
  for (const server of chosen) {
    const figures: Figures = {}
    all.set(server.name, figures)
    for (const part of ['crowd', 'login'] as const) {
      if (!values.parts.split(',').includes(part)) continue
      const [measure, population] = PARTS[part]
      await server.prepare(population)
      const pid = await server.start(false, population)
      try {
        await measure(server, pid, figures)
      } finally {
        await server.stop()
      }
    }
  }
  const rows = Object.keys(all.values().next().value ?? {})
  console.log(`| CPU | ${[...all.keys()].join(' | ')} |\n|---|${[...all.keys()].map(() => '---').join('|')}|`)
  for (const row of rows) console.log(`| ${row} | ${[...all.values()].map((figures) => figures[row] ?? '-').join(' | ')} |`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
