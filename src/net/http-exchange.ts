/** A request received over HTTP/1.1 (RFC 9112), and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpRefusal, type HttpExchange, type HttpHeaders, type HttpPeer } from '../base/http.ts'

export class IncomingExchange implements HttpExchange {
  readonly path: string
  readonly query: string
  readonly peer: HttpPeer
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #answered = false

  constructor(request: IncomingMessage, response: ServerResponse, peer: HttpPeer) {
    this.#request = request
    this.#response = response
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
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let size = 0
      request.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= bytesMax) return void chunks.push(chunk)
        chunks.length = 0
        reject(tooLarge(bytesMax))
      })
      request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
      request.on('close', () => reject(new HttpRefusal(400, 'The request was cut')))
    })
  }
  reply(status: number, headers: HttpHeaders, content: string | Buffer): void {
    if (this.#answered) return
    this.#answered = true
    const response = this.#response
    const octets = typeof content === 'string' ? Buffer.from(content) : content
    // RFC 9110 8.6: an answer that never has content has no content-length.
    response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': octets.length })
    if (this.method === 'HEAD') response.end()
    else response.end(octets)
  }
  refuse({ status, message, headers }: HttpRefusal): void {
    // The rest of a request that is too large is not read.
    const last = status === 413 ? { connection: 'close' } : {}
    this.reply(status, { 'content-type': 'text/plain; charset=utf-8', ...last, ...headers }, `${message}\n`)
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

const tooLarge = (bytesMax: number): HttpRefusal => new HttpRefusal(413, `No more than ${bytesMax} octets`)

/** The target of a request (RFC 9112 3.2). */
export function targetOf({ url = '' }: IncomingMessage): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?')
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}
