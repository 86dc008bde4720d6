/** The servers that are measured: how each is made ready, started and stopped. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { provision } from './provision.ts'

export interface Population {
  readonly n: number
  /** Contacts of each, among them. */
  readonly r: number
  /** Users more, whose contacts are all of the others. None if it is left out. */
  readonly hubs?: number
}
/** The name of a user. */
export const nameIn = ({ n, r }: Population, i: number): string => `n${n}r${r}u${i}`
/** The same of one who has everybody. */
export const hubIn = (population: Population, i: number): string => `hub${nameIn(population, i)}`
export interface Bench {
  readonly name: string
  readonly installed: boolean
  readonly port: number
  readonly tlsPort: number
  /** More arguments for the load generator. */
  readonly arguments: readonly string[]
  /** Once, before it is measured. */
  prepare(population: Population): Promise<void>
  /** @returns the process to be watched */
  start(tls: boolean, population: Population): Promise<number>
  stop(): Promise<void>
}

const HERE = import.meta.dirname
const node = process.execPath

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((later) => setTimeout(later, 100))
  }
  throw new Error(`Nothing answers on port ${port}`)
}

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => void child.once('exit', () => resolve()))

export function porchlight(work: string): Bench {
  const data = join(work, 'porchlight')
  const config = join(data, 'bench.toml')
  const [port, tlsPort] = [21_222, 21_223]
  let child: ChildProcess | null = null
  return {
    name: 'Porchlight',
    installed: true,
    port,
    tlsPort,
    arguments: ['--loudfield={urn:porchlight}quiet', '--quietabove=1000'],
    async prepare({ n, r, hubs = 0 }) {
      mkdirSync(data, { recursive: true })
      // The test configuration, but for its data, which is prepared and on disk. The others have no archive of accounts either.
      // Thousands of clients are one process here, which reads later than so many devices would
      writeFileSync(
        config,
        `[server]\ndomains = ["example.test"]\ndata-directory = "."\n[listen]\nc2s = ["127.0.0.1:${port}"]\nc2s-direct-tls = ["127.0.0.1:${tlsPort}"]\ns2s = []\ns2s-direct-tls = []\nbytestreams = []\nhttp = []\nhttps = []\nmonitoring = []\n[streams]\nrequire-tls = false\nconnections-per-address = 0\nconnections-per-minute = 0\noutput-timeout = "5 minutes"\n[sasl]\nplain = true\nplain-without-tls = true\niterations = 4096\n[rate]\nstanzas-per-second = 0\nbytes-per-second = "0 B"\npresence-per-10-seconds = 0\nrecipients-per-second = 0\n[multi-user-chat]\nentries = 10000\n[message-archive]\nenabled = false\n[personal-eventing]\npublications = 100000\nflighty-publications = 10000\n[log]\nlevel = "warn"\n`,
      )
      await provision(data, n, r, hubs)
    },
    async start() {
      child = spawn(node, [join(HERE, '../bin/porchlight.js'), 'start', '--config', config], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await reachable(port)
      return child.pid!
    },
    async stop() {
      if (child === null) return
      const over = ended(child)
      child.kill('SIGTERM')
      await over
      child = null
    },
  }
}

/** Node writing the same octets to the same sockets, and nothing else: what no server in Node can go below. */
export function floor(work: string): Bench {
  const [port, tlsPort] = [24_222, 24_222]
  let child: ChildProcess | null = null
  return {
    name: 'bare Node',
    installed: true,
    port,
    tlsPort,
    arguments: ['--nowait=1'],
    async prepare() {
      execFileSync('bash', [join(HERE, 'load/peers/certs/make.sh'), join(work, 'certs')])
    },
    async start(tls, { n, r }) {
      const env = { ...process.env, MODE: 'tick', STAMP: '1', TLS: tls ? '1' : '', CERTS: join(work, 'certs') }
      child = spawn(node, [join(HERE, 'load/floor/floor.mjs'), String(port), String(n), String(r)], { env, stdio: 'ignore' })
      await reachable(port)
      return child.pid!
    },
    async stop() {
      if (child === null) return
      const over = ended(child)
      child.kill('SIGKILL')
      await over
      child = null
    },
  }
}

/** A server from the distribution, started by the scripts below `load/peers/`. */
function peer(name: string, folder: string, binary: string, ports: readonly [number, number], work: string): Bench {
  const env = { ...process.env, PEERS_DATA: work, GC: 'gen' }
  const run = (script: string, ...args: string[]): string =>
    execFileSync('bash', [join(HERE, 'load/peers', folder, script), ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  return {
    name,
    installed: existsSync(binary),
    port: ports[0],
    tlsPort: ports[1],
    arguments: [],
    async prepare({ n, r, hubs = 0 }) {
      run('start.sh')
      const args = [folder, `--n=${n}`, `--r=${r}`, `--hubs=${hubs}`]
      execFileSync(node, [join(HERE, 'load/peers/provision.mjs'), ...args], { env, stdio: 'ignore' })
      run('stop.sh')
    },
    async start() {
      return Number(run('start.sh').trim().split('\n').at(-1))
    },
    async stop() {
      run('stop.sh')
    },
  }
}

export const servers = (work: string): readonly Bench[] => [
  porchlight(work),
  floor(work),
  peer('Prosody', 'prosody', '/usr/bin/prosody', [25_222, 25_223], work),
  peer('ejabberd', 'ejabberd', '/usr/sbin/ejabberdctl', [15_222, 15_223], work),
]
