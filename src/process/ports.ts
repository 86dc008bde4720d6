/** The ports that the configuration names, opened: for clients, other servers, browsers, and for whoever watches over the server. */
import { addressOf, textOf, type Address } from '../net/address.ts'
import type { HttpPort } from '../net/http-port.ts'
import type { Listening } from '../net/listener.ts'
import type { ListenSettings } from '../net/settings.ts'
import { serverOptions, type ContextSource } from '../net/tls-options.ts'
import type { ClientService } from '../stream/client-service.ts'
import type { ComponentService } from '../stream/component-service.ts'
import type { PeerService } from '../stream/s2s/service.ts'

export interface OpenPort {
  readonly what: keyof ListenSettings
  /** With the port that the system has chosen where the configuration says 0. */
  readonly address: Address
  /** Accepts no more. Resolves when its connections are gone. */
  close(): Promise<void>
}

/** Ports cannot be opened; the message says which, why, and what to do. */
export class PortError extends Error {}

/** Who takes the connections of which ports. */
export interface PortUsers {
  readonly clients: ClientService
  /** Null: this server talks to no other, and the ports stay closed. */
  readonly servers: PeerService | null
  /** Null: there are none, and the ports stay closed. */
  readonly components: ComponentService | null
  /** Makes the web port, if it is needed. */
  readonly web: () => Promise<HttpPort>
  readonly monitoring: () => Promise<HttpPort>
  readonly certificates: ContextSource
}

/** Where a program on this machine finds a port that is open. */
export const nearby = ({ host, port }: Address): Address => ({
  host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host,
  port,
})

type Open = (address: Address) => Promise<Listening>

/** Opens all of them, or none. @throws PortError */
export async function openPorts(listen: ListenSettings, users: PortUsers): Promise<readonly OpenPort[]> {
  const { clients, servers, components, certificates } = users
  const web = once(users.web)
  const monitoring = once(users.monitoring)
  // Browsers have no certificate, and would ask their users for one.
  const https = serverOptions(certificates, { alpn: ['http/1.1'], askForCertificate: false })
  const openers: Readonly<Record<keyof ListenSettings, Open | null>> = {
    'c2s': ({ host, port }) => clients.listen(host, port, false),
    'c2s-direct-tls': ({ host, port }) => clients.listen(host, port, true),
    's2s': servers === null ? null : ({ host, port }) => servers.listen(host, port, false),
    's2s-direct-tls': servers === null ? null : ({ host, port }) => servers.listen(host, port, true),
    'components': components === null ? null : ({ host, port }) => components.listen(host, port),
    'http': async ({ host, port }) => (await web()).listen(host, port, null),
    'https': async ({ host, port }) => (await web()).listen(host, port, () => https),
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

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}

/** A text says why it cannot be opened. */
async function attempt(what: OpenPort['what'], address: Address, one: Open): Promise<OpenPort | string> {
  try {
    const { host, port, close } = await one(address)
    return { what, address: { host, port }, close }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A machine without IPv6: every address is then every IPv4 address.
    if (address.host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
      return attempt(what, { host: '0.0.0.0', port: address.port }, one)
    const [reason, remedy] = REASONS[code ?? ''] ?? [message, '']
    return `Cannot listen on ${textOf(address)} ([listen] ${what} in porchlight.toml): ${reason}. ${remedy}`.trimEnd()
  }
}

type Reason = readonly [reason: string, remedy: string]
const REASONS: Readonly<Record<string, Reason>> = {
  EADDRINUSE: ['another program uses this port', 'Stop it, or write another port into the configuration.'],
  EACCES: ['only privileged users may open this port', 'Name one from 1024 up, or give the server the right to.'],
  EADDRNOTAVAIL: ['this machine has no such address', 'Name one that it has, or "[::]" for all.'],
  ENOTFOUND: ['this name has no address', 'Name an IP address.'],
}

/** Why a port cannot be opened, and what to do. @param code of the error of the system */
export const addressReason = (code: string): Reason => REASONS[code] ?? [code, 'Name another address.']
