/**
 * A PostgreSQL of the tests' own: a cluster in a new directory, on a socket there and on no port, with the usual order of texts
 * unlike SQLite's. It ends with the process that started it, however that ends.
 */
import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'

const run = promisify(execFile)
const USER = 'porchlight'
const SCHEMAS = 'schemas'

/** The programs of the newest version here, 15 or later; null: there is none. */
function programs(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .filter((v) => v >= 15)
    : []
  const places = versions.toSorted((a, b) => b - a).map((version) => join(debian, `${version}`, 'bin'))
  for (const place of [...places, ...(process.env['PATH'] ?? '').split(delimiter)])
    if (existsSync(join(place, 'initdb')) && existsSync(join(place, 'pg_ctl'))) return place
  return null
}
const PROGRAMS = programs()

/** Why tests on PostgreSQL are skipped; false: they are not. */
export const withoutPostgres: string | false =
  PROGRAMS === null ? 'PostgreSQL 15 or later is not installed (on Debian: apt-get install postgresql)' : false

export class Cluster {
  readonly #directory: string
  #count = 0
  #maker: Promise<Client> | null = null

  private constructor(directory: string) {
    this.#directory = directory
  }
  /** @param settings such as 'fsync=off', which is so unless said otherwise */
  static async start(...settings: readonly string[]): Promise<Cluster> {
    const directory = await mkdtemp(join(tmpdir(), 'porchlight-pg-'))
    if (isRoot) await chown(directory, Number((await run('id', ['-u', 'postgres'])).stdout), -1)
    const cluster = new Cluster(directory)
    cluster.#endWithProcess()
    const data = cluster.#data
    const initdb = (...more: readonly string[]) =>
      as(PROGRAMS!, 'initdb', ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C', ...more])
    await initdb('--locale-provider=icu', '--icu-locale=en-US').catch(() => initdb())
    cluster.#settings = ['fsync=off', ...settings]
    await cluster.start()
    return cluster
  }
  #settings: readonly string[] = []

  async start(): Promise<void> {
    const settings = ['listen_addresses=', `unix_socket_directories=${this.#directory}`, 'max_connections=100', ...this.#settings]
    const options = settings.map((setting) => `-c ${setting}`).join(' ')
    const log = join(this.#directory, 'log')
    try {
      await as(PROGRAMS!, 'pg_ctl', ['-D', this.#data, '-l', log, '-w', '-o', options, 'start'])
    } catch (error) {
      throw new Error(await readFile(log, 'utf8'), { cause: error })
    }
  }
  /** @param mode 'immediate': as if the machine had lost its power */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    await as(PROGRAMS!, 'pg_ctl', ['-D', this.#data, '-m', mode, '-w', 'stop'])
  }
  /** SIGKILL for the server and all who serve connections. Resolves when they are gone. */
  async kill(): Promise<void> {
    const postmaster = (await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n')[0]!
    const children = (await run('ps', ['-o', 'pid=', '--ppid', postmaster])).stdout.split('\n').map((line) => line.trim())
    const pids = [postmaster, ...children].filter((pid) => pid !== '').map(Number)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    while (pids.some(isRunning)) await setTimeout(5)
    // They name a process; where nobody asks about one that has ended, its number stays taken
    for (const file of [join(this.#data, 'postmaster.pid'), join(this.#directory, '.s.PGSQL.5432.lock')]) await rm(file)
  }
  /** A new, empty database of this name or of one that is not taken. Returns its URL. */
  async database(name = `test_${(this.#count += 1)}`, ...options: readonly string[]): Promise<string> {
    await this.sql('postgres', `create database ${name} template template0 ${options.join(' ')}`)
    return this.url(name)
  }
  /** An empty schema of a database that others use too: sooner made than a database. Returns the URL with it. */
  async schema(): Promise<string> {
    this.#maker ??= this.#schemaMaker()
    const maker = await this.#maker
    const name = `s${(this.#count += 1)}`
    await maker.query(`create schema ${name}`)
    return `${this.url(SCHEMAS)}&options=${encodeURIComponent(`-c search_path=${name}`)}`
  }
  url(name: string): string {
    return `postgresql://${USER}@localhost/${name}?host=${encodeURIComponent(this.#directory)}`
  }
  /** What `psql` prints, without decoration. */
  async sql(database: string, text: string): Promise<string> {
    const { stdout } = await run(join(PROGRAMS!, 'psql'), [
      '-h',
      this.#directory,
      '-p',
      this.#port,
      '-U',
      USER,
      '-XAtc',
      text,
      database,
    ])
    return stdout.trim()
  }

  async #schemaMaker(): Promise<Client> {
    const client = new Client({ connectionString: await this.database(SCHEMAS) })
    await client.connect()
    client.on('error', () => {})
    // Not in the types
    ;(client as unknown as { unref(): void }).unref()
    return client
  }
  /** Names the socket, too. */
  get #port(): string {
    return this.#settings.find((setting) => setting.startsWith('port='))?.slice('port='.length) ?? '5432'
  }
  get #data(): string {
    return join(this.#directory, 'data')
  }
  /** A process that notices when this one is gone. */
  #endWithProcess(): void {
    const stop = `cat; ${asText(`${PROGRAMS}/pg_ctl -D ${this.#data} -m immediate stop`)}; rm -rf ${this.#directory}`
    const guard = spawn('/bin/sh', ['-c', stop], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' })
    guard.unref()
    ;(guard.stdin as unknown as { unref(): void }).unref()
  }
}

/** One that has ended and that nobody has asked about counts as gone. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

let shared: Promise<Cluster> | null = null
/** One for all tests of this process that do not stop it. */
export const sharedCluster = (): Promise<Cluster> => (shared ??= Cluster.start())

/** PostgreSQL refuses to run as root. */
const isRoot = userInfo().uid === 0
const asText = (command: string): string => (isRoot ? `runuser -u postgres -- ${command}` : command)
async function as(directory: string, program: string, args: readonly string[]): Promise<void> {
  const command = [join(directory, program), ...args]
  // Its output goes nowhere: a server that is started would keep the pipe open
  const [file, ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command
  await new Promise<void>((resolve, reject) => {
    const child = spawn(file!, rest, { stdio: 'ignore', cwd: '/' })
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command.join(' ')} ended with ${code}`))))
  })
}
