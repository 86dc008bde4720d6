/**
 * XEP-0114: domains of ours that another program serves (RFC 6120 10.5). A configured domain is never looked up
 * elsewhere: while its component is not connected, every stanza for it is answered with
 * `<remote-server-timeout/>` (CORE-31), and the loss of the component is the loss of a link.
 * Decisions: docs/decisions/009-components.md.
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { ComponentState } from '../server/routing/component-state.ts'
import type { Ending } from '../server/account/endings.ts'
import type { Router, Destination } from '../server/routing/router.ts'
import { prepareDomain, type Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import type { ComponentSettings } from './settings.ts'

/** The connection of a component that has authenticated. */
export interface ComponentLine {
  /** Address and port of the program. */
  readonly remote: string
  /** @param origin as in `Destination.deliver` */
  send(packet: Packet, origin: Jid | null): void
  /** Asks for a sign of life: `Component.heard` follows if the component is alive. */
  ping(): void
  /** The connection may serve the domain from now on. */
  admitted(): void
  /** Another connection serves the domain. */
  conflict(): void
}

/** Told about each component that connects or disconnects. */
export interface ComponentNews {
  up(component: Component): void
  down(component: Component): void
  /** A stanza was for the component while it was not connected. */
  missed(component: Component, packet: Packet): void
}

/** How long the present connection has to show that it is alive when another one wants its domain. */
const PROOF_MS: Millis = 10_000

export class Component implements Destination {
  readonly domain: string
  readonly settings: ComponentSettings
  readonly #clock: Clock
  readonly #news: ComponentNews
  #line: ComponentLine | null = null
  #since: Millis | null = null
  #ending: Ending | null = null
  /** A connection that waits until it is known whether `#line` is alive. */
  #challenger: ComponentLine | null = null
  #timer: Timer | null = null

  constructor(settings: ComponentSettings, clock: Clock, news: ComponentNews) {
    this.domain = prepareDomain(settings.domain)
    this.settings = settings
    this.#clock = clock
    this.#news = news
  }
  get isConnected(): boolean {
    return this.#line !== null
  }
  get state(): ComponentState {
    return {
      domain: this.domain,
      connected: this.isConnected,
      since: this.#since,
      remote: this.#line?.remote ?? null,
      ending: this.#ending?.name ?? null,
    }
  }
  deliver(packet: Packet, origin: Jid | null): void {
    if (this.#line !== null) return this.#line.send(packet, origin)
    this.#news.missed(this, packet)
    throw new StanzaError('remote-server-timeout', { text: 'The service is not connected' })
  }

  /**
   * A connection has authenticated. The present connection keeps the domain if it is alive; otherwise two programs would
   * take it from each other for ever. If the present one is dead, the new one need not wait for its end.
   */
  admit(line: ComponentLine): void {
    if (this.#line === null) return this.#take(line)
    if (this.#challenger !== null) return line.conflict()
    this.#challenger = line
    this.#timer = this.#clock.after(PROOF_MS, () => this.#line?.conflict())
    this.#line.ping()
  }
  /** Something arrived from `line`. */
  heard(line: ComponentLine): void {
    if (line !== this.#line || this.#challenger === null) return
    const challenger = this.#challenger
    this.#forgetChallenger()
    challenger.conflict()
  }
  /** `line` is closed. Its earlier stanzas have been processed. */
  lost(line: ComponentLine, ending: Ending): void {
    if (line === this.#challenger) this.#forgetChallenger()
    if (line !== this.#line) return
    this.#line = null
    this.#since = this.#clock.now()
    this.#ending = ending
    this.#news.down(this)
    const challenger = this.#challenger
    this.#forgetChallenger()
    if (challenger !== null) this.#take(challenger)
  }

  #take(line: ComponentLine): void {
    this.#line = line
    this.#since = this.#clock.now()
    line.admitted()
    this.#news.up(this)
  }
  #forgetChallenger(): void {
    this.#challenger = null
    this.#timer?.cancel()
    this.#timer = null
  }
}

/** The components of the configuration. Each has its domain, connected or not. */
export class Components {
  readonly #byDomain = new Map<string, Component>()

  constructor(all: readonly ComponentSettings[], router: Router, clock: Clock, news: ComponentNews) {
    for (const settings of all) {
      const component = new Component(settings, clock, news)
      router.claim(component.domain, 'component', component)
      this.#byDomain.set(component.domain, component)
    }
  }
  /** @param domain prepared */
  get(domain: string): Component | undefined {
    return this.#byDomain.get(domain)
  }
  all(): Iterable<Component> {
    return this.#byDomain.values()
  }
}
