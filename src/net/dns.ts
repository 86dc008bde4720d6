/**
 * Finds the servers of a domain: RFC 6120 3.2 (SRV records, then addresses), XEP-0368 (records for TLS from the first
 * octet, in one order with the others), RFC 2782 (priorities and weights). DNS is behind a port, so that tests
 * and fixed routes need none.
 */
import { Resolver as DnsResolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { addressOf, asciiDomain } from './address.ts'

export interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

export interface Resolver {
  /** Empty if there are no records. Rejects if no name server gave an answer. */
  srv(name: string): Promise<readonly SrvRecord[]>
  /** IPv6 and IPv4 addresses of a name. Empty if there are none. Rejects if no name server gave an answer. */
  addresses(host: string): Promise<readonly string[]>
}

export interface Target {
  /** A host name as A-labels, or an IP address. */
  readonly host: string
  readonly port: number
  /** True: TLS from the first octet. False: STARTTLS. */
  readonly directTls: boolean
}

/** DNS says that the domain cannot be reached: it does not exist, or does not offer the service. */
export class NoSuchHost extends Error {}

const SERVER_PORT = 5269
/** The most records of one kind that are considered. */
const RECORDS_MAX = 20

/**
 * The addresses of the servers of `domain`, in the order in which to try them (3.2.1). If there are SRV records, nothing
 * else is tried (3.2.1 rule 9).
 * @throws NoSuchHost
 */
export async function targetsOf(domain: string, resolver: Resolver, entropy: Entropy): Promise<readonly Target[]> {
  const ascii = asciiDomain(domain)
  if (isIP(ascii) !== 0) return [{ host: ascii, port: SERVER_PORT, directTls: false }]
  const [direct, start] = await Promise.all([
    known(resolver, `_xmpps-server._tcp.${ascii}`),
    known(resolver, `_xmpp-server._tcp.${ascii}`),
  ])
  if (direct.length + start.length === 0) return [{ host: ascii, port: SERVER_PORT, directTls: false }]
  const offered = [
    ...direct.map((record) => ({ record, directTls: true })),
    ...start.map((record) => ({ record, directTls: false })),
  ].filter(({ record }) => record.name !== '' && record.name !== '.') // 3.2.1 rule 3: "decidedly not available"
  if (offered.length === 0) throw new NoSuchHost(`${ascii} does not offer this service`)
  return inOrder(offered, entropy).map(({ record, directTls }) => ({
    host: record.name.replace(/\.$/, ''),
    port: record.port,
    directTls,
  }))
}

/** IPv6 and IPv4 addresses of a host; an IP address stands for itself. Empty if there are none. */
export const addressesOf = async (host: string, resolver: Resolver): Promise<readonly string[]> =>
  isIP(host) === 0 ? resolver.addresses(host) : [host]

/** An error of the name server counts as "no records": the address of the domain can still be tried. */
async function known(resolver: Resolver, name: string): Promise<readonly SrvRecord[]> {
  try {
    return (await resolver.srv(name)).slice(0, RECORDS_MAX)
  } catch {
    return []
  }
}

interface Offered {
  readonly record: SrvRecord
  readonly directTls: boolean
}

/** A target as an operator writes it, "address:port" or "tls://address:port"; null if it is neither. */
export function targetOf(text: string): Target | null {
  const directTls = text.startsWith(DIRECT_TLS)
  const address = addressOf(directTls ? text.slice(DIRECT_TLS.length) : text)
  return address === null ? null : { ...address, directTls }
}
const DIRECT_TLS = 'tls://'

/** RFC 2782: lowest priority first; equal priorities in random order, in proportion to the weight. */
export function inOrder(records: readonly Offered[], entropy: Entropy): readonly Offered[] {
  const left = [...records].sort((a, b) => a.record.priority - b.record.priority || a.record.weight - b.record.weight)
  const ordered: Offered[] = []
  while (left.length > 0) {
    const equals = left.filter((r) => r.record.priority === left[0]!.record.priority)
    const drawn =
      equals[
        lot(
          equals.map((r) => r.record.weight),
          entropy,
        )
      ]!
    ordered.push(drawn)
    left.splice(left.indexOf(drawn), 1)
  }
  return ordered
}

/** A random index, in proportion to the weights; weight 0 has a small chance. */
function lot(weights: readonly number[], entropy: Entropy): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let rest = Math.floor((entropy.bytes(4).readUInt32BE() / 2 ** 32) * (total + 1))
  const index = weights.findIndex((weight) => (rest -= weight) <= 0)
  return Math.max(index, 0)
}

/** RFC 8305 4: IPv6 and IPv4 alternate, IPv6 first. */
export function interleaved(addresses: readonly string[]): readonly string[] {
  const six = addresses.filter((a) => isIP(a) === 6)
  const four = addresses.filter((a) => isIP(a) === 4)
  const mixed: string[] = []
  for (let i = 0; i < Math.max(six.length, four.length); i++) {
    if (i < six.length) mixed.push(six[i]!)
    if (i < four.length) mixed.push(four[i]!)
  }
  return mixed
}

const LOOPBACK = ['::1', '127.0.0.1']

/**
 * The name servers of the system. `getaddrinfo` is not used: it occupies one of a few threads for as long as a
 * stranger's name server takes.
 */
export function systemResolver(timeout: Millis): Resolver {
  const dns = new DnsResolver({ timeout, tries: 2 })
  const orNone = async <T>(asked: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await asked
    } catch (error) {
      if (['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
      throw error
    }
  }
  return {
    srv: (name) => orNone(dns.resolveSrv(name)),
    addresses: async (host) => {
      if (host === 'localhost' || host.endsWith('.localhost')) return LOOPBACK // RFC 6761 6.3
      const [six, four] = await Promise.allSettled([orNone(dns.resolve6(host)), orNone(dns.resolve4(host))])
      const found = [six, four].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      if (found.length === 0 && six.status === 'rejected' && four.status === 'rejected') throw four.reason
      return found
    },
  }
}
