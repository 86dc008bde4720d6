/** A client in a story that has a session: it sends, and says what it receives. */
import assert from 'node:assert/strict'
import { bareOf } from './story-server.ts'
import type { WireClient } from './wire-client.ts'
import { matches, type Pattern } from './xml-pattern.ts'
import { parseXml, type Xml } from './xml-reader.ts'

/** An account that does not exist: what is asked of it passes through the database and comes back. */
const NOBODY = bareOf('nobody-at-all')
let fences = 0

/** The answer to a fence that nobody waits for any more: it was on its way when a link broke. */
const isLateFence = (xml: Xml): boolean => xml.name === 'iq' && /^fence-\d+$/.test(xml.attr('id') ?? '')

export class StoryClient {
  readonly wire: WireClient
  readonly jid: string
  readonly bare: string
  readonly #inbox: Xml[] = []

  constructor(wire: WireClient, jid: string) {
    this.wire = wire
    this.jid = jid
    this.bare = jid.slice(0, jid.indexOf('/'))
  }
  get isOpen(): boolean {
    return !this.wire.isClosed
  }
  send(...xml: readonly string[]): void {
    this.wire.write(xml.join(''))
  }
  /** What comes next are these, in this order. Gives back the last. */
  async expect(...patterns: readonly Pattern[]): Promise<Xml> {
    let xml: Xml | null = null
    for (const pattern of patterns) {
      xml = await this.#next(pattern)
      if (!matches(pattern, xml)) assert.fail(`${this.jid}\nexpected: ${pattern}\n     got: ${xml.show()}${this.#rest()}`)
    }
    return xml!
  }
  /** What comes next are these, in whatever order: from senders that do not wait for each other. */
  async expectAll(...patterns: readonly Pattern[]): Promise<void> {
    const open = [...patterns]
    while (open.length > 0) {
      const xml = await this.#next(open.join('\n      or: '))
      const at = open.findIndex((pattern) => matches(pattern, xml))
      assert(at >= 0, `${this.jid}\nexpected: ${open.join('\n      or: ')}\n     got: ${xml.show()}`)
      open.splice(at, 1)
    }
  }
  /** Sends an IQ and gives back its answer, which comes next. */
  async ask(xml: string, pattern?: Pattern): Promise<Xml> {
    this.send(xml)
    const id = parseXml(xml)[0]!.attr('id')!
    const answer = await this.#next(`the answer to ${xml}`)
    assert(
      answer.name === 'iq' && answer.attr('id') === id,
      `${this.jid}\nexpected: the answer to ${xml}\n     got: ${answer.show()}`,
    )
    if (pattern !== undefined) assert(matches(pattern, answer), `${this.jid}\nexpected: ${pattern}\n     got: ${answer.show()}`)
    return answer
  }
  /** Everything sent before is processed, and everything that it brought about here has come. */
  async fence(at = NOBODY): Promise<void> {
    if (this.wire.arrived.at(-1)?.kind === 'closed') return
    const id = `fence-${(fences += 1)}`
    this.send(`<iq type='get' id='${id}' to='${at}'><fence xmlns='urn:example:fence'/></iq>`)
    for (;;) {
      const xml = await this.wire.element(`${this.jid}: that everything is done`)
      if (xml.attr('id') === id) return
      this.#inbox.push(xml)
    }
  }
  /** All that has come. */
  take(): readonly Xml[] {
    while (this.wire.arrived[0]?.kind === 'element') {
      const next = this.wire.arrived.shift()!
      if (next.kind === 'element') this.#inbox.push(next.xml)
    }
    return this.#inbox.splice(0).filter((xml) => !isLateFence(xml))
  }
  /** Of what was taken, what is still to be looked at. */
  putBack(...xml: readonly Xml[]): void {
    this.#inbox.unshift(...xml)
  }
  /** Closes the stream, as one should. */
  async close(): Promise<void> {
    this.wire.write('</stream:stream>')
    for (let next = await this.wire.next('the footer'); next.kind !== 'footer'; next = await this.wire.next('the footer')) {
      assert(next.kind === 'element')
      this.#inbox.push(next.xml)
    }
    await this.wire.end()
  }
  /** The connection breaks without a word. */
  drop(): void {
    this.wire.isClosed = true
    this.wire.link.drop()
  }

  /** Whatever comes next. */
  next(what: string): Promise<Xml> {
    return this.#next(what)
  }
  async #next(what: string): Promise<Xml> {
    for (;;) {
      const xml = this.#inbox.shift() ?? (await this.wire.element(`${this.jid}: ${what}`))
      if (!isLateFence(xml)) return xml
    }
  }
  #rest(): string {
    const rest = this.take().map((xml) => `\n    then: ${xml.show()}`)
    return rest.join('')
  }
}
