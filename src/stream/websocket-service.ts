/**
 * RFC 7395 on the web port: which clients may open a WebSocket for XMPP (3.1), and what may arrive on it before the stream
 * is in charge. Compression stays off: it costs memory for each connection, and reveals secrets by their length (RFC 7457 2.6).
 */
import { WebSocketServer, type WebSocket } from 'ws'
import { HttpRefusal, type HttpPeer, type HttpRoutes, type Upgrade } from '../base/http.ts'
import type { Clock } from '../base/clock.ts'
import type { EndOfTick } from '../base/tick.ts'
import type { Doorkeeper } from '../net/listener.ts'
import type { Origins } from '../net/origins.ts'
import { Flusher } from './outbox.ts'
import { decode } from '../xml/wire.ts'
import { scanLimits, type ClientService } from './client-service.ts'
import { unreadOf, type StreamsSettings } from './settings.ts'
import { WebSocketCarrier, type WebSocketOptions } from './websocket-carrier.ts'
import { seeOther } from './websocket-framing.ts'

/** The default path. */
export const WEBSOCKET_PATH = '/xmpp-websocket'
const SUBPROTOCOL = 'xmpp'

export interface WebSocketServiceOptions {
  readonly clients: Pick<ClientService, 'begin'>
  readonly streams: StreamsSettings
  readonly origins: Origins
  /** Admits the clients for which a proxy speaks. */
  readonly admission: Doorkeeper
  /** 3.6.1: where clients are sent; null if they are served here. */
  readonly seeOtherUri: string | null
  readonly clock: Clock
  readonly endOfTick: EndOfTick
}

/** The most fragments of one message. A client that splits a message does so because it is large. */
const FRAGMENTS_MAX = 256
/** The most pieces in which the network may deliver one message. */
const CHUNKS_MAX = 4096

export class WebSocketService {
  readonly #options: WebSocketServiceOptions
  readonly #carriers: WebSocketOptions
  readonly #handshakes: WebSocketServer

  constructor(options: WebSocketServiceOptions) {
    const { streams, endOfTick } = options
    this.#options = options
    this.#carriers = {
      flusher: new Flusher(endOfTick),
      unread: unreadOf(streams, options.clock),
      limits: scanLimits(streams, streams['stanza-size-before-login']),
    }
    // More than a stanza can have, so that usually the stream reports what was wrong.
    const maxPayload = 2 * streams['stanza-size']
    const limits = {
      maxPayload,
      maxFragments: FRAGMENTS_MAX,
      maxBufferedChunks: CHUNKS_MAX,
      closeTimeout: streams['close-timeout'],
    }
    this.#handshakes = new WebSocketServer({
      ...limits,
      noServer: true,
      clientTracking: false,
      autoPong: false,
      perMessageDeflate: false,
      handleProtocols: () => SUBPROTOCOL,
    })
  }
  install(routes: HttpRoutes): void {
    routes.at(WEBSOCKET_PATH, () => {
      throw new HttpRefusal(426, 'A WebSocket for XMPP (RFC 7395)', { upgrade: 'websocket', connection: 'upgrade' })
    })
    routes.upgradeAt(WEBSOCKET_PATH, (upgrade) => this.#open(upgrade))
    routes.announce({ rel: 'urn:xmpp:alt-connections:websocket', scheme: 'wss', path: WEBSOCKET_PATH }) // RFC 7395 4
  }

  /** @throws HttpRefusal */
  #open({ request, peer, socket, head }: Upgrade): void {
    const { headers } = request
    const protocols = headers['sec-websocket-protocol']?.split(',').map((p) => p.trim()) ?? []
    if (!protocols.includes(SUBPROTOCOL)) throw new HttpRefusal(400, 'The subprotocol here is xmpp (RFC 7395 3.1)')
    if (!this.#options.origins.allow(headers.origin)) throw new HttpRefusal(403, 'Pages of this origin may not connect')
    const leave = this.#enter(peer)
    socket.once('close', leave)
    this.#handshakes.handleUpgrade(request, socket, head, (ws) => {
      const { seeOtherUri, clients } = this.#options
      if (seeOtherUri !== null) return sendElsewhere(ws, seeOtherUri)
      const fromPage = headers.origin !== undefined // RFC 6455 4.1: browsers always send it
      clients.begin((handler) => new WebSocketCarrier({ ws, socket, peer, fromPage }, handler, this.#carriers))
    })
  }
  /** A client without a proxy was counted when the connection was accepted. */
  #enter({ proxied, address }: HttpPeer): () => void {
    if (!proxied) return () => {}
    const { admission } = this.#options
    if (!admission.enter(address)) throw new HttpRefusal(429, 'Too many connections of one address')
    return () => admission.left(address)
  }
}

/** 3.4, 3.6.1: answers the first message with another place to go to. */
function sendElsewhere(ws: WebSocket, uri: string): void {
  ws.once('message', () => {
    ws.send(decode(seeOther(uri)))
    ws.close(1000)
  })
  ws.on('error', () => {}) // 'close' follows
}
