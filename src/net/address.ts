/**
 * Addresses as an operator writes them, "address:port", such as "127.0.0.1:5222", "[::]:5222" or "localhost:0"; and domains in
 * the form that DNS and certificates use.
 */
import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Null if `text` is not an address and port. */
export function addressOf(text: string): Address | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  if (match === null) return null
  const [, v6, name, digits] = match
  const port = Number(digits)
  if (port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return null
  return { host: (v6 ?? name)!, port }
}

export const textOf = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** A domain in the form that DNS and certificates use: A-labels, an IPv6 address without its brackets. */
export const asciiDomain = (domain: string): string =>
  domain.startsWith('[') ? domain.slice(1, -1) : domainToASCII(domain) || domain

/** Loopback addresses, and addresses that are routed only within one network: RFC 1918, RFC 4193, link-local. */
const NEAR = new BlockList()
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  NEAR.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  NEAR.addSubnet(net, prefix, 'ipv6')

/** Can only this machine reach this host, an IP address or a name? */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** Is this host, an IP address or "localhost", unreachable for the rest of the world? Any other name counts as reachable. */
export function isPrivate(host: string): boolean {
  const kind = isIP(host)
  return kind === 0 ? host === 'localhost' : NEAR.check(host, kind === 4 ? 'ipv4' : 'ipv6')
}
