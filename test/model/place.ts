/**
 * A server of the model: whole, on a clock that the model moves, and a disk that outlives it. It can be killed, restarted
 * and started again.
 */
import { seededEntropy } from '../../src/base/entropy.ts'
import type { ManualClock } from '../../src/base/manual-clock.ts'
import { keepLastSeen } from '../../src/server/contacts/last-seen.ts'
import { keepHouse } from '../../src/process/housekeeping.ts'
import type { Database } from '../../src/server/database.ts'
import { openInMemory } from '../../src/storage/sqlite.ts'
import { openSite, type Shows, type Site, type Zone } from '../support/site.ts'
import { PASSWORD } from '../support/story-server.ts'
import { WireClient } from '../support/wire-client.ts'
import { Life } from './life.ts'
import type { Network } from './network.ts'

/** Shorter than by default, so that a quiet of a few minutes is enough for everything to be known. */
const FEDERATION = {
  'stream-management': true,
  'dead-after': 20_000,
  'idle-check': 60_000,
  'longest-retry': 20_000,
  'stanzas-per-second': 0,
  'subscriptions-per-minute': 0,
}
/** The longest that a server that stops takes: as in src/process/running.ts. */
const STOP_SECONDS = 20

export interface Surroundings {
  readonly zone: Zone
  readonly network: Network
  readonly clock: ManualClock
  /** Every domain. */
  readonly domains: readonly string[]
}

export class Place {
  readonly domain: string
  /** Null: it does not run. */
  site: Site | null = null
  readonly #around: Surroundings
  readonly #shows: Shows
  readonly #disk: Database
  #life = new Life()
  #runs = 0
  #port = 0
  /** What its dead processes have logged as errors. */
  readonly errors: object[] = []

  /** @param shows the certificate of the server; of its domain alone unless it is said */
  constructor(domain: string, around: Surroundings, shows: Shows = 'its own') {
    this.domain = domain
    this.#shows = shows
    this.#around = around
    this.#disk = openInMemory({ clock: around.clock, endOfTick: queueMicrotask })
  }
  /** How much its disk has done. */
  get writes(): number {
    return this.#life.writes
  }
  async start(): Promise<void> {
    if (this.site !== null) return
    const { zone, network, clock } = this.#around
    const life = new Life()
    this.#life = life
    this.#runs += 1
    const own = life.clock(clock)
    const site = await openSite(
      this.domain,
      {
        database: life.database(this.#disk),
        entropy: seededEntropy(`run ${this.#runs} of ${this.domain}`),
        federation: FEDERATION,
        shows: this.#shows,
      },
      { zone, clock: own, between: 'memory', connect: network.connector(this.domain, () => life.isOver) },
    )
    const { server, stores } = site.story
    keepLastSeen(server.host)
    await stores.lastPresence.closeAfterCrash()
    await server.keptSessions.restoreAll()
    keepHouse({ stores, clock: own, log: server.host.log })
    server.checkpoints.start()
    site.port = this.#port
    await site.listen()
    this.#port = site.port
    zone.services.set(this.domain, { port: site.port, directTls: false })
    this.site = site
    await site.peers.federation.reunite()
    site.host.decisions.begin()
  }
  /** As with SIGKILL. */
  kill(): void {
    const { site } = this
    if (site === null) return
    this.site = null
    this.#life.isOver = true
    this.#around.zone.doors.delete(site.port)
    this.#around.network.kill(this.domain, this.#others)
    this.errors.push(...site.story.errors)
  }
  /** As the operator does it: what is kept is written down, what is to be said is said, and another process goes on. */
  async stop(pass: (span: number) => Promise<void>): Promise<void> {
    const { site } = this
    if (site === null) return
    this.#around.zone.doors.delete(site.port)
    const finished = { is: false }
    void site.story.retire(() => site.peers.federation.finish()).then(() => (finished.is = true))
    await pass(0)
    for (let second = 0; second < STOP_SECONDS && !finished.is; second++) await pass(1000)
    await site.story.stores.lastPresence.flush()
    this.kill()
  }
  /** A connection on which `user` has authenticated. @throws Error when nobody is there */
  async authenticated(user: string): Promise<WireClient> {
    const wire = new WireClient(await this.site!.story.connect(), this.domain)
    await wire.open()
    await wire.features()
    const outcome = await wire.authenticate(user.slice(0, user.indexOf('@')), PASSWORD)
    if (outcome.name !== 'success') throw new Error(`${user} cannot log in: ${outcome.show()}`)
    await wire.open()
    await wire.features()
    return wire
  }
  async end(): Promise<void> {
    this.kill()
    await this.#disk.close()
  }

  get #others(): readonly string[] {
    return this.#around.domains.filter((domain) => domain !== this.domain)
  }
}
