/**
 * What scanning costs: nanoseconds of one core for each first-level element, octets counted in, with and
 * without reading it into a tree. `node bench/micro/scan.ts`
 */
import { createHash } from 'node:crypto'
import { Scanner, type RawElement, type ScanHandler } from '../../src/xml/scanner.ts'

const HEADER =
  "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xml:lang='en' " +
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
const LIMITS = { stanzaBytes: 262_144, depth: 64, tagBytes: 16_384, attributes: 64 }
const ROUNDS = 7
const ROUND_MS = 250

const hash = (i: number, form: 'hex' | 'base64'): string => createHash('sha1').update(`${i}`).digest(form)
const caps = (i: number): string =>
  `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://gajim.org' ver='${hash(i, 'base64')}'/>`
const photo = (i: number): string => `<x xmlns='vcard-temp:x:update'><photo>${hash(i, 'hex')}</photo></x>`
const presence = (i: number, status: string): string =>
  `<presence id="${hash(i, 'hex').slice(0, 8)}"><show>away</show><status>${status}</status>${caps(i)}${photo(i)}</presence>`
const message = (i: number): string =>
  `<message to="user${i}@example.org/res" type="chat" id="${hash(i, 'hex').slice(0, 24)}" xml:lang="en">` +
  '<body>the quick brown fox jumps over a lazy dog while we wait for lunch &amp; coffee</body>' +
  `<request xmlns="urn:xmpp:receipts"/><markable xmlns="urn:xmpp:chat-markers:0"/>` +
  `<origin-id xmlns="urn:xmpp:sid:0" id="${hash(i, 'hex').slice(0, 24)}"/>` +
  '<active xmlns="http://jabber.org/protocol/chatstates"/></message>'
const roster = (i: number): string =>
  `<iq type='result' id='r${i}' to='user1@example.org/x'><query xmlns='jabber:iq:roster' ver='v${i}'>` +
  "<item jid='somebody@example.org' name='Somebody' subscription='both'><group>Friends</group></item>".repeat(50) +
  '</query></iq>'

const CORPORA: Readonly<Record<string, (i: number) => string>> = {
  'presence': (i) => presence(i, 'gone for lunch'),
  'presence, not ASCII': (i) => presence(i, 'ушёл обедать'),
  'message': message,
  'roster of 50': roster,
}

class Sink implements ScanHandler {
  readonly read: boolean
  elements = 0
  nodes = 0
  constructor(read: boolean) {
    this.read = read
  }
  header(): void {}
  footer(): void {}
  element(e: RawElement): void {
    this.elements++
    if (this.read) this.nodes += e.tree().children.length
  }
}

function chunked(stanzas: readonly string[], size: number | null): Buffer[] {
  if (size === null) return stanzas.map((s) => Buffer.from(s))
  const all = Buffer.from(stanzas.join(''))
  const chunks: Buffer[] = []
  for (let i = 0; i < all.length; i += size) chunks.push(Buffer.from(all.subarray(i, i + size)))
  return chunks
}

/** The median of several rounds, in nanoseconds for each element. */
function measure(chunks: readonly Buffer[], read: boolean): number {
  const sink = new Sink(read)
  const scanner = new Scanner(sink, LIMITS)
  scanner.push(Buffer.from(HEADER))
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    sink.elements = 0
    const start = process.hrtime.bigint()
    const end = start + BigInt(ROUND_MS * 1e6)
    let now = start
    do {
      for (const chunk of chunks) scanner.push(chunk)
      now = process.hrtime.bigint()
    } while (now < end)
    if (round > 0) rounds.push(Number(now - start) / sink.elements)
  }
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1]!
}

console.log(
  'corpus'.padEnd(22),
  'octets'.padStart(7),
  '1 a chunk'.padStart(10),
  '1460 a chunk'.padStart(13),
  'with tree'.padStart(10),
)
for (const [name, make] of Object.entries(CORPORA)) {
  const stanzas = Array.from({ length: 1000 }, (_, i) => make(i))
  const octets = Buffer.byteLength(stanzas.join('')) / stanzas.length
  const whole = chunked(stanzas, null)
  const figures = [measure(whole, false), measure(chunked(stanzas, 1460), false), measure(whole, true)].map((ns) => ns.toFixed(0))
  console.log(
    name.padEnd(22),
    octets.toFixed(0).padStart(7),
    figures[0]!.padStart(10),
    figures[1]!.padStart(13),
    figures[2]!.padStart(10),
  )
}
