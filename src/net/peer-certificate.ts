/**
 * The certificate of a TLS peer, if it is valid (RFC 6120 13.7.2: chain and validity; the caller compares the names).
 * `socket.authorized` cannot be used: the platform sets it only for the sockets of a `tls.Server`, and it stays false on a
 * socket that was put over an existing connection, as with STARTTLS. The result of the verification is on the socket's
 * handle in both cases.
 */
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Millis } from '../base/clock.ts'
import { isServerTrusted, type Anchors } from './server-chain.ts'

/** The platform's own verification result. It is not documented; if it is absent, the certificate is refused. */
interface Handle {
  readonly verifyError?: () => NodeJS.ErrnoException | null | undefined
}

/**
 * The peer's certificate, verified against the authorities of the SecureContext. Null if there is none, or if it is not
 * valid. Call it after the handshake.
 */
export function verifiedCertificate(socket: TLSSocket): X509Certificate | null {
  return verdictOf(socket) === 'good' ? (socket.getPeerX509Certificate() ?? null) : null
}

/** Does the same for another server, in either direction: its certificate may be for servers only. */
export function verifiedServer(socket: TLSSocket, anchors: Anchors, now: Millis): X509Certificate | null {
  const verdict = verdictOf(socket)
  if (verdict === 'bad') return null
  const certificate = socket.getPeerX509Certificate() ?? null
  if (verdict === 'good' || certificate === null) return certificate
  return isServerTrusted(certificate, [...above(certificate)], anchors, now) ? certificate : null
}

/** 'purpose': the certificate is not for clients, and nothing is known about the rest. */
function verdictOf(socket: TLSSocket): 'good' | 'purpose' | 'bad' {
  const handle = (socket as unknown as { readonly _handle: Handle | null })._handle
  if (typeof handle?.verifyError !== 'function') return 'bad'
  const error = handle.verifyError()
  if (!error) return 'good'
  return error.code === 'INVALID_PURPOSE' ? 'purpose' : 'bad'
}

/** The certificates that the peer sent above its own. */
function* above(certificate: X509Certificate): Generator<X509Certificate> {
  const seen = new Set([certificate.fingerprint256])
  for (let one = certificate.issuerCertificate; one !== undefined && !seen.has(one.fingerprint256); one = one.issuerCertificate) {
    seen.add(one.fingerprint256)
    yield one
  }
}
