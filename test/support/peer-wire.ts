/** The lower half of another server: it opens streams to the port for servers, and says whatever a story wants it to say. */
import { readFile } from 'node:fs/promises'
import type { Certified } from './authority.ts'
import type { Identity } from './link.ts'
import { base64, SASL, WireClient, type OpenOptions } from './wire-client.ts'
import type { Xml } from './xml-reader.ts'

export class PeerWire extends WireClient {
  /** As the server has called the stream. */
  streamId = ''
  /** What it shows of itself in TLS. */
  identity: Identity | undefined

  /** Up to the features inside TLS. @param from whom it claims to be */
  async secured(from: string): Promise<void> {
    await this.open({ from })
    await this.features()
    await this.startTls()
    await this.open({ from })
    await this.features()
  }
  /** Up to the features inside TLS, with a certificate. */
  async shown(from: string, { certificateFile, keyFile }: Certified): Promise<Xml> {
    const [cert, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
    this.identity = { cert, key }
    await this.open({ from })
    await this.features()
    await this.startTls()
    await this.open({ from })
    return this.features()
  }
  /** Up to the features after SASL EXTERNAL. From there on it gets on this stream what is for its domain (XEP-0288). */
  async proved(from: string, certified: Certified): Promise<Xml> {
    await this.shown(from, certified)
    this.write(`<bidi xmlns='urn:xmpp:bidi'/>`)
    this.write(`<auth xmlns='${SASL}' mechanism='EXTERNAL'>${base64(from)}</auth>`)
    await this.expect(`<success xmlns='${SASL}'/>`)
    await this.open({ from })
    return this.features()
  }
  override async secure(): Promise<void> {
    await this.link.secure(this.domain, this.identity)
  }
  override async open(options: OpenOptions = {}): Promise<Xml> {
    const header = await super.open({ declarations: `xmlns='jabber:server' xmlns:db='jabber:server:dialback'`, ...options })
    this.streamId = header.attr('id') ?? ''
    return header
  }
}
