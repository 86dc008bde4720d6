/**
 * The protocol of the control socket: lines of JSON. Requests and replies alternate, as many as the client likes. Every
 * request names the version of the protocol; a server answers an unknown version with an error.
 */
import * as v from 'valibot'

export const CONTROL_VERSION = 1
/** The most characters of a request. A longer line is none. */
export const REQUEST_MAX = 1_000_000
/** The most characters of a reply: one part of the export of an account has no more. */
export const REPLY_MAX = 64_000_000

export const requestSchema = v.object({
  porchlight: v.literal(CONTROL_VERSION),
  command: v.string(),
  args: v.record(v.string(), v.unknown()),
})
export type Request = v.InferOutput<typeof requestSchema>

/** `message` is a sentence for the operator. */
export const replySchema = v.variant('ok', [
  v.object({ ok: v.literal(true), result: v.unknown() }),
  v.object({ ok: v.literal(false), message: v.string() }),
])
export type Reply = v.InferOutput<typeof replySchema>

/** Splits a stream of text into lines. */
export class LineReader {
  #text = ''
  readonly #max: number

  /** @param max the most characters of a line */
  constructor(max: number) {
    this.#max = max
  }
  /** The lines that are complete now. Null if one is too long. */
  push(chunk: string): readonly string[] | null {
    const lines = chunk.split('\n')
    lines[0] = this.#text + lines[0]!
    this.#text = lines.pop()!
    return this.#text.length > this.#max ? null : lines
  }
}
