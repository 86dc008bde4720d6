/** The ways into a server on which a story is played: its ports, or what stands for them in memory. */
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket, type ClientOptions } from 'ws'
import type { HttpPort } from '../../src/net/http-port.ts'
import { serverOptions, type ContextSource } from '../../src/net/tls-options.ts'
import type { ClientService } from '../../src/stream/client-service.ts'
import { WEBSOCKET_PATH } from '../../src/stream/websocket-service.ts'
import { directTlsLink, memoryConnection, memoryLink, tcpLink, type Link } from './link.ts'
import { BoshLink, BoshPoster } from './bosh-link.ts'
import { WebSocketLink } from './websocket-link.ts'

export const DOMAIN = 'a.example'

export interface Door {
  /** Null: it is none that another program could come to. */
  readonly port: number | null
  connect(): Promise<Link>
  close(): Promise<void>
}

export const memoryDoor = (clients: ClientService): Door => ({
  port: null,
  connect: () => Promise.resolve(memoryLink((socket) => clients.accept(socket, false))),
  close: () => Promise.resolve(),
})

export async function tcpDoor(clients: ClientService, directTls: boolean): Promise<Door> {
  const { port, close } = await clients.listen({ host: '127.0.0.1', port: 0, directTls })
  return { port, close, connect: () => (directTls ? directTlsLink(port, DOMAIN) : tcpLink(port)) }
}

export const webSocketInMemory = (port: HttpPort): Door => ({
  port: null,
  connect: () => webSocketLink({ over: memoryConnection((socket) => port.accept(socket)) }),
  close: () => Promise.resolve(),
})

/** @param certificates null: without TLS */
export async function webSocketDoor(http: HttpPort, certificates: ContextSource | null): Promise<Door> {
  const tls = certificates === null ? null : serverOptions(certificates, { alpn: ['http/1.1'], askForCertificate: false })
  const { port, close } = await http.listen('127.0.0.1', 0, tls === null ? null : () => tls)
  const over = (): number | TLSSocket =>
    tls === null
      ? port
      : connectTls({ port, host: '127.0.0.1', servername: DOMAIN, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  return { port, close, connect: () => webSocketLink({ over: over() }) }
}

export const boshInMemory = (port: HttpPort): Door => ({
  port: null,
  connect: () => Promise.resolve(new BoshLink(new BoshPoster(() => memoryConnection((socket) => port.accept(socket))))),
  close: () => Promise.resolve(),
})

export async function boshDoor(http: HttpPort): Promise<Door> {
  const { port, close } = await http.listen('127.0.0.1', 0, null)
  const connect = () => connectTcp({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {})
  return { port, close, connect: () => Promise.resolve(new BoshLink(new BoshPoster(connect))) }
}

export interface Handshake {
  /** A port of this machine, or a connection. */
  readonly over: number | Duplex
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

/** @throws Error that says what the server has answered instead */
export function webSocketLink({ over, headers = {}, protocols = ['xmpp'] }: Handshake): Promise<WebSocketLink> {
  const authority = typeof over === 'number' ? `127.0.0.1:${over}` : DOMAIN
  const socket = typeof over === 'number' ? {} : { createConnection: () => over }
  const options = { headers, ...socket } as ClientOptions
  const ws = new WebSocket(`ws://${authority}${WEBSOCKET_PATH}`, [...protocols], options)
  return new Promise((resolve, reject) => {
    ws.once('error', reject)
    ws.once('upgrade', ({ socket }) => {
      ws.once('open', () => {
        ws.removeListener('error', reject)
        resolve(new WebSocketLink(ws, socket))
      })
    })
  })
}
