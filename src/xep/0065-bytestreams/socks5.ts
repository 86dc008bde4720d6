/** What a client of the proxy says before the bytestream: SOCKS Version 5 (RFC 1928) as XEP-0065 uses it. No sockets, no clock. */

const VERSION = 5
const NO_AUTHENTICATION = 0
const NO_ACCEPTABLE_METHOD = 0xff
const CONNECT = 1
const DOMAIN_NAME = 3
/** The hash in DST.ADDR: SHA-1 in lower-case hexadecimal. */
const HASH = /^[0-9a-f]{40}$/
const HASH_OCTETS = 40
/** Version, command, reserved, type of the address, length, address, port. */
const REQUEST_OCTETS = 5 + HASH_OCTETS + 2

/** RFC 1928 section 6. */
export const REPLY = {
  succeeded: 0,
  notAllowed: 2,
  refused: 5,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const
type Reply = (typeof REPLY)[keyof typeof REPLY]

export type Heard =
  /** More octets are needed. */
  | { readonly is: 'waiting' }
  /** Send `reply`, and read on. */
  | { readonly is: 'greeted'; readonly reply: Buffer }
  /** The client wants to be connected to the party with the same hash. */
  | { readonly is: 'request'; readonly hash: string }
  /** Send `reply` and close the connection. An empty reply: the client does not speak SOCKS5. */
  | { readonly is: 'wrong'; readonly reply: Buffer }

const WAITING: Heard = { is: 'waiting' }
const NOTHING = Buffer.alloc(0)
const wrong = (reply: Buffer): Heard => ({ is: 'wrong', reply })

/** Reads the greeting and the request of one connection. */
export class Handshake {
  #octets: Buffer = NOTHING
  #isGreeted = false

  /** Takes what has arrived. Call it again with nothing after 'greeted': the request may have come along with the greeting. */
  take(chunk: Buffer): Heard {
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk])
    if (this.#octets.length === 0) return WAITING
    if (this.#octets[0] !== VERSION) return wrong(NOTHING)
    return this.#isGreeted ? this.#request() : this.#greeting()
  }
  /** Octets behind the request. */
  get rest(): number {
    return this.#octets.length
  }

  #greeting(): Heard {
    const octets = this.#octets
    if (octets.length < 2 || octets.length < 2 + octets[1]!) return WAITING
    const end = 2 + octets[1]!
    const methods = octets.subarray(2, end)
    this.#octets = octets.subarray(end)
    this.#isGreeted = true
    if (!methods.includes(NO_AUTHENTICATION)) return wrong(Buffer.of(VERSION, NO_ACCEPTABLE_METHOD))
    return { is: 'greeted', reply: Buffer.of(VERSION, NO_AUTHENTICATION) }
  }
  /** What is wrong is said as soon as it has come. */
  #request(): Heard {
    const [, command, , type, length] = this.#octets
    if (command !== undefined && command !== CONNECT) return wrong(answer(REPLY.commandNotSupported))
    if (type !== undefined && type !== DOMAIN_NAME) return wrong(answer(REPLY.addressTypeNotSupported))
    if (length !== undefined && length !== HASH_OCTETS) return wrong(answer(REPLY.notAllowed))
    if (this.#octets.length < REQUEST_OCTETS) return WAITING
    const hash = this.#octets.toString('latin1', 5, 5 + HASH_OCTETS)
    const port = this.#octets.readUInt16BE(5 + HASH_OCTETS)
    this.#octets = this.#octets.subarray(REQUEST_OCTETS)
    return HASH.test(hash) && port === 0 ? { is: 'request', hash } : wrong(answer(REPLY.notAllowed))
  }
}

/** The reply to a request. BND is the hash that the client has sent (XEP-0065 8). */
export function answer(reply: Reply, hash = ''): Buffer {
  const address = Buffer.from(hash, 'latin1')
  return Buffer.concat([Buffer.of(VERSION, reply, 0, DOMAIN_NAME, address.length), address, Buffer.of(0, 0)])
}
