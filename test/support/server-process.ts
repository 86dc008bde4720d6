/**
 * The real server in a process of its own, for tests over real sockets: on free ports, with a data directory that
 * goes away with the test. A server that ends when nobody told it to, or that logs an error, fails the test, and
 * whatever fails the test shows the server's log.
 *
 *     const server = await startServer(t, { ping: { idle: '1 s' } })
 *     await server.addUser('romeo@localhost', 'secret')
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { controlAddress } from '../../src/admin/control-address.ts'
import { connectControl } from '../../src/admin/control-client.ts'
import type { Afterwards } from './afterwards.ts'
import { owned } from './owned.ts'
import { within } from './within.ts'

type Setting = string | number | boolean | readonly string[]
type Table = Readonly<Record<string, Setting>>
/** Options of the configuration file, by section; what is not named is as for a stranger. A list is a repeated section. */
export type ServerSettings = Readonly<Record<string, Table | readonly Table[]>>

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const DOMAIN = 'localhost'

const PROGRAM = fileURLToPath(new URL('../../bin/porchlight.js', import.meta.url))
const BANNER_LINES = 5
/** Real time, on a machine that may have much else to do: what is checked is what happens, not how fast. */
const START_MS = 120_000
const STOP_MS = 60_000
const COMMAND_MS = 120_000

/** Free ports of the loopback; passwords are derived quickly. */
const USUAL: ServerSettings = {
  server: { 'domains': [DOMAIN], 'data-directory': 'data' },
  listen: {
    'c2s': ['127.0.0.1:0'],
    'c2s-direct-tls': ['127.0.0.1:0'],
    's2s': ['127.0.0.1:0'],
    's2s-direct-tls': [],
    'bytestreams': ['127.0.0.1:0'],
    'http': ['127.0.0.1:0'],
    'https': ['127.0.0.1:0'],
    'monitoring': ['127.0.0.1:0'],
  },
  sasl: { iterations: 4096 },
  log: { level: 'info', format: 'json' },
}

/** A server for the time of one test. @param program its launcher, when it is not that of the repository @param through a command that runs it */
export async function startServer(
  t: Afterwards,
  settings: ServerSettings = {},
  program = PROGRAM,
  through: readonly string[] = [],
): Promise<ServerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-test-'))
  const server = new ServerProcess(directory, program, through)
  t.after(() => endOf(t, server))
  await writeFile(server.configFile, toml(settings))
  await server.start()
  return server
}
/** A server that another one on its database keeps waiting. Resolves when it stands by. */
export async function startStandingBy(t: Afterwards, settings: ServerSettings): Promise<ServerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-test-'))
  const server = new ServerProcess(directory, PROGRAM, [])
  t.after(() => endOf(t, server))
  await writeFile(server.configFile, toml(settings))
  await server.standBy()
  return server
}

/** An end of the process that nobody asked for fails the test; so does one that goes wrong. */
async function endOf(t: Afterwards, server: ServerProcess): Promise<void> {
  try {
    const code = await server.stop()
    const complaints = server.complaints()
    if (code !== 0 || complaints.length > 0)
      throw new Error(`The server ended with ${code} and complained ${complaints.length} times.\n${server.log}`)
  } finally {
    if (!t.passed) t.diagnostic(`The server said:\n${server.log}`)
    await rm(server.directory, { recursive: true, force: true })
  }
}

function toml(settings: ServerSettings): string {
  const lines = (heading: string, options: object): string =>
    [heading, ...Object.entries(options).map(([key, value]) => `${key} = ${JSON.stringify(value)}`), ''].join('\n')
  const names = new Set([...Object.keys(USUAL), ...Object.keys(settings)])
  return [...names]
    .map((name) => {
      const given = settings[name]
      if (Array.isArray(given)) return given.map((table: Table) => lines(`[[${name}]]`, table)).join('\n')
      return lines(`[${name}]`, { ...USUAL[name], ...given })
    })
    .join('\n')
}

export class ServerProcess {
  readonly directory: string
  readonly configFile: string
  readonly certificateFile: string
  /** Everything that it has printed and logged, over all starts. */
  log = ''
  /** The lines that it printed when it was ready. */
  banner: readonly string[] = []
  readonly #program: string
  readonly #through: readonly string[]
  readonly #options: readonly string[]
  #child: ChildProcess | null = null
  /** Since it was last started. */
  #printed = ''
  #hasOutput: () => void = () => {}
  #exit: Promise<number | null> = Promise.resolve(0)

  constructor(directory: string, program: string, through: readonly string[]) {
    this.#program = program
    this.#through = through
    this.directory = directory
    this.configFile = join(directory, 'porchlight.toml')
    this.#options = ['--config', this.configFile]
    this.certificateFile = join(directory, 'data', 'self-signed.crt')
  }

  /** Resolves when its ports are open. After `stop` or `kill` it starts again on the same data, on other ports. */
  async start(): Promise<void> {
    this.#spawn()
    await this.serving()
  }
  /** Resolves when it stands by. */
  async standBy(): Promise<void> {
    this.#spawn()
    while (!this.#printed.includes('stands by')) await within(START_MS, 'the server to stand by', this.#nextOutput())
  }
  /** Resolves when its ports are open. */
  async serving(): Promise<void> {
    while (this.#bannerLines() === null) await within(START_MS, 'the server to start', this.#nextOutput())
    this.banner = this.#bannerLines()!
  }
  #spawn(): void {
    const [command, ...args] = [...this.#through, process.execPath, this.#program, 'start', ...this.#options]
    const child = owned(
      spawn(command!, args, {
        cwd: this.directory,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
    this.#child = child
    this.#exit = once(child, 'exit').then(([code]) => code as number | null)
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text))
    this.#printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
      this.#printed += text
      this.#hasOutput()
    })
  }
  #bannerLines(): readonly string[] | null {
    const lines = this.#printed.split('\n')
    const first = lines.findIndex((line) => /^Porchlight \S+ serves /.test(line))
    return first >= 0 && lines.length > first + BANNER_LINES ? lines.slice(first, first + BANNER_LINES) : null
  }
  /** @throws Error if it ends instead */
  #nextOutput(): Promise<void> {
    const died = this.#exit.then((code) => {
      throw new Error(`The server ended with ${code} before it was ready.\n${this.log}`)
    })
    return Promise.race([new Promise<void>((resolve) => (this.#hasOutput = resolve)), died])
  }

  /** `porchlight restart`. Resolves when the ports are open again, which are others. */
  async restart(): Promise<void> {
    this.#printed = ''
    const { code, stderr } = await this.command(['restart'])
    if (code !== 0) throw new Error(`porchlight restart ended with ${code}: ${stderr}`)
    await this.serving()
  }

  get pid(): number {
    return this.#child!.pid!
  }
  /** Port for STARTTLS. */
  get port(): number {
    return this.#port(/clients \S+:(\d+)/)
  }
  get directTlsPort(): number {
    return this.#port(/direct TLS \S+:(\d+)/)
  }
  /** The web port, without TLS. */
  get httpPort(): number {
    return this.#port(/browsers http:\/\/\S+:(\d+)/)
  }
  get httpsPort(): number {
    return this.#port(/browsers https:\/\/\S+:(\d+)/)
  }
  get serversPort(): number {
    return this.#port(/servers \S+:(\d+)/)
  }
  get componentPort(): number {
    return this.#port(/components \S+:(\d+)/)
  }
  get bytestreamsPort(): number {
    return this.#port(/file transfers \S+:(\d+)/)
  }
  /** The port for uploaded files alone. */
  get filesPort(): number {
    return this.#port(/ files https:\/\/\S+:(\d+)/)
  }
  get monitoringPort(): number {
    return this.#port(/metrics http:\/\/\S+:(\d+)/)
  }
  #port(pattern: RegExp): number {
    return Number(pattern.exec(this.banner.join('\n'))![1])
  }

  /** As the command line has it done, by the running server, without half a second for a process of its own. */
  async addUser(jid: string, password: string): Promise<void> {
    await this.ask('user.add', { jid, password })
  }
  /** What the running server answers to a command of its control socket. */
  async ask(command: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const socket = controlAddress(join(this.directory, 'data', 'control.sock'), process.platform)
    const control = await connectControl(socket)
    if (control === null) throw new Error(`nobody answers on ${socket}`)
    try {
      return await control.ask(command, args)
    } finally {
      await control.close()
    }
  }
  /** The command line, with this server's configuration. */
  command(args: readonly string[], input = ''): Promise<Finished> {
    return run(process.execPath, [this.#program, ...args, ...this.#options], this.directory, input)
  }

  /** Resolves with the exit code when it ends by itself. */
  ended(): Promise<number | null> {
    return within(STOP_MS, 'the server to end', this.#exit)
  }
  /** SIGTERM. The exit code: 0 when all went well, null when it had to be killed or had died of a signal. */
  async stop(): Promise<number | null> {
    this.#child?.kill('SIGTERM')
    try {
      return await within(STOP_MS, 'the server to stop', this.#exit)
    } catch {
      await this.kill()
      return null
    }
  }
  /** SIGKILL: no goodbye, nothing more is written. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exit
    this.#child = null
    this.#exit = Promise.resolve(0)
  }
  /** What it has logged as an error. */
  complaints(): readonly string[] {
    return this.log.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line))
  }
}

/** A program, to its end. */
async function run(program: string, args: readonly string[], directory: string, input: string): Promise<Finished> {
  const child = owned(spawn(program, args, { cwd: directory, stdio: 'pipe' }))
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {}) // it may have ended without reading
  child.stdin.end(input)
  const [code] = (await within(COMMAND_MS, `${program} to end`, once(child, 'close'))) as [number | null]
  return { code, stdout, stderr }
}
