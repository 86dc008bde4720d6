/**
 * Presence between two servers of one make, on one machine: somebody at the first has contacts at the second, and each
 * change of his is a stanza for each of them, over one stream with TLS. What a stanza costs the server that sends it,
 * and the one that receives it and delivers it to a client (with TLS as well).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NameServer } from '../test/interop/servers/name-server.ts'
import { OtherServer } from '../test/interop/servers/other-server.ts'
import { prosody } from '../test/interop/servers/prosody.ts'
import type { Afterwards } from '../test/support/afterwards.ts'
import { Authority } from '../test/support/authority.ts'
import { startServer } from '../test/support/server-process.ts'
import { Session } from './load/lib/client.mjs'
import { cpu } from './load/lib/proc.mjs'
import type { Result } from './table.ts'

export interface Fan {
  readonly contacts: number
  /** Changes of presence that are counted. */
  readonly changes: number
}

/** One of the two servers. */
interface Side {
  readonly domain: string
  readonly pid: number
  readonly host: string
  readonly port: number
  readonly serversPort: number
  addUser(name: string): Promise<void>
}
/** @param near the server that is there already; null: this is the first */
type Open = (t: Afterwards, domain: string, town: Town, near: Side | null) => Promise<Side>
interface Town {
  readonly authority: Authority
  readonly names: NameServer
}

const [NEAR, FAR] = ['near.example', 'far.example'] as const
const PASSWORD = 'secret'
/** Changes before anything is counted, and those that are under way at a time. */
const [WARM_UP, AT_ONCE] = [100, 10] as const

const openPorchlight: Open = async (t, domain, { authority }, near) => {
  const { certificateFile, keyFile } = await authority.certify(domain, { dns: [domain] })
  const server = await startServer(t, {
    server: { 'domains': [domain], 'data-directory': 'data' },
    tls: { certificate: certificateFile, key: keyFile },
    federation: {
      'authorities': authority.file,
      'stanzas-per-second': 0,
      'bytes-per-second': '0 B',
      'subscriptions-per-minute': 0,
    },
    peer: near === null ? [] : [{ domain: near.domain, route: `${near.host}:${near.serversPort}` }],
    streams: { 'connections-per-address': 0, 'connections-per-minute': 0 },
    rate: { 'stanzas-per-second': 0, 'presence-per-10-seconds': 0, 'recipients-per-second': 0 },
    log: { level: 'warn', format: 'json' },
  })
  const { pid, port, serversPort } = server
  return { domain, pid, host: '127.0.0.1', port, serversPort, addUser: (name) => server.addUser(`${name}@${domain}`, PASSWORD) }
}
const openProsody: Open = async (t, domain, { authority, names }, near) => {
  const certified = await authority.certify(domain, { dns: [domain] })
  const { file } = authority
  const settings = { domain, certified, certifiedBy: file, authority: file, namePort: names.port }
  // The first one is looked up by name, and names are all for the usual address of the loopback
  const server = await OtherServer.open(t, prosody, near === null ? { ...settings, host: '127.0.0.1' } : settings)
  const { pid, host, port, serversPort } = server
  const addUser = (name: string): Promise<void> => prosody.addUser(server, { jid: `${name}@${domain}`, password: PASSWORD })
  return { domain, pid, host, port, serversPort, addUser }
}
const MAKES: Readonly<Record<string, Open>> = { Porchlight: openPorchlight, Prosody: openProsody }

/** Null: the make is not measured in this part. */
export async function measureFederated(name: string, fan: Fan): Promise<Result | null> {
  const open = MAKES[name]
  if (open === undefined || (name === 'Prosody' && prosody.missing !== false)) return null
  const ends: (() => unknown)[] = []
  const t: Afterwards = { after: (what) => void ends.unshift(what), passed: true, diagnostic: console.error }
  try {
    const directory = mkdtempSync(join(tmpdir(), 'federated-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const town = { authority: await Authority.found(directory), names: await NameServer.open(t) }
    const near = await open(t, NEAR, town, null)
    town.names.services.set(NEAR, () => near.serversPort)
    const far = await open(t, FAR, town, near)
    return { part: 'federated', server: name, scenario: 'fan', med: await fanOut(t, near, far, fan) }
  } finally {
    for (const end of ends) await end()
  }
}

async function fanOut(t: Afterwards, near: Side, far: Side, { contacts, changes }: Fan): Promise<Result['med']> {
  const count = new Arrivals()
  const sender = await online(t, near, 'sender', (s, text, start, tagEnd) => {
    const from = /^<presence[^>]* from=['"]([^'"]+)/.exec(text.slice(start, tagEnd))?.[1]
    if (!text.slice(start, tagEnd).includes('subscribe')) return
    s.write(`<presence to='${from}' type='subscribed'/>`)
  })
  for (let i = 0; i < contacts; i++) {
    const contact = await online(t, far, `c${i}`, (_, text, start, tagEnd) => {
      if (/ from=['"]sender@[^>]+\//.test(text.slice(start, tagEnd + 1))) count.one()
    })
    contact.write(`<presence to='sender@${NEAR}' type='subscribe'/>`)
  }
  await count.reach(contacts)
  const change = async (times: number): Promise<void> => {
    for (let done = 0; done < times; done += AT_ONCE) {
      for (let i = 0; i < AT_ONCE; i++) sender.write(`<presence><status>change ${done + i}</status></presence>`)
      await count.reach(count.wanted + AT_ONCE * contacts)
    }
  }
  await change(WARM_UP)
  const before = [near, far].map(({ pid }) => cpu([pid]).total)
  const stanzas = changes * contacts
  await change(changes)
  const [sent, received] = [near, far].map(({ pid }, i) => ((cpu([pid]).total - before[i]!) * 1000) / stanzas)
  return { cpuUsPerSent: sent!, cpuUsPerReceived: received! }
}

class Arrivals {
  wanted = 0
  #come = 0
  #reached = (): void => {}

  one(): void {
    this.#come += 1
    if (this.#come === this.wanted) this.#reached()
  }
  /** Until so many have come in all. */
  reach(wanted: number): Promise<void> {
    this.wanted = wanted
    return new Promise((reached) => {
      this.#reached = reached
      if (this.#come >= wanted) reached()
    })
  }
}

/** Somebody new, who has logged in. */
async function online(
  t: Afterwards,
  { host, port, domain, addUser }: Side,
  user: string,
  hears: Session['onStanza'],
): Promise<Session> {
  await addUser(user)
  const options = { host, port, domain, tls: 'starttls', mech: 'SCRAM-SHA-1', resource: 'bench', roster: true } as const
  const session = new Session(options, 0, user, PASSWORD)
  t.after(() => session.reset())
  session.onStanza = (s, text, start, tagEnd, end) => {
    if (text.startsWith('<iq', start)) s.answerIq(text, start, tagEnd, end)
    else if (text.startsWith('<presence', start)) hears(s, text, start, tagEnd, end)
  }
  await new Promise<void>((ready, failed) => {
    session.onReady = () => ready()
    session.onFail = (_, why) => failed(new Error(`${user}@${domain} cannot log in: ${why}`))
    session.connect()
  })
  session.write('<presence/>')
  return session
}
