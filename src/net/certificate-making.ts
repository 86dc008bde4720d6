/**
 * Makes a self-signed X.509 certificate (RFC 5280): ECDSA on P-256, for a TLS server that is also a client of
 * other servers. It uses no library: the usual one needs a polyfill of `Reflect` and a dozen packages for what takes one
 * page here, and the platform does the signing.
 */
import { createHash, generateKeyPair, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import {
  BIT_STRING,
  BOOLEAN,
  der,
  GENERALIZED_TIME,
  implicit,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  oid,
  SEQUENCE,
  SET,
  tagged,
  UTC_TIME,
  UTF8_STRING,
} from './der.ts'

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_IDENTIFIER, oid('1.2.840.10045.4.3.2')))
/** Clients look at subjectAltName only. The common name is fixed, because a domain can be too long for it (appendix A.1). */
const COMMON_NAME = 'Porchlight'

export interface MadeCertificate {
  /** PEM. */
  readonly chain: string
  /** PEM, PKCS #8. */
  readonly key: string
}

/** @param names domains as A-labels, and IP addresses */
export async function makeCertificate(
  names: readonly string[],
  from: Millis,
  until: Millis,
  entropy: Entropy,
): Promise<MadeCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, id('2.5.4.3'), der(UTF8_STRING, COMMON_NAME))))
  const tbs = der(
    SEQUENCE,
    der(tagged(0), der(INTEGER, Buffer.from([2]))), // version 3
    // 4.1.2.2: positive, at most 20 octets.
    der(INTEGER, Buffer.from([1]), entropy.bytes(15)),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, time(from), time(until)),
    name,
    spki,
    der(tagged(3), der(SEQUENCE, ...extensions(names, createHash('sha256').update(spki).digest().subarray(0, 20)))),
  )
  const certificate = der(SEQUENCE, tbs, ECDSA_WITH_SHA256, bits(0, sign('sha256', tbs, privateKey)))
  return { chain: pem(certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function extensions(names: readonly string[], keyId: Buffer): Buffer[] {
  return [
    critical('2.5.29.19', der(SEQUENCE)), // basicConstraints: no authority
    critical('2.5.29.15', bits(7, Buffer.from([0x80]))), // keyUsage: digitalSignature
    extension('2.5.29.37', der(SEQUENCE, id('1.3.6.1.5.5.7.3.1'), id('1.3.6.1.5.5.7.3.2'))), // serverAuth, clientAuth
    extension('2.5.29.17', der(SEQUENCE, ...names.map(generalName))), // subjectAltName
    // These identifiers distinguish the certificates of two servers, which have the same subject (4.2.1.1, 4.2.1.2).
    extension('2.5.29.14', der(OCTET_STRING, keyId)),
    extension('2.5.29.35', der(SEQUENCE, der(implicit(0), keyId))),
  ]
}

const id = (dotted: string): Buffer => der(OBJECT_IDENTIFIER, oid(dotted))
const extension = (dotted: string, value: Buffer): Buffer => der(SEQUENCE, id(dotted), der(OCTET_STRING, value))
const critical = (dotted: string, value: Buffer): Buffer =>
  der(SEQUENCE, id(dotted), der(BOOLEAN, Buffer.from([0xff])), der(OCTET_STRING, value))
const bits = (unused: number, octets: Buffer): Buffer => der(BIT_STRING, Buffer.from([unused]), octets)

/** 4.2.1.6: dNSName `[2]`, iPAddress `[7]`. */
const generalName = (name: string): Buffer => (isIP(name) === 0 ? der(implicit(2), name) : der(implicit(7), addressOctets(name)))

function addressOctets(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // URL writes the shortest form (RFC 5952), so that at most one '::' is left to fill.
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((g) => parseInt(g, 16)))
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const octets = Buffer.alloc(16)
  groups(head).forEach((g, i) => octets.writeUInt16BE(g, 2 * i))
  groups(tail)
    .toReversed()
    .forEach((g, i) => octets.writeUInt16BE(g, 14 - 2 * i))
  return octets
}

/** 4.1.2.5: two digits for the year through 2049. */
function time(moment: Millis): Buffer {
  const digits = new Date(moment).toISOString().replace(/\.\d+|[-:T]/g, '')
  return digits < '2050' ? der(UTC_TIME, digits.slice(2)) : der(GENERALIZED_TIME, digits)
}

const pem = (certificate: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
