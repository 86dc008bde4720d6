/** Records what a scanner tells its handler, and how the scanning ended. */
import {
  Scanner,
  XmlError,
  type RawElement,
  type ScanHandler,
  type ScanLimits,
  type StreamHeader,
} from '../../src/xml/scanner.ts'

export const ROOMY: ScanLimits = { stanzaBytes: 262_144, depth: 64, tagBytes: 16_384, attributes: 64 }

export class XmlRecorder implements ScanHandler {
  readonly headers: StreamHeader[] = []
  readonly elements: RawElement[] = []
  footers = 0
  /** Condition of the XmlError that ended the scanning; null when none did. */
  condition: string | null = null
  readonly scanner: Scanner

  constructor(limits: ScanLimits = ROOMY, start: 'document' | 'fragment' = 'document') {
    this.scanner = new Scanner(this, limits, start)
  }
  header(h: StreamHeader): void {
    this.headers.push(h)
  }
  element(e: RawElement): void {
    this.elements.push(e)
  }
  footer(): void {
    this.footers++
  }
  /** Pushes text or octets, whole or in pieces of `size`, until the scanner objects. */
  push(input: string | Buffer, size = Infinity): this {
    const octets = typeof input === 'string' ? Buffer.from(input) : input
    const pieces: Buffer[] = []
    for (let i = 0; i < octets.length; i += size) pieces.push(octets.subarray(i, i + size))
    return this.pushAll(pieces)
  }
  pushAll(chunks: readonly Buffer[]): this {
    try {
      for (const chunk of chunks) this.scanner.push(chunk)
    } catch (error) {
      if (!(error instanceof XmlError)) throw error
      this.condition = error.condition
    }
    return this
  }
}

export const HEADER =
  "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xml:lang='en' " +
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

/** A recorder whose scanner has read `HEADER`. */
export const opened = (limits: ScanLimits = ROOMY): XmlRecorder => new XmlRecorder(limits).push(HEADER)
