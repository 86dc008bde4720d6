/**
 * The client of an HTTP request. A reverse proxy that the operator trusts can speak for another client:
 * X-Forwarded-For names it, and X-Forwarded-Proto says whether the connection to the proxy was encrypted. From any
 * other peer these headers are ignored.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { HttpPeer } from '../base/http.ts'

const PREFIX = /^(?<address>[^/]+)(?:\/(?<length>\d{1,3}))?$/

/** Whether `text` is an IP address, or a network such as "10.0.0.0/8". */
export const isNetwork = (text: string): boolean => parsed(text) !== null

export class TrustedProxies {
  readonly #networks = new BlockList()

  /** @param networks each as `isNetwork` accepts it */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const { address, family, length } = parsed(text)!
      this.#networks.addSubnet(address, length, family)
    }
  }
  includes(address: string): boolean {
    const plain = unmapped(address)
    return isIP(plain) !== 0 && this.#networks.check(plain, familyOf(plain))
  }
  peerOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): HttpPeer {
    const tls = socket instanceof TLSSocket ? socket : null
    const { remoteAddress, remotePort = 0 } = socket as Socket
    const address = unmapped(remoteAddress ?? '')
    const forwarded = listOf(headers['x-forwarded-for'])
    if (forwarded.length === 0 || !this.includes(address))
      return { address, port: remotePort, encrypted: tls !== null, tls, proxied: false, atThisMachine: isLocal(address, headers) }
    const protocols = listOf(headers['x-forwarded-proto'])
    const encrypted = protocols.length > 0 && protocols.every((p) => p === 'https' || p === 'wss')
    // Each proxy appends the address of its client: the last address that is not a proxy of ours is the client.
    const client = unmapped(forwarded.findLast((hop) => !this.includes(hop)) ?? forwarded[0]!)
    return { address: isIP(client) === 0 ? address : client, port: 0, encrypted, tls: null, proxied: true, atThisMachine: false }
  }
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1)$/
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/**
 * Both the address and the requested name are loopback; and so is the page, if a page sends the request (for a
 * WebSocket every page names itself, RFC 6455 4.1). A stranger's name that leads here has another Host, and so has a
 * proxy that does not say for whom it speaks.
 */
function isLocal(address: string, { host = '', origin, upgrade }: IncomingHttpHeaders): boolean {
  const page = origin?.replace(/^https?:\/\//, '') ?? (upgrade === undefined ? host : '')
  return LOOPBACK.test(address) && LOOPBACK_HOST.test(host) && LOOPBACK_HOST.test(page)
}

const listOf = (header: string | readonly string[] | undefined): readonly string[] =>
  header === undefined
    ? []
    : String(header)
        .split(',')
        .map((s) => s.trim())
        .filter((s) => s !== '')

/** Converts an IPv4 address in the form of an IPv6 socket to its plain form. */
const unmapped = (address: string): string =>
  address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

function parsed(text: string): { readonly address: string; readonly family: 'ipv4' | 'ipv6'; readonly length: number } | null {
  const { address, length } = PREFIX.exec(text)?.groups ?? {}
  if (address === undefined || isIP(address) === 0) return null
  const longest = isIP(address) === 4 ? 32 : 128
  const bits = length === undefined ? longest : Number(length)
  return bits > longest ? null : { address, family: familyOf(address), length: bits }
}
