/**
 * A certificate authority for the time of a test, whose certificates may bear every name that XMPP looks at (RFC 6120
 * 13.7.1.2): dNSName, SRVName (RFC 4985), xmppAddr. It signs what it is told to, right or wrong.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BIT_STRING,
  BOOLEAN,
  der,
  IA5_STRING,
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
} from '../../src/net/der.ts'

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_IDENTIFIER, oid('1.2.840.10045.4.3.2')))
const DAY = 86_400_000
/** Earlier than any clock of a test. */
const BEGIN = Date.UTC(2020, 0, 1)

/** What stands in subjectAltName. */
export interface Names {
  readonly dns?: readonly string[]
  /** Such as '_xmpp-server.a.example'. */
  readonly srv?: readonly string[]
  readonly xmpp?: readonly string[]
}
/** What else a certificate may be. */
export interface Manner {
  /** Extended key usage without clientAuth, as public authorities issue them. */
  readonly serversOnly?: true
  /** Extended key usage without serverAuth. */
  readonly clientsOnly?: true
  /** From when on it is valid, and until when: milliseconds since 1970. */
  readonly from?: number
  readonly to?: number
  /** Further extensions, as `extension` makes them. */
  readonly extensions?: readonly Buffer[]
}
/** PEM files. */
export interface Certified {
  readonly certificateFile: string
  readonly keyFile: string
}

export class Authority {
  /** Its own certificate, PEM. */
  readonly file: string
  readonly #directory: string
  readonly #name: Buffer
  readonly #key: KeyObject

  /** @param directory for its files and those of its certificates; exists */
  static async found(directory: string, name = 'Prince Escalus'): Promise<Authority> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const authority = new Authority(directory, distinguished(name), privateKey)
    await writeFile(authority.file, authority.#issue(authority.#name, publicKey, AUTHORITY))
    return authority
  }
  private constructor(directory: string, name: Buffer, key: KeyObject, file = 'authority.crt') {
    this.file = join(directory, file)
    this.#directory = directory
    this.#name = name
    this.#key = key
  }
  /** An authority whose certificate is from this one. @param extensions beside those of every authority */
  async deputy(name: string, extensions: readonly Buffer[] = AUTHORITY): Promise<Authority> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const deputy = new Authority(this.#directory, distinguished(name), privateKey, `${name}.crt`)
    await writeFile(deputy.file, this.#issue(distinguished(name), publicKey, extensions))
    return deputy
  }
  /** A certificate for servers, and its key. @param file name of both files, without ending */
  async certify(file: string, names: Names, manner: Manner = {}): Promise<Certified> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const [certificateFile, keyFile] = ['crt', 'key'].map((ending) => join(this.#directory, `${file}.${ending}`)) as [
      string,
      string,
    ]
    const { serversOnly, clientsOnly, from, to, extensions = [] } = manner
    const all = [
      ...serverWith([...(clientsOnly === true ? [] : [SERVER_AUTH]), ...(serversOnly === true ? [] : [CLIENT_AUTH])]),
      alternatives(names),
      ...extensions,
    ]
    await writeFile(certificateFile, this.#issue(distinguished(file), publicKey, all, from, to))
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    return { certificateFile, keyFile }
  }

  #issue(subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[], from = BEGIN, to = Date.now() + 30 * DAY): string {
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const keyId = createHash('sha256').update(spki).digest().subarray(0, 20)
    const tbs = der(
      SEQUENCE,
      der(tagged(0), der(INTEGER, Buffer.from([2]))), // version 3
      der(INTEGER, Buffer.from([1]), randomBytes(15)),
      ECDSA_WITH_SHA256,
      this.#name,
      der(SEQUENCE, time(from), time(to)),
      subject,
      spki,
      der(tagged(3), der(SEQUENCE, ...extensions, extension('2.5.29.14', der(OCTET_STRING, keyId)))),
    )
    const certificate = der(SEQUENCE, tbs, ECDSA_WITH_SHA256, bits(0, sign('sha256', tbs, this.#key)))
    return `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
  }
}

const id = (dotted: string): Buffer => der(OBJECT_IDENTIFIER, oid(dotted))
const bits = (unused: number, octets: Buffer): Buffer => der(BIT_STRING, Buffer.from([unused]), octets)
export const extension = (dotted: string, value: Buffer, critical: Buffer = Buffer.alloc(0)): Buffer =>
  der(SEQUENCE, id(dotted), critical, der(OCTET_STRING, value))
export const TRUE = der(BOOLEAN, Buffer.from([0xff]))
const distinguished = (name: string): Buffer => der(SEQUENCE, der(SET, der(SEQUENCE, id('2.5.4.3'), der(UTF8_STRING, name))))
/** RFC 5280 4.1.2.5: two digits for the year through 2049. */
const time = (moment: number): Buffer =>
  der(
    UTC_TIME,
    new Date(moment)
      .toISOString()
      .replace(/\.\d+|[-:T]/g, '')
      .slice(2),
  )

/** RFC 5280 4.2.1.9, 4.2.1.3: signs certificates. */
export const AUTHORITY = [
  extension('2.5.29.19', der(SEQUENCE, TRUE), TRUE),
  extension('2.5.29.15', bits(1, Buffer.from([0x06])), TRUE),
]
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
/** Signs handshakes. @param usages extended key usage (RFC 5280 4.2.1.12) */
const serverWith = (usages: readonly string[]): readonly Buffer[] => [
  extension('2.5.29.19', der(SEQUENCE), TRUE),
  extension('2.5.29.15', bits(7, Buffer.from([0x80])), TRUE),
  extension('2.5.29.37', der(SEQUENCE, ...usages.map(id))),
]
/** An authority with a limit of certificates of authorities below it (RFC 5280 4.2.1.9). */
export const authorityOver = (below: number): readonly Buffer[] => [
  extension('2.5.29.19', der(SEQUENCE, TRUE, der(INTEGER, Buffer.from([below]))), TRUE),
  AUTHORITY[1]!,
]

const otherName = (type: string, value: Buffer): Buffer => der(tagged(0), id(type), der(tagged(0), value))

const alternatives = ({ dns = [], srv = [], xmpp = [] }: Names): Buffer =>
  extension(
    '2.5.29.17',
    der(
      SEQUENCE,
      ...dns.map((name) => der(implicit(2), name)),
      ...srv.map((name) => otherName('1.3.6.1.5.5.7.8.7', der(IA5_STRING, name))),
      ...xmpp.map((name) => otherName('1.3.6.1.5.5.7.8.5', der(UTF8_STRING, name))),
    ),
  )
