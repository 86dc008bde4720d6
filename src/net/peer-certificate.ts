/**
 * The certificate that a TLS peer came with, if it holds (RFC 6120 13.7.2: chain and validity; names are the
 * caller's to compare). `socket.authorized` does not tell: the platform sets it for the sockets of a
 * `tls.Server` alone, and on one that was put over a connection, as STARTTLS does, it is false for ever. The
 * verdict of the handshake is there all the same, on the socket's handle.
 */
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

/** What the platform itself asks; not documented, so its absence counts as a refusal. */
interface Handle {
  readonly verifyError?: () => Error | null | undefined
}

/**
 * The peer's certificate, verified against the authorities of the SecureContext. Null: there is none, or it does not
 * hold. Ask after the handshake.
 */
export function verifiedCertificate(socket: TLSSocket): X509Certificate | null {
  const handle = (socket as unknown as { readonly _handle: Handle | null })._handle
  if (typeof handle?.verifyError !== 'function' || handle.verifyError()) return null
  return socket.getPeerX509Certificate() ?? null
}
