/**
 * Ids of media. The id of a file is a part of its URL, which everybody may get who knows it; the id for Matrix is the same number,
 * encrypted, so that it does not tell the URL (MXR-64). Nothing has to be kept for it.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

const CIPHER = 'aes-128-ecb'
/** One block of the cipher. */
const OCTETS = 16
const FORM = /^[\w-]{22}$/

export interface Mxc {
  /** As the URI has it. */
  readonly server: string
  readonly id: string
}
const URI = /^mxc:\/\/([^/\s?#]{1,255})\/([\w-]{1,255})$/
/** Null: it is no URI of media. */
export function mxcIn(uri: string): Mxc | null {
  const [, server, id] = URI.exec(uri) ?? []
  return server === undefined || id === undefined ? null : { server, id }
}
export const mxcUri = ({ server, id }: Mxc): string => `mxc://${server}/${id}`

/** Where clients of XMPP get a file. */
export interface Link {
  readonly url: string
  readonly name: string
}
/** What a URL is for Matrix clients. */
export interface MediaNames {
  /** Null: it is not the URL of a file that is kept here. */
  mxcOf(url: string): { readonly mxc: string; readonly name: string } | null
}

export class MediaIds {
  readonly #key: Buffer

  constructor(secret: Uint8Array) {
    this.#key = createHash('sha256').update(secret).digest().subarray(0, OCTETS)
  }
  /** @param file id of a file. Null: files of this kind have none */
  ofFile(file: string): string | null {
    return this.#mapped(file, createCipheriv(CIPHER, this.#key, null))
  }
  /** Null: it cannot be the id of a file. */
  fileOf(id: string): string | null {
    return this.#mapped(id, createDecipheriv(CIPHER, this.#key, null))
  }
  #mapped(given: string, cipher: ReturnType<typeof createCipheriv | typeof createDecipheriv>): string | null {
    const block = Buffer.from(given, 'base64url')
    if (!FORM.test(given) || block.length !== OCTETS || block.toString('base64url') !== given) return null
    cipher.setAutoPadding(false)
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url')
  }
}
