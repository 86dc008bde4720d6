/**
 * Another server in a story that is about ours: what it sends is said by the story, what it gets is kept, and the link to
 * it can be cut. In memory only, where time can be moved.
 */
import assert from 'node:assert/strict'
import type { Link } from '../../src/server/links/links.ts'
import type { Packet } from '../../src/xmpp/packet.ts'
import { decode } from '../../src/xml/wire.ts'
import { DOMAIN, type Cast } from './story.ts'
import { matches, type Pattern } from './xml-pattern.ts'
import { parseXml, type Xml } from './xml-reader.ts'

/** From the loss of a link to its announcement at the latest, with the times that are the default. */
export const ANNOUNCED_MS = 45_000

export class Elsewhere {
  readonly domain: string
  readonly link: Link
  readonly #cast: Cast
  readonly #got: Xml[] = []
  /** It has handled what it got up to now: it answers the pings of our server, of which no story needs to speak. */
  answersPings = true
  #isReachable = true

  /** @param local the domain of ours that its link is with */
  constructor(cast: Cast, domain = 'b.example', local = DOMAIN) {
    const { links, router } = cast.server.host
    this.domain = domain
    this.#cast = cast
    this.link = links.of(local, domain, {
      connect: (link) => (this.#isReachable ? link.opened() : link.failed()),
      isWanted: () => false,
      heardAt: () => null,
    })
    router.claimRest({
      deliver: (packet) => {
        if (!this.#isReachable) return
        if (isPing(packet)) this.#pinged(packet)
        else this.#got.push(...parseXml(decode(packet.wire)))
      },
    })
  }
  #pinged({ from, to, id }: Packet): void {
    if (this.answersPings) void this.#cast.fromElsewhere(`<iq type='result' from='${to!.full}' to='${from.full}' id='${id}'/>`)
  }
  /** @param xml with its addresses */
  async send(...xml: readonly string[]): Promise<void> {
    if (this.link.state !== 'up') this.restore()
    for (const one of xml) await this.#cast.fromElsewhere(one)
    await this.#cast.settle()
  }
  /** What has come there is this, in this order. */
  async expect(...patterns: readonly Pattern[]): Promise<void> {
    await this.#cast.settle()
    for (const pattern of patterns) {
      const xml = this.#got.shift()
      assert(xml !== undefined, `${this.domain} got nothing more; expected: ${pattern}`)
      assert(matches(pattern, xml), `${this.domain}\nexpected: ${pattern}\n     got: ${xml.show()}`)
    }
  }
  /** All that has come there. */
  async take(): Promise<readonly Xml[]> {
    await this.#cast.settle()
    return this.takeNow()
  }
  /** The same, of what is there already. */
  takeNow(): readonly Xml[] {
    return this.#got.splice(0)
  }
  async expectNothing(): Promise<void> {
    assert.deepEqual(
      (await this.take()).map((xml) => xml.show()),
      [],
      `${this.domain} got this beside`,
    )
  }
  /** The connection breaks, and no other can be made. */
  cut(): void {
    this.#isReachable = false
    if (this.link.streams > 0) this.link.closed(false)
  }
  /** The same, and time passes until it is known. */
  async lose(): Promise<void> {
    this.cut()
    await this.#cast.advance(ANNOUNCED_MS)
    assert.equal(this.link.state, 'down')
  }
  /** It can be reached again, and connects to us. */
  restore(): void {
    this.#isReachable = true
    if (this.link.streams === 0) this.link.opened()
  }
  /** It closes a connection that nobody uses, as it should be done. */
  part(): void {
    if (this.link.streams > 0) this.link.closed(true)
  }
}

/** Of our server itself, to theirs. */
const isPing = ({ kind, from, to, payload }: Packet): boolean =>
  kind === 'iq' && from.full === DOMAIN && to!.local === '' && payload.child('ping', 'urn:xmpp:ping') !== undefined
