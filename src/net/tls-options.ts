/**
 * How this server does TLS, in one place (RFC 7590 with its BCP, now RFC 9325; RFC 6120 13.8).
 */
import { constants } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import {
  connect,
  TLSSocket,
  type ConnectionOptions,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocketOptions,
} from 'node:tls'
import type { Anchors } from './server-chain.ts'

/**
 * Of every SecureContext.
 *
 * - TLS 1.2 is the oldest (RFC 9325 3.1.1), with the cipher suites that its section 4.2 recommends: forward
 *   secret and AEAD. RFC 6120's TLS_RSA_WITH_AES_128_CBC_SHA is neither.
 * - No session tickets: they outlive the certificate that they were issued under, hold memory, and a stream
 *   that resumes (XEP-0198) saves more than a handshake that does. (In TLS 1.3 a client still gets a name for its
 *   session, which nobody here remembers.)
 * - No renegotiation: RFC 9266 4.2 rules out tls-exporter with it.
 * - The groups leave out the post-quantum hybrid X25519MLKEM768 on purpose: its key share stays in memory for
 *   as long as the connection lives, 7 KB of 54 measured, and the idle connection is what this server has
 *   most of. Whoever fears a recorder with a quantum computer puts it first.
 */
export const contextOptions = {
  minVersion: 'TLSv1.2',
  ecdhCurve: 'X25519:P-256:P-384',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions

/** Where a handshake finds its certificate. */
export interface ContextSource {
  /** @param servername what the client asks for (SNI); null when it says nothing */
  secureContextFor(servername: string | null): SecureContext
}

/** The same of streams between servers. */
export interface ServerContexts extends ContextSource {
  /** Whom the certificates of other servers are from. */
  readonly anchors: Anchors
}

export interface ServerSide {
  /**
   * Protocols of ALPN (RFC 7301), such as 'xmpp-client' (XEP-0368). A client that offers only others is refused
   * by TLS; one that offers none is let in. Null: no ALPN, as inside STARTTLS.
   */
  readonly alpn: readonly string[] | null
  /** Whether the client is asked for a certificate. It may have none: see `verifiedCertificate`. */
  readonly askForCertificate: boolean
}

/**
 * For `new TLSSocket(socket, ...)` on the server's side, of direct TLS as of STARTTLS. Not for `tls.createServer`: it
 * has a context of its own and takes no notice of this one. Make it once, and copy it for each socket if at all.
 */
export function serverOptions(contexts: ContextSource, { alpn, askForCertificate }: ServerSide): TLSSocketOptions {
  return {
    isServer: true,
    // Asked anew for every connection: the default may have been replaced since.
    get secureContext() {
      return contexts.secureContextFor(null)
    },
    SNICallback: (servername, done) => done(null, contexts.secureContextFor(servername)),
    requestCert: askForCertificate,
    rejectUnauthorized: false,
    ...(alpn === null ? {} : { ALPNProtocols: [...alpn] }),
  }
}

/** Puts TLS over a connection; the handshake is under way when it returns, and 'secure' tells that it is done. */
export type TlsOver = (plain: Socket) => TLSSocket

export const asServer =
  (options: TLSSocketOptions): TlsOver =>
  (plain) =>
    new TLSSocket(plain, { ...options, isServer: true })

/**
 * The client's side, whose own certificate is in `context` as well. What the peer shows is judged after the handshake: see
 * `verifiedCertificate`.
 * @param name whom we want to speak to (SNI), as A-labels
 */
export function asClient(context: SecureContext, name: string, alpn: readonly string[] | null): TlsOver {
  const options: ConnectionOptions = { secureContext: context, rejectUnauthorized: false }
  if (isIP(name) === 0) options.servername = name // RFC 6066 3: no addresses
  if (alpn !== null) options.ALPNProtocols = [...alpn]
  return (plain) => connect({ ...options, socket: plain })
}
