/** Media of Matrix clients are the uploads of accounts (XEP-0363): one store, with one id for each of the two protocols. */
import type { Host } from '../../server/feature.ts'
import type { KnownFile } from '../../files/files.ts'
import { uploadsOf, type Uploads } from '../../xep/0363-http-upload/index.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { MediaIds, mxcIn, mxcUri, type Link, type MediaNames } from '../ids/media-id.ts'
import { serverName } from '../ids/user-id.ts'

export class Media implements MediaNames {
  readonly ids: MediaIds
  readonly #host: Pick<Host, 'domains'>
  readonly #uploads: Uploads | null

  constructor(host: Host) {
    this.ids = new MediaIds(host.secret('matrix media'))
    this.#host = host
    this.#uploads = uploadsOf(host)
  }
  /** Null: nothing can be uploaded to this server. */
  get uploads(): Uploads | null {
    return this.#uploads
  }
  uriOf({ id }: KnownFile, { domain }: Jid): string {
    return mxcUri({ server: serverName(domain), id: this.ids.ofFile(id)! })
  }
  /** A file that is stored; null: there is none. @param server as the request names it */
  async find(server: string, id: string): Promise<KnownFile | null> {
    const isOurs = this.#host.domains.some((domain) => serverName(domain) === server.toLowerCase())
    const file = isOurs ? this.ids.fileOf(id) : null
    const found = file === null ? null : ((await this.#uploads?.find(file)) ?? null)
    return found === null || found.storedAt === null ? null : found
  }
  /** Null: there is no such file, or clients of XMPP could not get it. */
  async linkOf(uri: string): Promise<Link | null> {
    const mxc = mxcIn(uri)
    const file = mxc === null ? null : await this.find(mxc.server, mxc.id)
    const url = file === null ? null : (this.#uploads?.urlOf(file) ?? null)
    return file === null || url === null ? null : { url, name: file.name }
  }
  mxcOf(url: string): { readonly mxc: string; readonly name: string } | null {
    const file = this.#uploads?.fileAt(url) ?? null
    const id = file === null ? null : this.ids.ofFile(file.id)
    if (file === null || id === null) return null
    return { mxc: mxcUri({ server: serverName(file.domain), id }), name: file.name }
  }
}
