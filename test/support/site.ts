/**
 * One of the two servers of a federation: whole, with a port for other servers on the loopback, its clients in memory, and
 * a clock that stands still. Certificates are made once for each test file, and each server is told whom to trust.
 */
import type { Socket } from 'node:net'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock, type Clock } from '../../src/base/clock.ts'
import { systemEntropy } from '../../src/base/entropy.ts'
import { silent } from '../../src/base/log.ts'
import { ManualClock } from '../../src/base/manual-clock.ts'
import { defaultsOf } from '../../src/base/settings.ts'
import { endOfTick } from '../../src/base/tick.ts'
import { usualAuthorities, type CertificateSource } from '../../src/net/certificate-files.ts'
import { Certificates } from '../../src/net/certificates.ts'
import { overTcp, type Connect } from '../../src/net/dialling.ts'
import type { Resolver, SrvRecord } from '../../src/net/dns.ts'
import { Admission, type Listening } from '../../src/net/listener.ts'
import { selfSigned } from '../../src/net/self-signed.ts'
import type { Host } from '../../src/server/feature.ts'
import type { LinkState } from '../../src/server/links/links.ts'
import { streamsSettings } from '../../src/stream/settings.ts'
import type { PeerStream } from '../../src/stream/s2s/peer-stream.ts'
import { PeerService } from '../../src/stream/s2s/service.ts'
import { federationSettings, linkTimes, type FederationSettings, type PeerSettings } from '../../src/stream/s2s/settings.ts'
import { Authority, type Manner, type Names } from './authority.ts'
import { memoryLink, memorySockets, tcpLink, type Link } from './link.ts'
import { storyServer, type StoryOptions, type StoryServer } from './story-server.ts'

/** Which certificate a server shows: one of these, or one with these names. */
export type Shows = 'its own' | "somebody else's" | 'an expired one' | 'one that expires soon' | (Names & Manner)

export interface SiteOptions extends StoryOptions {
  readonly shows?: Shows
  /** Whether it knows the authority of the certificates that others show. */
  readonly trusts?: boolean
  readonly federation?: Partial<FederationSettings>
  readonly peers?: readonly Partial<PeerSettings>[]
  /** Beside its first, which is its name. */
  readonly otherDomains?: readonly string[]
}

export class Site {
  readonly domain: string
  readonly story: StoryServer
  readonly peers: PeerService
  readonly #zone: Zone
  readonly #between: Between
  port = 0
  /** What was told of links, such as 'link-down b.example'. */
  readonly news: string[] = []
  #listening: Listening | null = null

  constructor(domain: string, story: StoryServer, peers: PeerService, zone: Zone, between: Between) {
    this.#zone = zone
    this.#between = between
    this.domain = domain
    this.story = story
    this.peers = peers
    for (const kind of ['link-down', 'link-up', 'link-mended'] as const)
      this.host.on(kind, ({ remote }) => void this.news.push(`${kind} ${remote}`))
  }
  get host(): Host {
    return this.story.host as Host
  }
  /** As another server. */
  connect(): Promise<Link> {
    return this.#between === 'tcp'
      ? tcpLink(this.port)
      : Promise.resolve(memoryLink((socket) => this.peers.accept(socket, false)))
  }
  streams(): readonly PeerStream[] {
    return [...this.peers.federation.streams()]
  }
  stateOf(remote: string, local = this.domain): LinkState {
    return this.host.links.get(local, remote)?.state ?? 'idle'
  }
  /** Lets others in. The same port as before, if there was one. */
  async listen(directTls = false): Promise<void> {
    if (this.#between === 'memory') {
      if (this.port === 0) this.port = this.#zone.freePort()
      this.#zone.doors.set(this.port, (socket) => this.peers.accept(socket, false))
      return
    }
    this.#listening = await this.peers.listen({ host: '127.0.0.1', port: this.port, directTls })
    this.port = this.#listening.port
  }
  /** Lets nobody in, and cuts what there is. */
  async hangUp(): Promise<void> {
    this.#zone.doors.delete(this.port)
    const closed = this.#listening?.close()
    this.#listening = null
    for (const stream of this.streams()) stream.destroy()
    await closed
  }
  async close(): Promise<void> {
    this.peers.federation.stop()
    for (const stream of this.streams()) stream.destroy()
    await this.hangUp()
    await this.story.close()
  }
}

/** What servers are connected by: in memory, time does not pass while something is under way. */
export type Between = 'memory' | 'tcp'

/**
 * What DNS says: port and address by host name. A name that is not there does not exist. And who listens, in memory, on
 * whatever address.
 */
export class Zone implements Resolver {
  readonly services = new Map<string, { port: number; readonly directTls: boolean }>()
  /** SRV records of a domain, for STARTTLS, in place of what `services` has. */
  readonly records = new Map<string, readonly SrvRecord[]>()
  /** Addresses of hosts, likewise. */
  readonly hosts = new Map<string, readonly string[]>()
  readonly doors = new Map<number, (socket: Socket) => void>()
  #lastPort = 999
  /** In memory: nobody reaches anybody. */
  isDown = false
  /** In memory: addresses from which no answer comes at all. */
  readonly silent = new Set<string>()
  /** In memory: what was tried. */
  readonly tried: string[] = []

  readonly connect: Connect = (address, port) => {
    const [near, far] = memorySockets(address, port)
    this.tried.push(`${address}:${port}`)
    if (this.silent.has(address)) return near
    process.nextTick(() => {
      const door = this.doors.get(port)
      if (door === undefined || this.isDown) return near.destroy(new Error('connection refused'))
      near.emit('connect')
      door(far)
    })
    return near
  }

  /** In memory: one that nobody has had. */
  freePort(): number {
    return (this.#lastPort += 1)
  }
  srv(name: string): Promise<readonly SrvRecord[]> {
    const [kind, , ...labels] = name.split('.')
    const domain = labels.join('.')
    const records = this.records.get(domain)
    if (records !== undefined) return Promise.resolve(kind === '_xmpp-server' ? records : [])
    const service = this.services.get(domain)
    const wanted = service !== undefined && service.directTls === (kind === '_xmpps-server')
    return Promise.resolve(wanted ? [{ name: `host.${domain}`, port: service.port, priority: 1, weight: 1 }] : [])
  }
  addresses(host: string): Promise<readonly string[]> {
    const known = this.services.has(host.replace(/^host\./, '')) ? ['127.0.0.1'] : []
    return Promise.resolve(this.hosts.get(host) ?? known)
  }
}

export async function openSite(domain: string, options: SiteOptions, { zone, clock, between, connect }: Around): Promise<Site> {
  const { shows = 'its own', trusts = true, federation = {}, peers = [], otherDomains = [], ...story } = options
  const domains = [domain, ...otherDomains]
  // What is written is not asked for again, unless a story is about that: others count on a clock that stands still
  const settings = { ...defaultsOf(federationSettings), 'stream-management': false, ...federation }
  const server = await storyServer('memory', { linkTimes: linkTimes(settings), ...story, domains, clock })
  const { source, trusted } = await certificatesFor(domains, shows)
  const certificates = await Certificates.load([source], { ...usualAuthorities, ofServers: trusts ? trusted : 'none' }, silent)
  const service = new PeerService({
    host: server.host as Host,
    bars: server.server.domainLists,
    federation: settings,
    peers: peers.map((peer) => ({ domain: '', trust: 'inherit', route: '', ...peer })),
    streams: defaultsOf(streamsSettings),
    certificates: certificates.betweenServers,
    connect: connect ?? (between === 'memory' ? zone.connect : overTcp),
    resolver: zone,
    secret: `secret of ${domain}`,
    admission: new Admission({ perAddress: 0, perMinute: 0 }, clock),
    endOfTick,
  })
  return new Site(domain, server, service, zone, between)
}

/** What two sites have in common. */
export interface Around {
  readonly zone: Zone
  readonly clock: Clock
  readonly between: Between
  /** How it reaches others, where the story has a network of its own. */
  readonly connect?: Connect
}

const made = new Map<string, Promise<CertificateSource>>()
const root = await mkdtemp(join(tmpdir(), 'realm-'))
process.on('exit', () => void rm(root, { recursive: true, force: true }))

let founded: Promise<Authority> | null = null
/** Of certificates with names that a story chooses. */
const authority = (): Promise<Authority> => (founded ??= Authority.found(root))

function certificate(name: string, domains: readonly string[], clock: Clock = new SystemClock()): Promise<CertificateSource> {
  let source = made.get(name)
  if (source === undefined) made.set(name, (source = selfSigned(join(root, name), domains, clock as SystemClock, systemEntropy)))
  return source
}

/** Who trusts, trusts the certificate of everybody, so that the names in it and its dates are what counts. */
export async function certificatesFor(
  domains: readonly string[],
  shows: Shows,
): Promise<{ readonly source: CertificateSource; readonly trusted: string }> {
  const long = new ManualClock(Date.UTC(2001, 0, 1))
  if (typeof shows === 'object') {
    const { certificateFile, keyFile } = await (await authority()).certify(domains.join('+'), shows, shows)
    const source = { chainFile: certificateFile, keyFile, domains }
    return { source, trusted: (await certificatesFor(domains, 'its own')).trusted }
  }
  const sources: Readonly<Record<Exclude<Shows, object>, () => Promise<CertificateSource>>> = {
    'its own': () => certificate(domains.join('+'), domains),
    "somebody else's": () => certificate('other', ['other.example']),
    'an expired one': () => certificate(`expired ${domains.join('+')}`, domains, long),
    'one that expires soon': () => certificate('short', domains, new ManualClock(Date.now() - VALID + 50_000)),
  }
  const source = await sources[shows]()
  await Promise.all(
    EVERYBODY.flatMap((domain) => [certificate(domain, [domain]), certificate(`expired ${domain}`, [domain], long)]),
  )
  const files = [(await authority()).file, ...(await Promise.all([...made.values()])).map(({ chainFile }) => chainFile)]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return { source, trusted: texts.join('') }
}
/** Of a certificate of our own making: ten years. */
const VALID = 3650 * 86_400_000
const EVERYBODY = ['a.example', 'b.example', 'c.example', 'other.example']
