/**
 * Who is at the other end of an HTTP request. A reverse proxy that the operator trusts may speak for somebody
 * else: X-Forwarded-For says for whom, X-Forwarded-Proto whether the way to the proxy was encrypted. From
 * anybody else these are only claims, and are not looked at.
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

  /** @param networks as `isNetwork` takes them */
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
    // Each proxy adds whom it has heard at the end: the last one that is no proxy of ours is the client.
    const client = unmapped(forwarded.findLast((hop) => !this.includes(hop)) ?? forwarded[0]!)
    return { address: isIP(client) === 0 ? address : client, port: 0, encrypted, tls: null, proxied: true, atThisMachine: false }
  }
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1)$/
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/**
 * Both the address and the name that was asked for are the loopback's; and so is the page's, if a page asks (for a
 * WebSocket every page does, RFC 6455 4.1): a name of somebody else's that leads here, or a proxy that does not say
 * for whom it speaks, brings another one.
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

/** An IPv4 address as a socket for both families shows it, as one. */
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
