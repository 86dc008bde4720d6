/**
 * The certificate that a TLS peer came with, if it holds (RFC 6120 13.7.2: chain and validity; names are the
 * caller's to compare). `socket.authorized` does not tell: the platform sets it for the sockets of a
 * `tls.Server` alone, and on one that was put over a connection, as STARTTLS does, it is false for ever. The
 * verdict of the handshake is there all the same, on the socket's handle.
 */
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Millis } from '../base/clock.ts'
import { isServerTrusted, type Anchors } from './server-chain.ts'

/** What the platform itself asks; not documented, so its absence counts as a refusal. */
interface Handle {
  readonly verifyError?: () => NodeJS.ErrnoException | null | undefined
}

/**
 * The peer's certificate, verified against the authorities of the SecureContext. Null: there is none, or it does not
 * hold. Ask after the handshake.
 */
export function verifiedCertificate(socket: TLSSocket): X509Certificate | null {
  return verdictOf(socket) === 'good' ? (socket.getPeerX509Certificate() ?? null) : null
}

/** The same of another server, be it that it calls or is called: its certificate may be for servers only. */
export function verifiedServer(socket: TLSSocket, anchors: Anchors, now: Millis): X509Certificate | null {
  const verdict = verdictOf(socket)
  if (verdict === 'bad') return null
  const certificate = socket.getPeerX509Certificate() ?? null
  if (verdict === 'good' || certificate === null) return certificate
  return isServerTrusted(certificate, [...above(certificate)], anchors, now) ? certificate : null
}

/** 'purpose': it is not for clients, and nothing is known of the rest. */
function verdictOf(socket: TLSSocket): 'good' | 'purpose' | 'bad' {
  const handle = (socket as unknown as { readonly _handle: Handle | null })._handle
  if (typeof handle?.verifyError !== 'function') return 'bad'
  const error = handle.verifyError()
  if (!error) return 'good'
  return error.code === 'INVALID_PURPOSE' ? 'purpose' : 'bad'
}

/** The certificates that the peer has shown above its own. */
function* above(certificate: X509Certificate): Generator<X509Certificate> {
  const seen = new Set([certificate.fingerprint256])
  for (let one = certificate.issuerCertificate; one !== undefined && !seen.has(one.fingerprint256); one = one.issuerCertificate) {
    seen.add(one.fingerprint256)
    yield one
  }
}
