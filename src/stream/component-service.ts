/** The ports for components (XEP-0114): plain TCP, so only on addresses that this machine or its own network can reach. */
import type { Socket } from 'node:net'
import type { Millis } from '../base/clock.ts'
import { inTime } from '../base/in-time.ts'
import type { EndOfTick } from '../base/tick.ts'
import { listen, type Admission, type Listening } from '../net/listener.ts'
import type { ComponentState } from '../server/routing/component-state.ts'
import { listedAt, type DiscoItem } from '../server/routing/disco-book.ts'
import type { Host } from '../server/feature.ts'
import { passive, type Link } from '../server/links/links.ts'
import { Flusher } from './outbox.ts'
import { jid } from '../xmpp/jid.ts'
import { scanLimits } from './client-service.ts'
import { ComponentStream, type ComponentStreamParts } from './component-stream.ts'
import { Components, type Component, type ComponentNews } from './components.ts'
import { unreadOf, type ComponentSettings, type StreamsSettings } from './settings.ts'
import { TcpCarrier, type TcpOptions } from './tcp-carrier.ts'

export interface ComponentServiceOptions {
  readonly host: Host
  readonly all: readonly ComponentSettings[]
  readonly streams: StreamsSettings
  /** The most stanzas of one component that may wait while an earlier one is being stored. */
  readonly queuedStanzas: number
  readonly admission: Admission
  readonly endOfTick: EndOfTick
}

/** How long a stop waits for the last stanzas of components. */
const SETTLE_MS: Millis = 3000

export class ComponentService {
  readonly components: Components
  readonly #parts: ComponentStreamParts
  readonly #admission: Admission
  readonly #tcp: TcpOptions
  readonly #streams = new Set<ComponentStream>()

  constructor({ host, all, streams, queuedStanzas, admission, endOfTick }: ComponentServiceOptions) {
    const { clock, entropy, log, router, disco, metrics } = host
    this.components = new Components(all, router, clock, newsTo(host))
    for (const component of this.components.all()) disco.server.items.push(itemOf(component, host.domains))
    const limits = scanLimits(streams, streams['stanza-size'])
    this.#parts = {
      components: this.components,
      server: jid(host.domains[0]!),
      router,
      clock,
      entropy,
      log,
      streams,
      limits,
      queuedStanzas,
      counters: {
        sent: metrics.counter('porchlight_component_stanzas_sent_total', 'Stanzas for components'),
        received: metrics.counter('porchlight_component_stanzas_received_total', 'Stanzas from components'),
        refused: metrics.counter('porchlight_component_connections_refused_total', 'Connections that did not become a component'),
      },
      gone: (stream) => this.#streams.delete(stream),
    }
    this.#admission = admission
    const early = scanLimits(streams, streams['stanza-size-before-login'])
    this.#tcp = {
      flusher: new Flusher(endOfTick),
      unread: unreadOf(streams, clock, streams['component-output-queue']),
      limits: early,
      startTls: null,
    }
    metrics.gauge(
      'porchlight_components_connected',
      'Components that are connected',
      () => [...this.components.all()].filter((c) => c.isConnected).length,
    )
  }
  /** Takes over an accepted connection. */
  accept(socket: Socket): void {
    this.#streams.add(new ComponentStream((handler) => new TcpCarrier(socket, handler, this.#tcp), this.#parts))
  }
  /** The states of the components, for the operator. */
  states(): readonly ComponentState[] {
    return [...this.components.all()].map((component) => component.state)
  }
  /** Ends all streams, because the server stops. Resolves when their stanzas have been processed, or after `SETTLE_MS`. */
  async close(): Promise<void> {
    const all = [...this.#streams]
    for (const stream of all) stream.shutDown()
    await inTime(this.#parts.clock, SETTLE_MS, Promise.all(all.map((stream) => stream.whenIdle())))
  }
  listen(host: string, port: number): Promise<Listening> {
    return listen({ host, port, admission: this.#admission, tls: null, accept: (socket) => this.accept(socket) })
  }
}

function itemOf(component: Component, ours: readonly string[]): DiscoItem {
  const { domain, settings } = component
  const name = settings.name === '' ? null : settings.name
  return { jid: domain, name, at: listedAt(domain, ours), isThere: () => component.isConnected }
}

/**
 * When a component disconnects, the link to each of our domains is lost, with accounts or a service behind it; when it connects, the links are up. We cannot
 * connect to a component: an attempt fails at once, and so does a stanza to it while it is not connected.
 */
function newsTo({ links, router }: Host): ComponentNews {
  const linkOf = (local: string, { domain }: Component): Link => links.of(local, domain, passive)
  return {
    up(component) {
      for (const local of router.here()) linkOf(local, component).opened()
    },
    down(component) {
      for (const local of router.here()) linkOf(local, component).closed(false)
    },
    missed(component, { from }) {
      if (router.placeOf(from) !== 'here') return
      const link = linkOf(from.domain, component)
      if (link.state === 'idle') link.failed()
    },
  }
}
