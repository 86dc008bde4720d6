/** A request received over HTTP/1.1 (RFC 9112), and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Millis } from '../base/clock.ts'
import { HttpRefusal, type HttpExchange, type HttpHeaders, type HttpPeer } from '../base/http.ts'

export class IncomingExchange implements HttpExchange {
  readonly path: string
  readonly query: string
  readonly peer: HttpPeer
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #allow: (idleMs: Millis | null) => void
  #answered = false
  #bodyIs: 'unread' | 'being read' | 'read'

  /** @param allow from now on the connection may do nothing for this time; null: for as long as an answer may take to be read */
  constructor(request: IncomingMessage, response: ServerResponse, peer: HttpPeer, allow: (idleMs: Millis | null) => void) {
    this.#request = request
    this.#response = response
    this.#allow = allow
    this.#bodyIs = hasBody(request) ? 'unread' : 'read'
    ;({ path: this.path, query: this.query } = targetOf(request))
    this.peer = peer
  }
  get method(): string {
    return this.#request.method ?? ''
  }
  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }
  allow(...methods: readonly string[]): void {
    const allow = methods.join(', ')
    if (!methods.includes(this.method)) throw new HttpRefusal(405, `Only ${allow}`, { allow })
  }
  body(bytesMax: number): Promise<Buffer> {
    const request = this.#request
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax))
    this.#startReading()
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let size = 0
      request.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= bytesMax) return void chunks.push(chunk)
        chunks.length = 0
        reject(tooLarge(bytesMax))
      })
      request.on('end', () => {
        this.#bodyIs = 'read'
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
      })
      request.on('close', () => reject(new HttpRefusal(400, 'The request was cut')))
    })
  }
  async *pieces(idleMs: Millis): AsyncGenerator<Buffer, void> {
    this.#startReading()
    try {
      this.#allow(idleMs)
      for await (const chunk of this.#request.iterator({ destroyOnReturn: false })) {
        yield chunk as Buffer
        this.#allow(idleMs)
      }
    } catch {
      throw new HttpRefusal(400, 'The request was cut')
    }
    this.#bodyIs = 'read'
  }
  async stream(status: number, headers: HttpHeaders, octets: number, content: () => AsyncIterable<Buffer>): Promise<void> {
    if (this.#answered) return
    this.#answered = true
    const response = this.#response
    response.writeHead(status, { ...headers, 'content-length': octets })
    if (this.method === 'HEAD') return void response.end()
    try {
      for await (const piece of content()) {
        if (this.#isLost) return // its 'close' has been, so nothing more would be heard of it
        this.#allow(null)
        if (!response.write(piece)) await hasRoom(response)
      }
      if (!this.#isLost) response.end()
    } catch (error) {
      response.destroy()
      throw error
    }
  }
  reply(status: number, headers: HttpHeaders, content: string | Buffer): void {
    if (this.#answered) return
    this.#answered = true
    const response = this.#response
    const octets = typeof content === 'string' ? Buffer.from(content) : content
    // RFC 9110 8.6: an answer that never has content has no content-length.
    response.writeHead(status, status === 204 || status === 304 ? headers : { ...headers, 'content-length': octets.length })
    if (this.method === 'HEAD') response.end()
    else response.end(octets)
  }
  refuse({ status, message, headers }: HttpRefusal): void {
    // The rest of a request that is too large, or that nobody has read to its end, is not read.
    const isLast =
      status === 413 || this.#bodyIs === 'being read' || (this.#bodyIs === 'unread' && expectsContinue(this.#request))
    const last = isLast ? { connection: 'close' } : {}
    this.reply(status, { 'content-type': 'text/plain; charset=utf-8', ...last, ...headers }, `${message}\n`)
  }
  /** RFC 9110 10.1.1: a client that asks first is told to send its body. */
  #startReading(): void {
    if (this.#bodyIs !== 'unread') return
    this.#bodyIs = 'being read'
    if (expectsContinue(this.#request)) this.#response.writeContinue()
  }
  get #isLost(): boolean {
    return this.#response.destroyed || this.#request.socket.destroyed
  }
  onLost(gone: () => void): void {
    if (this.#request.socket.destroyed) return queueMicrotask(gone) // lost while its body was read
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) gone()
    })
  }
  cut(): void {
    this.#request.socket.destroy() // the request's own `destroy` does nothing once the request is complete
  }
}

const expectsContinue = ({ headers }: IncomingMessage): boolean => headers.expect?.toLowerCase() === '100-continue'

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** Resolves when the client has taken what was written, or is gone. */
const hasRoom = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.removeListener('drain', done).removeListener('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })

const tooLarge = (bytesMax: number): HttpRefusal => new HttpRefusal(413, `No more than ${bytesMax} octets`)

/** The target of a request (RFC 9112 3.2). */
export function targetOf({ url = '' }: IncomingMessage): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?')
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}
