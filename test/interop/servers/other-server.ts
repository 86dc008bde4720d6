/**
 * An XMPP server of another make, in a process of its own, on an address of the loopback that nobody else has: so its
 * ports are the same after each start, and those of its usual self are not touched. Its data goes away with the test.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import type { Afterwards } from '../../support/afterwards.ts'
import type { Certified } from '../../support/authority.ts'
import { owned } from '../../support/owned.ts'
import { within } from '../../support/within.ts'
import type { Account, Endpoints } from '../person.ts'

export interface OtherSettings {
  readonly domain: string
  readonly certified: Certified
  /** PEM file with the authority that has made its certificate. */
  readonly certifiedBy: string
  /** PEM file with the authority that it knows; null: it knows none, and proves others by dialback. */
  readonly authority: string | null
  /** False: it knows certificates, and does dialback all the same. SASL EXTERNAL otherwise. */
  readonly external?: boolean
  /** Of a name server on the loopback. */
  readonly namePort: number
  /** Its address; one of its own if it is not said. */
  readonly host?: string
}

/** How a make is started. */
export interface Program {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** How a make is to be had. */
export interface OtherMake {
  readonly name: string
  /** Why it cannot be used on this machine; false: it can. */
  readonly missing: string | false
  /** It says of who is asked for a subscription that he is unavailable, as RFC 6121 3.1.3 lets it. */
  readonly acknowledgesRequests: boolean
  /** It acknowledges stanzas of other servers (XEP-0198). */
  readonly acknowledges: boolean
  /** Writes its configuration. */
  prepare(server: OtherServer): Promise<Program>
  addUser(server: OtherServer, account: Account): Promise<void>
  /** Until what it has accepted is on disk: what it loses of that when it dies is not what is tested. */
  flush(server: OtherServer): Promise<void>
}

/** Where the rooms of a domain are. */
export const roomsOf = (domain: string): string => `conference.${domain}`

const START_MS = 30_000
const LOOK_MS = 20

export class OtherServer implements Endpoints {
  readonly host: string
  readonly port = 15_222
  readonly serversPort = 15_269
  /** For whatever else it needs. */
  readonly otherPort = 15_280
  readonly directTlsPort = 0
  readonly httpsPort = null
  readonly certificateFile: string
  readonly directory: string
  readonly settings: OtherSettings
  readonly #make: OtherMake
  #program: Program | null = null
  #child: ChildProcess | null = null
  #exit: Promise<unknown> = Promise.resolve()
  #log = ''

  static async open(t: Afterwards, make: OtherMake, settings: OtherSettings): Promise<OtherServer> {
    const server = new OtherServer(make, settings, await mkdtemp(join(tmpdir(), `${make.name.toLowerCase()}-`)))
    t.after(async () => {
      if (!t.passed) t.diagnostic(`${make.name} said:\n${server.#log}`)
      await server.kill()
      await rm(server.directory, { recursive: true, force: true })
    })
    await mkdir(server.file('data'))
    server.#program = await make.prepare(server)
    await server.start()
    return server
  }
  private constructor(make: OtherMake, settings: OtherSettings, directory: string) {
    this.host = settings.host ?? `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
    this.settings = settings
    this.directory = directory
    this.certificateFile = settings.certifiedBy
    this.#make = make
  }
  get pid(): number {
    return this.#child!.pid!
  }
  file(name: string): string {
    return join(this.directory, name)
  }
  /** Resolves when both of its ports are open. */
  async start(): Promise<void> {
    const { program, args, environment } = this.#program!
    const env = { ...process.env, ...environment }
    const child = owned(spawn(program, args, { cwd: this.directory, env, stdio: 'pipe' }))
    this.#child = child
    this.#exit = once(child, 'exit')
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#log += text))
    const died = this.#exit.then(() => {
      throw new Error(`${this.#make.name} has ended`)
    })
    const open = Promise.all([this.port, this.serversPort].map((port) => this.#isOpen(port)))
    await within(START_MS, () => `${this.#make.name} to start; it said: ${this.#log}`, Promise.race([open, died]))
  }
  /** Writes a line to its standard input, and waits for what it prints then. */
  async order(line: string, answer: string): Promise<void> {
    const child = this.#child!
    const before = this.#log.length
    const answered = async (): Promise<void> => {
      while (!this.#log.includes(answer, before)) await once(child.stdout!, 'data')
    }
    child.stdin!.write(line)
    await within(START_MS, () => `${answer} from ${this.#make.name}; it said: ${this.#log}`, answered())
  }
  /** It reads nothing more, and nobody knows. */
  freeze(): void {
    this.#child!.kill('SIGSTOP')
  }
  /** It dies in the middle of its work. */
  async crash(): Promise<void> {
    await this.#make.flush(this)
    await this.kill()
  }
  /** SIGKILL: no goodbye, nothing more is written. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exit
  }
  /** Somebody with an account there. */
  async account(name: string): Promise<Account> {
    const account = { jid: `${name}@${this.settings.domain}`, password: `pass word of ${name}` }
    await this.#make.addUser(this, account)
    return account
  }

  async #isOpen(port: number): Promise<void> {
    for (;;) {
      const socket = connect({ host: this.host, port })
      const isOpen = await new Promise<boolean>((tell) =>
        socket.once('connect', () => tell(true)).once('error', () => tell(false)),
      )
      socket.destroy()
      if (isOpen || this.#child?.exitCode !== null) return
      await later(LOOK_MS)
    }
  }
}
