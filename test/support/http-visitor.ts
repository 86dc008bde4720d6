/** Whoever comes to an HTTP port with octets of his own making. */
import { once } from 'node:events'
import { duplexPair, type Duplex } from 'node:stream'
import type { HttpPort } from '../../src/net/http-port.ts'

export interface HttpAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

export class HttpVisitor {
  readonly connection: Duplex
  text = ''
  #isHead = false
  #waiting: (() => void) | null = null

  /** One that has come in memory. */
  static of(port: HttpPort, remoteAddress = '192.0.2.1'): HttpVisitor {
    const [near, far] = duplexPair()
    far.on('close', () => process.nextTick(() => near.destroy()))
    near.on('close', () => process.nextTick(() => far.destroy()))
    port.accept(Object.assign(far, { remoteAddress, destroySoon: () => far.end(() => far.destroy()) })) // as a socket has it
    return new HttpVisitor(near)
  }
  constructor(connection: Duplex) {
    this.connection = connection
    connection.setEncoding('latin1').on('data', (chunk: string) => {
      this.text += chunk
      this.#waiting?.()
    })
    connection.on('close', () => this.#waiting?.())
    connection.on('error', () => {})
  }
  send(head: string, body: string | Buffer = ''): void {
    this.#isHead = head.startsWith('HEAD ')
    const octets = Buffer.from(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`)
    this.connection.write(Buffer.concat([octets, Buffer.from(body)]))
  }
  /** The next whole answer. @throws Error when the connection is closed instead */
  async answer(): Promise<HttpAnswer> {
    for (;;) {
      const end = this.text.indexOf('\r\n\r\n')
      const head = this.text.slice(0, end)
      const length = this.#isHead ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
      if (end !== -1 && this.text.length >= end + 4 + length) {
        const body = this.text.slice(end + 4, end + 4 + length)
        this.text = this.text.slice(end + 4 + length)
        return { status: Number(head.slice(9, 12)), head, body }
      }
      if (this.connection.destroyed) throw new Error('The connection is closed')
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }
  async closed(): Promise<void> {
    if (!this.connection.destroyed) await once(this.connection, 'close')
  }
}
