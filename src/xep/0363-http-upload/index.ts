/** XEP-0363: clients upload files by HTTP and send each other their URLs. */
import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import type { HttpExchange, HttpHeaders, HttpRoutes } from '../../base/http.ts'
import { between, count, duration, flag, section, size, text, webOrigin, type Settings } from '../../base/settings.ts'
import { Files, type Announced, type KnownFile } from '../../files/files.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el } from '../../xml/element.ts'
import { dataForm } from '../../xmpp/data-form.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { safeName } from './names.ts'
import { namedIn, pathOf, UploadSite } from './site.ts'
import { PURPOSES, readRequest, UPLOAD } from './request.ts'

export { isShown, mediaType } from './names.ts'
export { harmless } from './site.ts'

const settings = section({
  'enabled': flag(
    true,
    'Offer uploads at a domain below each domain of the server. They need an https URL: [listen] https, [listen] files, or url.',
  ),
  'prefix': text('upload', 'The name of the service in front of the domain: "upload" makes upload.example.org.'),
  'url': webOrigin(
    '',
    'Origin of the URLs of files, such as "https://files.example.org": of a reverse proxy, or of a domain apart from other sites. Empty: the domain of the user, with the port of [listen] files or else of [listen] https.',
  ),
  'file-size': size('50 MiB', between('1 KiB', '1024 GiB'), 'Size of one file. A larger one is refused with not-acceptable.'),
  'quota': size(
    '500 MiB',
    between('1 KiB', '1024 GiB'),
    'Octets of the files of one account. More are refused with resource-constraint until some expire.',
  ),
  'files': count(5000, between(1, 1_000_000), 'Files of one account, with the same consequence.'),
  'kept': duration('30 days', between('1 minute', '3650 days'), 'How long a file is kept. A file for a profile stays.'),
  'profile-quota': size(
    '5 MiB',
    between('1 KiB', '1 GiB'),
    'Octets of the files of one account that are for its profile, such as pictures. More are refused with not-acceptable.',
  ),
  'thumbnail-quota': size(
    '50 MiB',
    between('1 KiB', '1024 GiB'),
    'Octets of the reduced pictures of one account, which are made for Matrix clients. Of more pictures none is made until some expire.',
  ),
  'slot-time': duration('5 minutes', between('1 s', '1 day'), 'How long after its slot a file may begin to come.'),
  'upload-time': duration('1 hour', between('1 s', '1 day'), 'How long an upload may take. A slower one is cut.'),
  'idle': duration('20 seconds', between('1 s', '10 minutes'), 'How long nothing of an upload may come. Then it is cut.'),
  'transfers': count(
    200,
    between(1, 100_000),
    'Uploads and downloads at a time, one address at most half of what the others leave. One more is refused with HTTP 503.',
  ),
})
type UploadSettings = Settings<typeof settings>

const uploads = new WeakMap<Host, Uploads>()
/** The uploads of this server; null if it has none. */
export const uploadsOf = (host: Host): Uploads | null => uploads.get(host) ?? null

export const httpUpload = defineFeature({
  name: 'http-upload',
  specs: [xep(363, 'HTTP File Upload', '1.2.0', 'complete', 'purposes: message, profile, ephemeral')],
  settings,
  async install(host, config) {
    if (!config.enabled) return
    const limits = {
      quotas: {
        message: { octets: config.quota, files: config.files, keptMs: config.kept },
        profile: { octets: config['profile-quota'], files: config.files, keptMs: null },
        thumbnail: { octets: config['thumbnail-quota'], files: config.files, keptMs: config.kept },
      },
      announcedMs: config['slot-time'],
    }
    const made = new Uploads(host, config, await Files.open(host, limits))
    uploads.set(host, made)
    for (const domain of host.domains) made.serve(domain)
  },
})

export class Uploads {
  readonly #host: Host
  readonly #config: UploadSettings
  readonly #files: Files
  readonly #site: UploadSite
  /** The port for files, with TLS; null while none is open. */
  port: number | null = null

  constructor(host: Host, config: UploadSettings, files: Files) {
    this.#host = host
    this.#config = config
    this.#files = files
    this.#site = new UploadSite({
      files,
      clock: host.clock,
      metrics: host.metrics,
      transfersMax: config.transfers,
      uploadMs: config['upload-time'],
      idleMs: config.idle,
    })
  }
  /** For the operator: what is stored, and who has the most of it. */
  async report(owners: number) {
    const { total, owners: most } = await this.#files.report(owners)
    return { ...total, owners: most.map(({ owner, ...usage }) => ({ jid: owner, ...usage })) }
  }
  /** The same of one account (a bare JID). */
  usageOf(owner: string) {
    return this.#files.usageOf(owner)
  }
  /** Of one file. */
  get fileOctetsMax(): number {
    return Math.min(this.#config['file-size'], this.#config.quota)
  }
  /** A file that was announced or stored, and whose time is not over; null: there is none. */
  find(id: string): Promise<KnownFile | null> {
    return this.#files.find(id)
  }
  /** Where everybody gets a file; null: clients could not reach it. */
  urlOf(file: KnownFile): string | null {
    const origin = file.owner === '' ? null : this.#originFor(storedJid(file.owner).domain)
    return origin === null ? null : origin + pathOf(file)
  }
  /** The file that a URL of ours names, whether it is there or not; null: it is none. */
  fileAt(url: string): { readonly domain: string; readonly id: string; readonly name: string } | null {
    for (const domain of this.#host.domains) {
      const origin = this.#originFor(domain)
      const named = origin !== null && url.startsWith(`${origin}/`) ? namedIn(url.slice(origin.length)) : null
      if (named !== null) return { domain, ...named }
    }
    return null
  }
  /** Stores a file that one request brings. @throws StanzaError not-acceptable, resource-constraint @throws HttpRefusal */
  async take(exchange: HttpExchange, { owner, name, type, size }: Pick<Announced, 'owner' | 'name' | 'type' | 'size'>) {
    const file = await this.#announce({ owner, name: safeName(name), type, size, purpose: 'message', keepUntil: null })
    await this.#site.receive(exchange, file, type)
    return file
  }
  /** All of a stored file. */
  octetsOf(file: KnownFile): Promise<Buffer> {
    return this.#files.octetsOf(file)
  }
  /** What was made of a file under that name before; null: nothing. */
  async derived(of: KnownFile, name: string): Promise<KnownFile | null> {
    const file = await this.#files.find(derivedId(of, name))
    return file === null || file.storedAt === null ? null : file
  }
  /**
   * Keeps what was made of a file, in a quota of its own, as long as the file.
   * @returns null if there is no room for it, or it could not be stored now
   */
  async derive(of: KnownFile, name: string, type: string, octets: Buffer): Promise<KnownFile | null> {
    const keepUntil = of.isReferred ? of.keepUntil : (of.expiresAt ?? of.keepUntil)
    const made = { owner: of.owner, name: of.name, type, size: octets.length, purpose: 'thumbnail', keepUntil } as const
    const file = await this.#files.announce({ ...made, id: derivedId(of, name) })
    if (!('id' in file)) return null
    await this.#files.put(file, type, piecesOf(octets))
    return this.derived(of, name)
  }
  /** Answers a request with a stored file. @param more headers @throws HttpRefusal */
  send(exchange: HttpExchange, file: KnownFile, more: HttpHeaders): Promise<void> {
    return this.#site.send(exchange, file, more)
  }
  install(routes: HttpRoutes): void {
    this.#site.install(routes)
  }
  serve(home: string): void {
    const domain = `${this.#config.prefix}.${home}`
    if (this.#host.componentDomains.includes(domain)) return
    const service = this.#host.service({
      domain,
      identity: { category: 'store', type: 'file', name: 'File upload' },
      isListed: () => this.#originFor(home) !== null,
      stanza({ kind, type }) {
        if (kind !== 'presence' && type !== 'error') throw new StanzaError('service-unavailable')
      },
    })
    service.disco.features.push(UPLOAD, ...PURPOSES)
    service.disco.forms.push(() =>
      dataForm({
        type: 'result',
        formType: UPLOAD,
        fields: [{ name: 'max-file-size', type: 'text-single', values: [String(this.#config['file-size'])] }],
      }),
    )
    service.iq({ type: 'get', ns: UPLOAD, name: 'request', handle: (request) => this.#slot(request, home) })
  }

  /** @throws StanzaError */
  async #slot({ from, payload }: ServiceRequest, home: string): Promise<Answer> {
    const { router, clock } = this.#host
    if (router.kindOf(from.domain) !== 'accounts') throw new StanzaError('forbidden')
    const origin = this.#originFor(home)
    if (origin === null) throw new StanzaError('not-allowed', { text: 'Nothing can be uploaded at present' })
    const file = await this.#announce(readRequest(payload, from.bare, clock.now()))
    const url = origin + pathOf(file)
    return el('slot', UPLOAD, {}, el('put', UPLOAD, { url }), el('get', UPLOAD, { url }))
  }
  /** @throws StanzaError not-acceptable, resource-constraint */
  async #announce(wanted: Announced): Promise<KnownFile> {
    this.#fits(wanted)
    const file = await this.#files.announce(wanted)
    if ('id' in file) return file
    const specific = file.until === null ? {} : { specific: el('retry', UPLOAD, { stamp: formatDateTime(file.until) }) }
    throw new StanzaError('resource-constraint', { text: 'Your files need all the room that you have', ...specific })
  }
  /** @throws StanzaError not-acceptable: the file will never fit */
  #fits({ size: octets, purpose }: Announced): void {
    const max = Math.min(this.#config['file-size'], purpose === 'profile' ? this.#config['profile-quota'] : this.#config.quota)
    if (octets <= max) return
    const specific = el('file-too-large', UPLOAD, {}, el('max-file-size', UPLOAD, {}, String(max)))
    throw new StanzaError('not-acceptable', { text: `The largest file has ${max} octets`, specific })
  }
  /** Null if clients could not reach the files. */
  #originFor(home: string): string | null {
    if (this.#config.url !== '') return this.#config.url
    if (this.port === null) return null
    const host = home.startsWith('[') ? home : domainToASCII(home) || home
    return this.port === 443 ? `https://${host}` : `https://${host}:${this.port}`
  }
}
/** The same file and name have the same id, so that what was made once is found. */
const derivedId = ({ id }: KnownFile, name: string): string =>
  createHash('sha256').update(`${id} ${name}`).digest().subarray(0, 16).toString('base64url')
const piecesOf = async function* (octets: Buffer): AsyncGenerator<Buffer, void> {
  yield octets
}
