/**
 * The TLS options of this server, in one place (RFC 7590 with its BCP, now RFC 9325; RFC 6120 13.8).
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
 * The options of every SecureContext.
 *
 * - TLS 1.2 is the oldest version (RFC 9325 3.1.1), with the cipher suites that its section 4.2 recommends: forward
 *   secrecy and AEAD. RFC 6120's TLS_RSA_WITH_AES_128_CBC_SHA has neither.
 * - No session tickets: they outlive the certificate under which they were issued and hold memory, and a stream
 *   that resumes (XEP-0198) saves more than a handshake that resumes. (In TLS 1.3 a client still gets a name for its
 *   session, but the server does not remember it.)
 * - No renegotiation: RFC 9266 4.2 rules out tls-exporter with it.
 * - The groups leave out the post-quantum hybrid X25519MLKEM768 on purpose: its key share stays in memory for
 *   the whole life of the connection, 7 KB of 54 measured, and most connections of this server are idle. To be safe
 *   against an attacker who records traffic for a future quantum computer, put it first.
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

/** Where a handshake gets its certificate. */
export interface ContextSource {
  /** @param servername the name that the client asks for (SNI); null if it names none */
  secureContextFor(servername: string | null): SecureContext
}

/** The contexts for streams between servers. */
export interface ServerContexts extends ContextSource {
  /** The authorities that are trusted for certificates of other servers. */
  readonly anchors: Anchors
}

export interface ServerSide {
  /**
   * Protocols of ALPN (RFC 7301), such as 'xmpp-client' (XEP-0368). TLS refuses a client that offers only other protocols;
   * a client that offers none is let in. Null for no ALPN, as with STARTTLS.
   */
  readonly alpn: readonly string[] | null
  /** Whether the client is asked for a certificate. The client need not have one: see `verifiedCertificate`. */
  readonly askForCertificate: boolean
}

/**
 * For `new TLSSocket(socket, ...)` on the server's side, with direct TLS or STARTTLS. Not for `tls.createServer`, which
 * has a context of its own and ignores this one. Make it once, and copy it for a socket only if necessary.
 */
export function serverOptions(contexts: ContextSource, { alpn, askForCertificate }: ServerSide): TLSSocketOptions {
  return {
    isServer: true,
    // A getter, because the default certificate can be replaced between connections.
    get secureContext() {
      return contexts.secureContextFor(null)
    },
    SNICallback: (servername, done) => done(null, contexts.secureContextFor(servername)),
    requestCert: askForCertificate,
    rejectUnauthorized: false,
    ...(alpn === null ? {} : { ALPNProtocols: [...alpn] }),
  }
}

/** Starts TLS on a connection. The handshake is in progress when the function returns; 'secure' tells that it is complete. */
export type TlsOver = (plain: Socket) => TLSSocket

export const asServer =
  (options: TLSSocketOptions): TlsOver =>
  (plain) =>
    new TLSSocket(plain, { ...options, isServer: true })

/**
 * The options of the client's side. Its own certificate is in `context` too. The peer's certificate is verified after the
 * handshake: see `verifiedCertificate`.
 * @param name the server to reach (SNI), as A-labels
 */
export function asClient(context: SecureContext, name: string, alpn: readonly string[] | null): TlsOver {
  const options: ConnectionOptions = { secureContext: context, rejectUnauthorized: false }
  if (isIP(name) === 0) options.servername = name // RFC 6066 3: no addresses
  if (alpn !== null) options.ALPNProtocols = [...alpn]
  return (plain) => connect({ ...options, socket: plain })
}
