/**
 * Reads a client's SCRAM messages by the grammar of RFC 5802 section 7. Mandatory extensions (`m=`) are unknown by definition and
 * make a message invalid wherever they are (5.1); optional ones are skipped.
 */
import { decodeBase64 } from './base64.ts'
import { textOf } from './identity.ts'

/** The most octets of a whole message: the longest authzid fits, with every character escaped. */
const MESSAGE_MAX = 8192
const CLIENT_NONCE_MAX = 256
/** RFC 7622 3.3 allows a localpart at most these octets. */
const USERNAME_MAX = 1023

const NAME = '(?:[^\\0=,]|=2C|=3D)+'
const EXTENSIONS = '(?:,[A-Za-ln-z]=[^\\0,]+)*'
const CLIENT_FIRST = new RegExp(
  `^((?:([ny])|p=([A-Za-z0-9.-]+)),(?:a=(${NAME}))?,)(n=(${NAME}),r=([!-+\\--~]+)${EXTENSIONS})$`,
  'u',
)
const CLIENT_FINAL = new RegExp(`^(c=([A-Za-z0-9+/=]+),r=([!-+\\--~]+)${EXTENSIONS}),p=([A-Za-z0-9+/=]+)$`, 'u')

export interface ClientFirst {
  /** The GS2 header as written, with its last comma. */
  readonly header: string
  /** 'n': the client cannot bind. 'y': it can, but believes that the server cannot. 'p': it binds. */
  readonly flag: 'n' | 'y' | 'p'
  /** The binding type of 'p', otherwise ''. */
  readonly binding: string
  /** '' if there is none. */
  readonly authzid: string
  readonly username: string
  readonly nonce: string
  /** client-first-message-bare. */
  readonly bare: string
}

export interface ClientFinal {
  /** The octets of `c=`: the GS2 header again and the binding data. */
  readonly binding: Buffer
  readonly nonce: string
  readonly proof: Buffer
  readonly withoutProof: string
}

const unescape = (name: string): string => name.replaceAll('=2C', ',').replaceAll('=3D', '=')

function match(octets: Buffer, grammar: RegExp): RegExpExecArray | null {
  const text = octets.length <= MESSAGE_MAX ? textOf(octets) : null
  return text === null ? null : grammar.exec(text)
}

/** Null if it is not a client-first-message, or has a part that is too long. */
export function readClientFirst(octets: Buffer): ClientFirst | null {
  const found = match(octets, CLIENT_FIRST)
  if (found === null) return null
  const [, header, flag, binding = '', authzid = '', bare, username, nonce] = found
  const first: ClientFirst = {
    header: header!,
    flag: flag === 'n' || flag === 'y' ? flag : 'p',
    binding,
    authzid: unescape(authzid),
    username: unescape(username!),
    nonce: nonce!,
    bare: bare!,
  }
  return first.nonce.length > CLIENT_NONCE_MAX || Buffer.byteLength(first.username) > USERNAME_MAX ? null : first
}

/** Null if it is not a client-final-message. */
export function readClientFinal(octets: Buffer): ClientFinal | null {
  const found = match(octets, CLIENT_FINAL)
  if (found === null) return null
  const [, withoutProof, c, nonce, p] = found
  const binding = decodeBase64(c!)
  const proof = decodeBase64(p!)
  if (binding === null || proof === null) return null
  return { binding, nonce: nonce!, proof, withoutProof: withoutProof! }
}
