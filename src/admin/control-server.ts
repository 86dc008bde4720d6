/**
 * The server side of the control socket. Whoever can open it can do everything, so only the server's own user may open its
 * file (mode 0600). The socket also shows a second server that the data directory is in use.
 */
import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import * as v from 'valibot'
import type { Log } from '../base/log.ts'
import { CommandError, runCommand, type Commands } from './command.ts'
import { ADDRESS_OCTETS_MAX } from './control-address.ts'
import { CONTROL_VERSION, LineReader, REQUEST_MAX, requestSchema, type Reply } from './control-protocol.ts'

/** The most connections at a time. One more is closed. */
const CONNECTIONS_MAX = 32

/** The control socket cannot be opened. The message says what to do. */
export class ControlError extends Error {}

export class ControlServer {
  readonly #server: Server
  /** By connection: resolves when its requests so far are answered. */
  readonly #open = new Map<Socket, Promise<void>>()
  readonly #log: Log
  /** Null until the server is ready. */
  #commands: Commands | null = null

  private constructor(log: Log) {
    this.#log = log
    this.#server = createServer((socket) => this.#accept(socket))
    this.#server.maxConnections = CONNECTIONS_MAX
  }

  /**
   * @param address see `controlAddress`
   * @throws ControlError if another server answers there, or the address cannot be used
   */
  static async listen(address: string, log: Log): Promise<ControlServer> {
    const isPipe = address.startsWith('\\\\.\\pipe\\')
    if (!isPipe && Buffer.byteLength(address) > ADDRESS_OCTETS_MAX) {
      throw new ControlError(
        `The path of the control socket is longer than ${ADDRESS_OCTETS_MAX} octets: ${address}. Set control-socket in section [admin] to a shorter one.`,
      )
    }
    if (await answers(address)) {
      throw new ControlError(
        `Another server is running here already (it answers on ${address}). Stop it first, or give this one another data-directory.`,
      )
    }
    const control = new ControlServer(log)
    try {
      if (!isPipe) {
        await mkdir(dirname(address), { recursive: true, mode: 0o700 })
        await removeSocket(address) // left by a server that was killed
      }
      await control.#listen(address)
      if (!isPipe) await chmod(address, 0o600)
    } catch (error) {
      throw new ControlError(
        `The control socket ${address} cannot be opened (${(error as Error).message}). Check control-socket in section [admin], and that the server's user may write in that directory.`,
      )
    }
    return control
  }

  /** The server is ready: from now on it takes commands. */
  begin(commands: Commands): void {
    this.#commands = commands
  }
  /** Takes no more connections. Resolves when the requests so far are answered and the answers are on their way. */
  async finish(): Promise<void> {
    this.#server.close()
    await Promise.all(
      Array.from(this.#open, async ([socket, answered]) => {
        await answered
        await new Promise<void>((written) => socket.end(() => written()))
      }),
    )
  }
  /** Open connections are cut: `finish` comes first. */
  close(): Promise<void> {
    for (const socket of this.#open.keys()) socket.destroy()
    return new Promise((done) => this.#server.close(() => done()))
  }

  #listen(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(address, () => {
        this.#server.removeListener('error', reject)
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    const lines = new LineReader(REQUEST_MAX)
    let answered: Promise<void> = Promise.resolve()
    this.#open.set(socket, answered)
    socket.setEncoding('utf8')
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.#open.delete(socket))
    socket.on('data', (chunk: string) => {
      const complete = lines.push(chunk)
      if (complete === null) return void socket.destroy()
      for (const line of complete) {
        answered = answered.then(async () => {
          const reply = await this.#reply(line)
          if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`)
        })
      }
      this.#open.set(socket, answered)
    })
  }

  async #reply(line: string): Promise<Reply> {
    const refused = (message: string): Reply => ({ ok: false, message })
    const request = v.safeParse(v.pipe(v.string(), v.parseJson(), requestSchema), line)
    if (!request.success)
      return refused(
        `This is not a request of version ${CONTROL_VERSION}. Use the command line that came with the running server.`,
      )
    if (this.#commands === null) return refused('The server is just starting. Try again in a moment.')
    const { command, args } = request.output
    try {
      const result = await runCommand(this.#commands, command, args)
      this.#log.debug({ command }, 'Command carried out')
      return { ok: true, result: result ?? null }
    } catch (error) {
      if (error instanceof CommandError) return refused(error.message)
      this.#log.error({ err: error, command }, 'Command failed')
      return refused(`The command failed with an error (${String(error)}). The log of the server has more.`)
    }
  }
}

/** Refuses to delete anything but a socket: a wrong path in the configuration must not delete a file. */
async function removeSocket(address: string): Promise<void> {
  const found = await lstat(address).catch(() => null)
  if (found !== null && !found.isSocket()) throw new Error('there is a file that is not a socket')
  await rm(address, { force: true })
}

/** Whether a server listens there. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
