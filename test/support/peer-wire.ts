/** The lower half of another server: it opens streams to the port for servers, and says whatever a story wants it to say. */
import { WireClient, type OpenOptions } from './wire-client.ts'
import type { Xml } from './xml-reader.ts'

export class PeerWire extends WireClient {
  /** As the server has called the stream. */
  streamId = ''

  /** Up to the features inside TLS. @param from whom it claims to be */
  async secured(from: string): Promise<void> {
    await this.open({ from })
    await this.features()
    await this.startTls()
    await this.open({ from })
    await this.features()
  }
  override async open(options: OpenOptions = {}): Promise<Xml> {
    const header = await super.open({ declarations: `xmlns='jabber:server' xmlns:db='jabber:server:dialback'`, ...options })
    this.streamId = header.attr('id') ?? ''
    return header
  }
}
