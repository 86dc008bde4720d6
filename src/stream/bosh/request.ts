/**
 * Reads the <body/> of a request (XEP-0124 section 6). A fault of the wrapper itself is a bad-request. A fault of its content
 * belongs to the stream, and is reported when the request's turn comes.
 */
import { Scanner, type RawElement, type ScanHandler, type ScanLimits, type StreamHeader } from '../../xml/scanner.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { HTTPBIND, XBOSH } from './answers.ts'
import type { WindowRequest } from './window.ts'

export class BadRequest extends Error {}

/** Attributes without a prefix of their own, by name, and those of XEP-0206 as 'xmpp:version' and 'xmpp:restart'. */
export type BodyAttributes = Readonly<Partial<Record<string, string>>>

export interface BoshRequest extends WindowRequest {
  readonly attributes: BodyAttributes
  /** XEP-0206 5: the stream is restarted. */
  readonly restart: boolean
  readonly elements: readonly RawElement[]
  /** The XmlError after the elements; null if there is none. */
  readonly fault: unknown
}

/** 14.1 */
const RID_MAX = Number.MAX_SAFE_INTEGER

/**
 * @param limitsOf the limits of the session that a request names; null if it names none
 * @throws BadRequest
 */
export function readRequest(octets: Buffer, limitsOf: (sid: string | null) => ScanLimits): BoshRequest {
  const reader = new BodyReader(limitsOf)
  let fault: unknown = null
  try {
    reader.scanner.push(octets)
    if (!reader.isWhole) fault = new StreamError('not-well-formed', 'The body does not end')
  } catch (error) {
    fault = error
  }
  if (reader.attributes === null) throw fault instanceof BadRequest ? fault : new BadRequest('A request is a <body/>')
  return requestOf(reader.attributes, reader.elements, fault)
}

function requestOf(attributes: BodyAttributes, elements: readonly RawElement[], fault: unknown): BoshRequest {
  const rid = integer(attributes, 'rid')
  if (rid === null || rid === 0) throw new BadRequest('A request has a rid')
  const pause = integer(attributes, 'pause')
  const terminate = attributes['type'] === 'terminate'
  const restart = isTrue(attributes['xmpp:restart'])
  return {
    rid,
    terminate,
    restart,
    attributes,
    elements,
    fault,
    key: attributes['key'] ?? null,
    newkey: attributes['newkey'] ?? null,
    pauseMs: pause === null ? null : Math.max(1, pause) * 1000,
    isEmpty: elements.length === 0 && fault === null && pause === null && !terminate && !restart,
  }
}

/** A number in the request; null if it is absent. @throws BadRequest if it is not a number */
export function integer(attributes: BodyAttributes, name: string): number | null {
  const text = attributes[name]
  if (text === undefined) return null
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (!(value <= RID_MAX)) throw new BadRequest(`${name} is a number`)
  return value
}

const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1'

class BodyReader implements ScanHandler {
  readonly scanner: Scanner
  readonly elements: RawElement[] = []
  attributes: BodyAttributes | null = null
  isWhole = false
  readonly #limitsOf: (sid: string | null) => ScanLimits

  constructor(limitsOf: (sid: string | null) => ScanLimits) {
    this.#limitsOf = limitsOf
    this.scanner = new Scanner(this, limitsOf(null))
  }
  header({ name, ns, attrs, prefixes }: StreamHeader): void {
    if (name !== 'body' || ns !== HTTPBIND) throw new BadRequest('A request is a <body/>')
    const xbosh = prefixes.find((p) => p.uri === XBOSH)?.prefix
    const own =
      xbosh === undefined ? {} : { 'xmpp:version': attrs[`${xbosh}:version`], 'xmpp:restart': attrs[`${xbosh}:restart`] }
    this.attributes = { ...attrs, ...own } as BodyAttributes
    this.scanner.limits = this.#limitsOf(attrs['sid'] ?? null)
    // XEP-0206 2: many clients do not declare the namespace of stanzas.
    this.scanner.assume(CLIENT)
  }
  element(raw: RawElement): void {
    this.elements.push(raw)
  }
  footer(): void {
    this.isWhole = true
  }
}
