/** Opens the ports that the configuration names: for clients, other servers, components, browsers and monitoring. */
import type { Config } from '../config/sections.ts'
import { networkOf } from '../base/network.ts'
import { addressOf, asciiDomain, textOf, type Address } from '../net/address.ts'
import type { HttpPort } from '../net/http-port.ts'
import { listen, type Admission, type Listening } from '../net/listener.ts'
import type { ListenSettings } from '../net/settings.ts'
import { serverOptions, type ContextSource } from '../net/tls-options.ts'
import type { ClientService } from '../stream/client-service.ts'
import type { ComponentService } from '../stream/component-service.ts'
import type { PeerService } from '../stream/s2s/service.ts'
import type { Uploads } from '../xep/0363-http-upload/index.ts'
import type { Proxy } from '../xep/0065-bytestreams/index.ts'

export interface OpenPort {
  readonly what: keyof ListenSettings
  /** With the port that the system chose where the configuration says 0. */
  readonly address: Address
  /** Accepts no more connections. Resolves when all connections are closed. */
  close(): Promise<void>
}

/** Ports cannot be opened. The message says which, why, and what to do. */
export class PortError extends Error {}

/** The services that take the connections of the ports. */
export interface PortUsers {
  readonly clients: ClientService
  /** Null if this server talks to no other server; the ports stay closed then. */
  readonly servers: PeerService | null
  /** Null if there are no components; the ports stay closed then. */
  readonly components: ComponentService | null
  /** Null if there is none; the ports stay closed then. */
  readonly proxy: Proxy | null
  /** Makes the web port, if it is needed. */
  readonly web: () => Promise<HttpPort>
  readonly monitoring: () => Promise<HttpPort>
  /** Null if nothing can be uploaded; the port for files alone stays closed then. */
  readonly uploads: Uploads | null
  readonly files: () => Promise<HttpPort>
  readonly certificates: ContextSource
  readonly admission: Admission
}

/** The address at which a program on this machine reaches an open port. */
export const nearby = ({ host, port }: Address): Address => ({
  host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host,
  port,
})

type Open = (address: Address) => Promise<Listening>

/** The names by which monitoring may ask. */
export const monitoringNames = ({ admin, server }: Pick<Config, 'admin' | 'server'>): readonly string[] =>
  [...admin['monitoring-hosts'], ...server.domains.map(asciiDomain)].map((name) => name.toLowerCase())

/** Opens all ports, or none. @throws PortError */
export async function openPorts(listen: ListenSettings, users: PortUsers): Promise<readonly OpenPort[]> {
  const { clients, servers, components, proxy, uploads, admission, certificates } = users
  const web = once(users.web)
  const monitoring = once(users.monitoring)
  const files = once(users.files)
  // Browsers usually have no client certificate, and would ask their users for one.
  const https = serverOptions(certificates, { alpn: ['http/1.1'], askForCertificate: false })
  const openers: Readonly<Record<keyof ListenSettings, Open | null>> = {
    'c2s': (place) => clients.listen({ ...place, directTls: false }),
    'c2s-direct-tls': (place) => clients.listen({ ...place, directTls: true }),
    's2s': servers === null ? null : (place) => servers.listen({ ...place, directTls: false }),
    's2s-direct-tls': servers === null ? null : (place) => servers.listen({ ...place, directTls: true }),
    'components': components === null ? null : ({ host, port }) => components.listen(host, port),
    'bytestreams': proxy === null ? null : ({ host, port }) => openProxy(proxy, admission, { host, port }),
    'http': async ({ host, port }) => (await web()).listen(host, port, null),
    'https': async ({ host, port }) =>
      reached(await (await web()).listen(host, port, () => https), listen.files.length === 0 ? uploads : null),
    'files':
      uploads === null ? null : async ({ host, port }) => reached(await (await files()).listen(host, port, () => https), uploads),
    'monitoring': async ({ host, port }) => (await monitoring()).listen(host, port, null),
  }
  const open: OpenPort[] = []
  const refusals: string[] = []
  for (const what of Object.keys(openers) as (keyof ListenSettings)[]) {
    const opener = openers[what]
    if (opener === null) continue
    for (const text of listen[what]) {
      const opened = await attempt(what, addressOf(text)!, opener)
      if (typeof opened === 'string') refusals.push(opened)
      else open.push(opened)
    }
  }
  if (refusals.length === 0) return open
  await Promise.all(open.map((port) => port.close()))
  throw new PortError(refusals.join('\n'))
}

/** Files are reached at the first port that has them. */
function reached(listening: Listening, uploads: Uploads | null): Listening {
  if (uploads !== null) uploads.port ??= listening.port
  return listening
}

/** Several ports lead to one proxy; clients are told the first one. */
async function openProxy(proxy: Proxy, admission: Admission, { host, port }: Address): Promise<Listening> {
  const listening = await listen({
    host,
    port,
    admission,
    tls: null,
    accept: (socket) => proxy.accept(socket, networkOf(socket.remoteAddress ?? '')),
  })
  proxy.port ??= listening.port
  const close = (): Promise<void> => {
    proxy.close()
    return listening.close()
  }
  return { ...listening, close }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}

/** Opens one port. @returns a text if it cannot be opened, which says why */
async function attempt(what: OpenPort['what'], address: Address, one: Open): Promise<OpenPort | string> {
  try {
    const { host, port, close } = await one(address)
    return { what, address: { host, port }, close }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A machine without IPv6: "every address" then means every IPv4 address.
    if (address.host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
      return attempt(what, { host: '0.0.0.0', port: address.port }, one)
    const [reason, remedy] = REASONS[code ?? ''] ?? [message, '']
    return `Cannot listen on ${textOf(address)} ([listen] ${what} in porchlight.toml): ${reason}. ${remedy}`.trimEnd()
  }
}

type Reason = readonly [reason: string, remedy: string]
const REASONS: Readonly<Record<string, Reason>> = {
  EADDRINUSE: ['another program uses this port', 'Stop it, or write another port into the configuration.'],
  EACCES: [
    'only privileged users may open this port',
    'Name a port from 1024 up, or give the server the right to open this one.',
  ],
  EADDRNOTAVAIL: ['this machine has no such address', 'Name an address of this machine, or "[::]" for all.'],
  ENOTFOUND: ['this name has no address', 'Name an IP address.'],
}

/** Why a port cannot be opened, and what to do. @param code of the system's error */
export const addressReason = (code: string): Reason => REASONS[code] ?? [code, 'Name another address.']
