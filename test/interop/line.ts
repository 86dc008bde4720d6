/** A line between clients and a server that can go wrong: it passes on what comes, until it is cut or goes dead. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Afterwards } from '../support/afterwards.ts'
import type { Endpoints } from './person.ts'

export class Line {
  readonly #listener: Server
  readonly #ends = new Set<Socket>()
  /** Octets that still reach the client before it is cut; null: as many as there are. */
  #rest: number | null = null
  /** New connections are taken, and nothing comes through on them. */
  #isDead = false
  /** New connections break at once. */
  #isOff = false

  /** @param to port of the server, asked for with each connection @param address where the line begins */
  static async open(t: Afterwards, to: () => number, address = '127.0.0.1'): Promise<Line> {
    const line = new Line(to)
    line.#listener.listen(0, address)
    await once(line.#listener, 'listening')
    t.after(() => {
      line.cut()
      line.#listener.close()
    })
    return line
  }
  private constructor(to: () => number) {
    this.#listener = createServer((near) => {
      if (this.#isOff) return void near.on('error', () => {}).resetAndDestroy()
      const far = connect({ port: to(), host: '127.0.0.1' })
      far.on('data', (chunk: Buffer) => this.#toClient(near, chunk))
      near.on('data', (chunk: Buffer) => far.write(chunk))
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.setNoDelay()
        if (this.#isDead) one.pause()
        one.on('error', () => {})
        one.on('end', () => other.end())
        one.on('close', () => {
          this.#ends.delete(one)
          other.destroy()
        })
        this.#ends.add(one)
      }
    })
  }
  /** The server as it is reached over this line, by STARTTLS. */
  to({ directTlsPort, httpsPort, certificateFile, directory }: Endpoints): Endpoints {
    return { port: this.port, directTlsPort, httpsPort, certificateFile, directory }
  }
  get port(): number {
    return (this.#listener.address() as AddressInfo).port
  }
  /** The connections of this moment break, without a word to anybody. */
  cut(): void {
    for (const end of this.#ends) {
      // A socket that is ending already cannot be reset; the process would wait for it for ever
      if (end.writableEnded) end.destroy()
      else end.resetAndDestroy()
    }
  }
  /** The same, when so many more octets have reached the client: in the middle of anything. */
  cutAfter(octets: number): void {
    this.#rest = octets
  }
  /** Nothing comes through any more on the connections of this moment, and nobody knows. */
  goDead(): void {
    for (const end of this.#ends) end.pause()
  }

  /** The same on all connections from now on, until `revive`: as when a router drops what comes. */
  swallow(): void {
    this.#isDead = true
    this.goDead()
  }
  /** The connections of this moment break, and so do others, until `revive`. */
  refuse(): void {
    this.#isOff = true
    this.cut()
  }
  /** New connections are passed on again; those that are dead stay so, and end at last. */
  revive(): void {
    this.#isDead = this.#isOff = false
    this.cut()
  }

  #toClient(near: Socket, chunk: Buffer): void {
    if (this.#rest === null) return void near.write(chunk)
    const passed = chunk.subarray(0, this.#rest)
    this.#rest -= passed.length
    if (this.#rest > 0) return void near.write(passed)
    this.#rest = null
    near.write(passed, () => this.cut())
  }
}
