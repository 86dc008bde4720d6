/**
 * Channel bindings of a TLS connection (RFC 5056): tls-exporter (RFC 9266), tls-unique and tls-server-end-point
 * (RFC 5929). RFC 5802 6.1 makes tls-unique mandatory for TLS 1.2; RFC 9266 replaces it by tls-exporter for TLS 1.3. In
 * TLS 1.2 the first two are secure only with the extended master secret (RFC 7627) and without renegotiation, which
 * `tls-options.ts` forbids. With TLS 1.3 tls-unique is not offered, but is accepted from clients that use it anyway
 * (DEVIATES(22)).
 */
import { createHash } from 'node:crypto'
import type { SecureContext, TLSSocket } from 'node:tls'
import type { BindingType, ChannelBindings } from '../base/channel-binding.ts'
import { INTEGER, OBJECT_IDENTIFIER, oid, only, SEQUENCE, sequence, tagged, values } from './der.ts'
import type { Value } from './der.ts'

/** The hash of a signature algorithm, by OID. RFC 5929 4.1 replaces MD5 and SHA-1 by SHA-256. */
const SIGNATURE_HASHES: ReadonlyMap<string, string> = new Map([
  ...hashes('1.2.840.113549.1.1', {
    4: 'sha256',
    5: 'sha256',
    11: 'sha256',
    12: 'sha384',
    13: 'sha512',
    14: 'sha224',
    15: 'sha512-224',
    16: 'sha512-256',
  }),
  ...hashes('1.2.840.10045.4', { 1: 'sha256', '3.1': 'sha224', '3.2': 'sha256', '3.3': 'sha384', '3.4': 'sha512' }),
  ...hashes('1.2.840.10040.4', { 3: 'sha256' }),
  ...hashes('2.16.840.1.101.3.4.3', { 1: 'sha224', 2: 'sha256' }),
])
const RSASSA_PSS = oid('1.2.840.113549.1.1.10')
const PSS_HASHES: ReadonlyMap<string, string> = new Map([
  ...hashes('1.3.14.3.2', { 26: 'sha256' }),
  ...hashes('2.16.840.1.101.3.4.2', { 1: 'sha256', 2: 'sha384', 3: 'sha512', 4: 'sha224' }),
])

function hashes(arc: string, names: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(names).map(([last, hash]) => [oid(`${arc}.${last}`).toString('hex'), hash])
}

/**
 * The tls-server-end-point data of a server certificate in DER (RFC 5929 4.1). Null where the RFC leaves it
 * undefined: the signature has no separate hash (Ed25519, Ed448), or is unknown.
 */
export function serverEndPoint(certificate: Buffer): Buffer | null {
  const algorithm = sequence(certificate)?.[1]
  const hash = algorithm?.tag === SEQUENCE ? signatureHash(values(algorithm.body) ?? []) : null
  return hash === null ? null : createHash(hash).update(certificate).digest()
}

function signatureHash([id, parameters]: readonly Value[]): string | null {
  if (id?.tag !== OBJECT_IDENTIFIER) return null
  if (!id.body.equals(RSASSA_PSS)) return SIGNATURE_HASHES.get(id.body.toString('hex')) ?? null
  // RFC 4055 3.1: `[0]` names the hash; without it the hash is SHA-1.
  const named = parameters === undefined ? null : values(parameters.body)?.find((v) => v.tag === tagged(0))
  if (named === null || named === undefined) return 'sha256'
  const [hash] = sequence(named.body) ?? []
  return hash?.tag === OBJECT_IDENTIFIER ? (PSS_HASHES.get(hash.body.toString('hex')) ?? null) : null
}

/** OpenSSL's SSL_SESSION keeps its flags in `[13]`; the lowest flag is the extended master secret. */
const SESSION_FLAGS = tagged(13)
const EXTENDED_MASTER_SECRET = 1

/**
 * Whether a TLS 1.2 session has an extended master secret (RFC 7627), read from its serialised form, because the
 * platform offers no other way.
 */
export function hasExtendedMasterSecret(session: Buffer): boolean {
  const wrapped = sequence(session)?.find((v) => v.tag === SESSION_FLAGS)
  const flags = wrapped === undefined ? null : only(wrapped.body, INTEGER)
  return flags !== null && (flags.body.at(-1)! & EXTENDED_MASTER_SECRET) !== 0
}

/** The data of known certificates, by their context: asking the socket copies the certificate each time. */
const endPoints = new WeakMap<object, Buffer | null>()

/** Where the platform keeps the context of a connection, chosen by SNI or given. Not documented, so it can be absent. */
interface Inside {
  readonly _handle: { readonly sni_context?: object } | null
  readonly _tlsOptions?: object
}

function contextOf(socket: TLSSocket): object | undefined {
  const { _handle: handle, _tlsOptions: options } = socket as unknown as Inside
  if (handle?.sni_context !== undefined) return handle.sni_context
  // A getter looks the context up each time, and can return another one by now.
  const given = options && Object.getOwnPropertyDescriptor(options, 'secureContext')?.value
  return (given as SecureContext | undefined)?.context as object | undefined
}

function endPointOf(socket: TLSSocket): Buffer | null {
  const context = contextOf(socket)
  const known = context && endPoints.get(context)
  if (known !== undefined) return known
  const certificate = socket.getX509Certificate()
  const endPoint = certificate === undefined ? null : serverEndPoint(certificate.raw)
  if (context !== undefined && certificate !== undefined) endPoints.set(context, endPoint)
  return endPoint
}

/** The channel bindings of a server's TLS connection. Call it after the handshake, while the socket is open. */
export function channelBindings(socket: TLSSocket): ChannelBindings {
  const found = new Map<BindingType, Buffer>()
  const keep = (type: BindingType, data: Buffer | null | undefined): void => {
    if (data !== null && data !== undefined) found.set(type, data)
  }
  const isNew = socket.getProtocol() === 'TLSv1.3'
  const session = socket.getProtocol() === 'TLSv1.2' ? socket.getSession() : undefined
  if (isNew || (session !== undefined && hasExtendedMasterSecret(session))) {
    keep('tls-exporter', socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
    // RFC 5929 3.1: the first Finished message, which is the client's, or the server's if a session is resumed.
    keep('tls-unique', socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished())
  }
  keep('tls-server-end-point', endPointOf(socket))
  const offered = [...found.keys()].filter((type) => !isNew || type !== 'tls-unique')
  return { types: offered, data: (type) => found.get(type) ?? null }
}
