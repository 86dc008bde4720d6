/** For tests: a world with one account, and the client's half of SCRAM (RFC 5802 section 3) written on its own. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import type { BindingType, ChannelBindings } from '../../src/base/channel-binding.ts'
import { seededEntropy } from '../../src/base/entropy.ts'
import type { Credentials, ScramHash } from '../../src/xmpp/credentials.ts'
import { deriveCredentials } from '../../src/sasl/credentials.ts'
import type { Exchange, SaslContext, SaslStep } from '../../src/sasl/mechanism.ts'

export const ITERATIONS = 4096
export const PASSWORD = 'r0m30myr0m30'
export const romeo: Required<Credentials> = await deriveCredentials(PASSWORD, ITERATIONS, seededEntropy('romeo'))

export const EXPORTER = Buffer.from('exported keying material of TLS.')
export const END_POINT = Buffer.from('hash of the server certificate..')

export function bindings(known: Readonly<Partial<Record<BindingType, Buffer>>>): ChannelBindings {
  return { types: Object.keys(known) as BindingType[], data: (type) => known[type] ?? null }
}

/** A TLS channel to montague.example, where 'romeo' and 'romeo,=' have an account. */
export function contextWith(change: Partial<SaslContext> = {}): SaslContext {
  const accounts = new Map([
    ['romeo@montague.example', romeo],
    ['romeo,=@montague.example', romeo],
  ])
  return {
    domain: 'montague.example',
    accounts: { credentials: async (bare) => accounts.get(bare) ?? null },
    likeness: async () => null,
    entropy: seededEntropy('server'),
    fakeSaltKey: Buffer.from('a secret of the server'),
    bindings: bindings({ 'tls-exporter': EXPORTER, 'tls-server-end-point': END_POINT }),
    certificate: null,
    plusKnown: true,
    advertised: null,
    iterations: ITERATIONS,
    renew: async () => {},
    device: null,
    ...change,
  }
}

const DIGESTS: Readonly<Record<ScramHash, readonly [name: string, octets: number]>> = {
  'sha-1': ['sha1', 20],
  'sha-256': ['sha256', 32],
  'sha-512': ['sha512', 64],
}

/** The client's side of one exchange. */
export class ScramClient {
  readonly #digest: string
  readonly #octets: number
  readonly #header: string
  readonly #bindingData: Buffer
  readonly #firstBare: string
  readonly #password: string
  serverSignature = ''
  /** The hash of what it was offered, as the server tells it; '' for none. */
  advertised = ''

  constructor(
    hash: ScramHash,
    password: string,
    { header = 'n,,', bindingData = Buffer.alloc(0), username = 'romeo', nonce = 'rOprNGfwEbeRWgbNEkqO', extensions = '' } = {},
  ) {
    ;[this.#digest, this.#octets] = DIGESTS[hash]
    this.#header = header
    this.#bindingData = bindingData
    this.#firstBare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}${extensions}`
    this.#password = password
  }
  get first(): string {
    return this.#header + this.#firstBare
  }
  final(serverFirst: string, extensions = ''): string {
    const [, nonce, salt, iterations, advertised = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)(?:,h=([^,]+))?$/.exec(serverFirst)!
    this.advertised = advertised
    const c = Buffer.concat([Buffer.from(this.#header), this.#bindingData]).toString('base64')
    const withoutProof = `c=${c},r=${nonce}${extensions}`
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`
    const mac = (key: Buffer, text: string): Buffer => createHmac(this.#digest, key).update(text).digest()
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt!, 'base64'), Number(iterations), this.#octets, this.#digest)
    const clientKey = mac(salted, 'Client Key')
    const signature = mac(createHash(this.#digest).update(clientKey).digest(), authMessage)
    const proof = clientKey.map((octet, i) => octet ^ signature[i]!)
    this.serverSignature = `v=${mac(mac(salted, 'Server Key'), authMessage).toString('base64')}`
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }
}

/** A step taken and written down: 'challenge ...', 'success romeo@montague.example ...', 'failure not-authorized'. */
export async function say(exchange: Exchange, message: string | Buffer): Promise<string> {
  return written(await exchange.step(Buffer.from(message)))
}

function written(step: SaslStep): string {
  if (step.kind === 'challenge') return `challenge ${step.data.toString()}`
  if (step.kind === 'failure') return `failure ${step.condition}`
  return `success ${step.jid.full}${step.data === null ? '' : ` ${step.data.toString()}`}`
}

/** What follows 'challenge '. */
export const challengeOf = (written: string): string => written.slice('challenge '.length)
