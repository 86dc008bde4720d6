/** The client side of the control socket, for the command line. */
import { connect, type Socket } from 'node:net'
import * as v from 'valibot'
import { CommandError } from './command.ts'
import { CONTROL_VERSION, LineReader, REPLY_MAX, replySchema, type Request } from './control-protocol.ts'

/** Carries out commands: a running server, or this process itself. */
export interface Authority {
  /** @throws CommandError */
  ask(command: string, args: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

class ControlClient implements Authority {
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []

  constructor(socket: Socket) {
    const lines = new LineReader(REPLY_MAX)
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      for (const line of lines.push(chunk) ?? []) this.#replied(line)
    })
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0))
        reject(new CommandError('The server has closed the connection before it answered. Its log has more.'))
    })
  }
  ask(command: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const request: Request = { porchlight: CONTROL_VERSION, command, args }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(`${JSON.stringify(request)}\n`)
    })
  }
  async close(): Promise<void> {
    this.#socket.end()
  }

  #replied(line: string): void {
    const waiting = this.#waiting.shift()
    const reply = v.safeParse(v.pipe(v.string(), v.parseJson(), replySchema), line)
    if (!reply.success)
      waiting?.reject(new CommandError('The answer of the server cannot be understood. Use the command line that came with it.'))
    else if (reply.output.ok) waiting?.resolve(reply.output.result)
    else waiting?.reject(new CommandError(reply.output.message))
  }
}

/**
 * Connects to the running server. Null if none is running.
 * @throws CommandError if a server is running but refuses the connection
 */
export function connectControl(address: string): Promise<Authority | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    socket.once('connect', () => resolve(new ControlClient(socket)))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null)
      else
        reject(
          new CommandError(
            `The control socket ${address} cannot be opened (${error.message}). Run this as the user that runs the server.`,
          ),
        )
    })
  })
}
