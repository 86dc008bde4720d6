/** Connections that this server opens: to the first address of a host that responds. */
import { connect, type Socket } from 'node:net'
import type { Clock, Millis } from '../base/clock.ts'
import { addressesOf, interleaved, NoSuchHost, type Resolver, type Target } from './dns.ts'
import { race, type Attempt } from './racing.ts'
import type { TlsOver } from './tls-options.ts'

/** Starts a connection; 'connect' or 'error' tells the result. */
export type Connect = (address: string, port: number) => Socket

export const overTcp: Connect = (host, port) =>
  connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE, allowHalfOpen: true })

export interface DialParts {
  readonly connect: Connect
  readonly resolver: Resolver
  readonly clock: Clock
  /** The time for one address, including TLS. */
  readonly withinMs: Millis
  /** For targets with TLS from the first octet. */
  readonly directTls: TlsOver
}

/** After this time without traffic the system checks whether the connection is half-open. */
const KEEP_ALIVE: Millis = 60_000
/** The most addresses of one host that are tried. */
const ADDRESSES_MAX = 8

/**
 * Connects to `target`. If the target begins with TLS, the handshake is complete.
 * @throws NoSuchHost, or an error of the system
 */
export async function dial(target: Target, { connect, resolver, clock, withinMs, directTls }: DialParts): Promise<Socket> {
  const addresses = interleaved(await addressesOf(target.host, resolver)).slice(0, ADDRESSES_MAX)
  if (addresses.length === 0) throw new NoSuchHost(`${target.host} has no address`)
  const tls = target.directTls ? directTls : null
  return race(
    addresses.map((address) => () => attempt(connect(address, target.port), tls, clock, withinMs)),
    clock,
  )
}

function attempt(plain: Socket, tls: TlsOver | null, clock: Clock, withinMs: Millis): Attempt<Socket> {
  const done = new Promise<Socket>((resolve, reject) => {
    const timer = clock.after(withinMs, () => plain.destroy(new Error(`no connection within ${withinMs} ms`)))
    const failed = (error: Error): void => {
      timer.cancel()
      plain.destroy()
      reject(error)
    }
    plain.once('error', failed)
    const closed = (): void => failed(new Error('the connection was closed at once'))
    plain.once('close', closed)
    const ready = (socket: Socket): void => {
      timer.cancel()
      plain.removeListener('error', failed)
      plain.removeListener('close', closed)
      socket.removeListener('error', failed)
      resolve(socket)
    }
    plain.once('connect', () => {
      if (tls === null) return ready(plain)
      const secured = tls(plain)
      secured.once('error', failed)
      secured.once('secure', () => ready(secured))
    })
  })
  return { done, cancel: () => plain.destroy() }
}
