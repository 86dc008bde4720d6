/** Components of a story's server (XEP-0114): the real service, and programs that connect to it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { defaultsOf } from '../../src/base/settings.ts'
import { endOfTick } from '../../src/base/tick.ts'
import { Admission, type Listening } from '../../src/net/listener.ts'
import type { ComponentState } from '../../src/server/routing/component-state.ts'
import { ComponentService } from '../../src/stream/component-service.ts'
import { componentSettings, streamsSettings, type ComponentSettings, type StreamsSettings } from '../../src/stream/settings.ts'
import { memoryLink, tcpLink } from './link.ts'
import type { Cast } from './story.ts'
import { STREAM, WireClient } from './wire-client.ts'
import type { Pattern } from './xml-pattern.ts'
import type { Xml } from './xml-reader.ts'

export const COMPONENT = 'jabber:component:accept'
export const SECRET = 'the quality of mercy is not strained'

export interface Stage {
  readonly components?: readonly Partial<ComponentSettings>[]
  readonly streams?: Partial<StreamsSettings>
  readonly queuedStanzas?: number
}

/** Adds components to the server of a story. Without settings: one. */
export async function componentsOf(
  cast: Cast,
  domain: string,
  { components = [{}], streams = {}, queuedStanzas = 100 }: Stage = {},
): Promise<Backstage> {
  const inMemory = cast.transport === 'memory'
  const service = new ComponentService({
    host: cast.server.host,
    all: components.map((settings) => ({ ...defaultsOf(componentSettings), domain, secret: SECRET, ...settings })),
    streams: { ...defaultsOf(streamsSettings), ...streams },
    queuedStanzas,
    admission: new Admission({ perAddress: 0, perMinute: 0 }, cast.server.clock),
    endOfTick: inMemory ? queueMicrotask : endOfTick,
  })
  const listening = inMemory ? null : await service.listen('127.0.0.1', 0)
  const backstage = new Backstage(service, domain, listening)
  cast.atEnd(() => backstage.close())
  return backstage
}

export class Backstage {
  readonly service: ComponentService
  readonly domain: string
  readonly #listening: Listening | null
  readonly #wires: WireClient[] = []

  constructor(service: ComponentService, domain: string, listening: Listening | null) {
    this.service = service
    this.domain = domain
    this.#listening = listening
  }
  state(domain = this.domain): ComponentState {
    return this.service.components.get(domain)!.state
  }
  /** A connection without a stream. */
  async wire(domain = this.domain): Promise<ComponentClient> {
    const link =
      this.#listening === null ? memoryLink((socket) => this.service.accept(socket)) : await tcpLink(this.#listening.port)
    const wire = new WireClient(link, domain)
    this.#wires.push(wire)
    return new ComponentClient(wire)
  }
  /** A component at work. */
  async connected(domain = this.domain): Promise<ComponentClient> {
    const component = await this.wire(domain)
    await component.handshake(SECRET)
    await component.expect('<handshake/>')
    return component
  }
  async close(): Promise<void> {
    for (const wire of this.#wires) wire.link.drop()
    await this.#listening?.close()
  }
}

/** What the pattern says of stanzas, in the namespace of components. */
const inComponent = (pattern: Pattern): Pattern => pattern.replace(/^<([\w-]+)/, `<$1 xmlns='${COMPONENT}'`)

export class ComponentClient {
  readonly wire: WireClient

  constructor(wire: WireClient) {
    this.wire = wire
  }
  send(...xml: readonly string[]): void {
    this.wire.write(xml.join(''))
  }
  /** Opens a stream and gives back the server's header. */
  async open(to = this.wire.domain, ns = COMPONENT): Promise<Xml> {
    this.wire.write(`<stream:stream xmlns='${ns}' xmlns:stream='${STREAM}' to='${to}'>`)
    const next = await this.wire.next('the stream header')
    assert(next.kind === 'header', `a header, not a ${next.kind}`)
    return next.xml
  }
  /** Opens a stream and says what proves that it knows `secret`. */
  async handshake(secret: string): Promise<void> {
    const header = await this.open()
    this.send(
      `<handshake>${createHash('sha1')
        .update(header.attr('id')! + secret)
        .digest('hex')}</handshake>`,
    )
  }
  /** Closes the stream, as one should: afterwards the server knows that it is gone. */
  async close(): Promise<void> {
    this.send('</stream:stream>')
    await this.wire.expectClosed()
  }
  /** What comes next are these stanzas, in this order. Unprefixed names in a pattern are in the namespace of the stream. */
  async expect(...patterns: readonly Pattern[]): Promise<Xml> {
    let xml: Xml | null = null
    for (const pattern of patterns) xml = await this.wire.expect(inComponent(pattern))
    return xml!
  }
  /** Sends an IQ and gives back its answer, which comes next. */
  async ask(xml: string): Promise<Xml> {
    this.send(xml)
    return this.wire.element(`the answer to ${xml}`)
  }
}
