/** UPL-3: files over HTTP. A file is put once under the URL of its slot, and got from there by everybody who knows the URL. */
import type { Clock, Millis } from '../../base/clock.ts'
import { FairShare } from '../../base/fair-share.ts'
import { HttpRefusal, type HttpExchange, type HttpHeaders, type HttpRoutes } from '../../base/http.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { networkOf } from '../../base/network.ts'
import type { Files, KnownFile } from '../../files/files.ts'
import { OperatingError } from '../../server/ports.ts'
import { isShown, mediaType } from './names.ts'
import { rangeOf } from './range.ts'

const PREFIX = '/upload/'
const METHODS = ['GET', 'HEAD', 'PUT', 'OPTIONS'] as const
/** Pages of any origin may use it: there are no cookies, and the URL is the secret. */
const CORS: HttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': METHODS.join(', '),
  'access-control-allow-headers': 'Authorization, Content-Type, Range, If-None-Match',
  'access-control-expose-headers': 'Content-Length, Content-Range, Content-Type, ETag',
}
const PREFLIGHT: HttpHeaders = { ...CORS, 'access-control-max-age': '86400' }
/** What a file brings along cannot act in the name of this site. */
const HARMLESS: HttpHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'x-content-type-options': 'nosniff',
}
const UNKNOWN_TYPE = 'application/octet-stream'
const YEAR_S = 31_536_000
const RETRY_S = '10'

export interface SiteParts {
  readonly files: Files
  readonly clock: Clock
  readonly metrics: Metrics
  /** Uploads and downloads at a time. One address has at most half of what the others leave. */
  readonly transfersMax: number
  /** How long one upload may take, and how long nothing of it may come. */
  readonly uploadMs: Millis
  readonly idleMs: Millis
}

export class UploadSite {
  readonly #parts: SiteParts
  readonly #uploads: Counter
  readonly #uploaded: Counter
  readonly #downloads: Counter
  readonly #downloaded: Counter
  /** By address (`networkOf`). */
  readonly #transfers: FairShare

  constructor(parts: SiteParts) {
    const { metrics, transfersMax } = parts
    this.#parts = parts
    this.#transfers = new FairShare(transfersMax)
    this.#uploads = metrics.counter('porchlight_uploads_total', 'Files that were uploaded (XEP-0363)')
    this.#uploaded = metrics.counter(
      'porchlight_upload_octets_total',
      'Octets of files that were uploaded, also of incomplete ones',
    )
    this.#downloads = metrics.counter('porchlight_downloads_total', 'Requests for files that were answered with content')
    this.#downloaded = metrics.counter('porchlight_download_octets_total', 'Octets of files that clients have taken')
    metrics.gauge('porchlight_file_transfers', 'Uploads and downloads in progress', () => this.#transfers.taken)
  }
  install(routes: HttpRoutes): void {
    routes.under(PREFIX, (exchange) => this.#handle(exchange))
  }

  async #handle(exchange: HttpExchange): Promise<void> {
    exchange.allow(...METHODS)
    if (exchange.method === 'OPTIONS') return exchange.reply(204, PREFLIGHT, '')
    const file = await this.#find(exchange.path)
    if (exchange.method === 'PUT') return this.#put(exchange, file)
    if (file.storedAt === null) throw missing()
    return this.send(exchange, file)
  }
  /** @throws HttpRefusal */
  async #find(path: string): Promise<KnownFile> {
    const named = namedIn(path)
    const file = named === null ? null : await this.#parts.files.find(named.id)
    if (file === null || named!.name !== file.name) throw missing()
    return file
  }

  /** @throws HttpRefusal */
  async #put(exchange: HttpExchange, file: KnownFile): Promise<void> {
    if (file.storedAt !== null) throw refusal(409, 'This file is here already')
    const length = exchange.header('content-length')
    if (length === undefined && exchange.header('transfer-encoding') !== undefined) throw refusal(411, 'Say how long the file is')
    const octets = Number(length ?? 0)
    if (octets > file.size) throw refusal(413, `The slot is for ${file.size} octets`)
    if (octets < file.size) throw refusal(400, `The slot is for ${file.size} octets`)
    const given = exchange.header('content-type')
    const type = given === undefined ? '' : mediaType(given)
    if (type === null || (type !== '' && file.type !== '' && type !== file.type))
      throw refusal(415, file.type === '' ? 'This is no media type' : `The slot is for ${file.type}`)
    await this.receive(exchange, file, type)
    exchange.reply(201, { ...CORS, location: exchange.path }, '')
  }
  /** Stores what a request brings, whose length is that of the file. @throws HttpRefusal */
  receive(exchange: HttpExchange, file: KnownFile, type: string): Promise<void> {
    return this.#transfer(exchange, () => this.#store(exchange, file, type))
  }
  async #store(exchange: HttpExchange, file: KnownFile, type: string): Promise<void> {
    const { clock, files, uploadMs } = this.#parts
    const tooLong = clock.after(uploadMs, () => exchange.cut())
    try {
      const put = await files.put(file, type, this.#counted(exchange))
      if (put === 'taken') throw refusal(409, 'This file is here already, or just being uploaded')
      if (put === 'gone') throw missing()
      this.#uploads.add(1)
    } catch (error) {
      if (error instanceof OperatingError && error.isPassing) throw refusal(507, 'There is no room for the file at present')
      throw error
    } finally {
      tooLong.cancel()
    }
  }
  async *#counted(exchange: HttpExchange): AsyncGenerator<Buffer, void> {
    for await (const piece of exchange.pieces(this.#parts.idleMs)) {
      this.#uploaded.add(piece.length)
      yield piece
    }
  }

  /** Answers with a stored file, or with the part of it that the client wants. @throws HttpRefusal */
  async send(exchange: HttpExchange, file: KnownFile, more: HttpHeaders = {}): Promise<void> {
    const tag = `"${file.id}"`
    const headers = { ...this.#headersOf(file, tag), ...more }
    if (matches(exchange.header('if-none-match'), tag)) return exchange.reply(304, headers, '')
    // RFC 9110 13.1.5: a part only of the file that the client knows
    const isSame = (exchange.header('if-range') ?? tag) === tag
    const range = isSame ? rangeOf(exchange.header('range'), file.size) : null
    if (range === 'unsatisfiable')
      throw new HttpRefusal(416, 'The file is shorter', { ...CORS, 'content-range': `bytes */${file.size}` })
    const { start, end } = range ?? { start: 0, end: file.size }
    const partly = range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${file.size}` }
    const status = range === null ? 200 : 206
    if (exchange.method === 'HEAD') return exchange.stream(status, { ...headers, ...partly }, end - start, nothing)
    await this.#transfer(exchange, async () => {
      const octets = await this.#parts.files.open(file)
      if (octets === null) throw missing()
      this.#downloads.add(1)
      try {
        await exchange.stream(status, { ...headers, ...partly }, end - start, () => this.#taken(octets.read(start, end)))
      } finally {
        await octets.close()
      }
    })
  }
  async *#taken(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const piece of pieces) {
      yield piece
      this.#downloaded.add(piece.length)
    }
  }
  #headersOf({ expiresAt, isReferred, type, name }: KnownFile, tag: string): HttpHeaders {
    const left = expiresAt === null || isReferred ? YEAR_S : Math.floor((expiresAt - this.#parts.clock.now()) / 1000)
    return {
      ...CORS,
      ...harmless(type, name),
      'accept-ranges': 'bytes',
      'etag': tag,
      'cache-control': `max-age=${Math.min(left, YEAR_S)}, immutable`,
    }
  }

  /** @throws HttpRefusal if there are too many */
  async #transfer({ peer }: HttpExchange, work: () => Promise<void>): Promise<void> {
    const network = networkOf(peer.address)
    if (!this.#transfers.take(network))
      throw new HttpRefusal(503, 'Too many files are on their way', { ...CORS, 'retry-after': RETRY_S })
    try {
      await work()
    } finally {
      this.#transfers.giveBack(network)
    }
  }
}

/** Headers with which a file of strangers does no harm. @param type '' for unknown */
export const harmless = (type: string, name: string): HttpHeaders => ({
  ...HARMLESS,
  'content-type': type === '' ? UNKNOWN_TYPE : type,
  'content-disposition': `${isShown(type) ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded(name)}`,
})
/** Which file a path names, and how; null: none. */
export function namedIn(path: string): { readonly id: string; readonly name: string } | null {
  const [id = '', name = '', ...more] = path.slice(PREFIX.length).split('/')
  const known = decoded(name)
  return path.startsWith(PREFIX) && /^[\w-]{1,64}$/.test(id) && more.length === 0 && known !== null ? { id, name: known } : null
}
/** The path of a file. */
export const pathOf = ({ id, name }: KnownFile): string => `${PREFIX}${id}/${encoded(name)}`

/** RFC 8187 allows no more without escapes. */
const encoded = (name: string): string =>
  encodeURIComponent(name).replace(/[()'*!]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch {
    return null
  }
}
const matches = (header: string | undefined, tag: string): boolean =>
  header !== undefined && header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag)

const refusal = (status: number, message: string): HttpRefusal => new HttpRefusal(status, message, CORS)
const missing = (): HttpRefusal => refusal(404, 'There is no such file')
const nothing = async function* (): AsyncGenerator<Buffer, void> {}
