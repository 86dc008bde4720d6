/**
 * What passes over the control socket: lines of JSON, a request and its reply in turn, as many as the client
 * likes. Every request names the protocol's version; a server answers what it does not speak with an error.
 */
import * as v from 'valibot'

export const CONTROL_VERSION = 1
/** Characters of a line. What is longer is not a request. */
export const LINE_MAX = 1_000_000

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

/** Cuts a stream of text into lines. */
export class LineReader {
  #text = ''

  /** The lines that are complete now. Null: one is too long. */
  push(chunk: string): readonly string[] | null {
    const lines = (this.#text + chunk).split('\n')
    this.#text = lines.pop()!
    return this.#text.length > LINE_MAX ? null : lines
  }
}
