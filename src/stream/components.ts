/**
 * XEP-0114: domains of ours that a program of its own serves (RFC 6120 10.5). A domain that is configured is never
 * looked for elsewhere: while its component is not connected, everything for it is answered with
 * `<remote-server-timeout/>` (CORE-31), and its loss is the loss of a link. Decisions: docs/decisions/009-components.md.
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { ComponentState } from '../server/routing/component-state.ts'
import type { Ending } from '../server/account/endings.ts'
import type { Router, Destination } from '../server/routing/router.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import type { ComponentSettings } from './settings.ts'

/** The connection of a component that has proved that it is one. */
export interface ComponentLine {
  /** Address and port of the program. */
  readonly remote: string
  send(packet: Packet): void
  /** Wants to hear anything from it: `Component.heard` follows, or does not. */
  ping(): void
  /** It may serve the domain from now on. */
  admitted(): void
  /** Another connection serves the domain. */
  conflict(): void
}

/** Told of each component that comes and goes. */
export interface ComponentNews {
  up(component: Component): void
  down(component: Component): void
  /** Something was for it while it was not there. */
  missed(component: Component, packet: Packet): void
}

/** So long a connection that serves a domain has to show that it is alive, when another one wants to. */
const PROOF_MS: Millis = 10_000

export class Component implements Destination {
  readonly domain: string
  readonly settings: ComponentSettings
  readonly #clock: Clock
  readonly #news: ComponentNews
  #line: ComponentLine | null = null
  #since: Millis | null = null
  #ending: Ending | null = null
  /** Waits until it is known whether `#line` is alive. */
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
  deliver(packet: Packet): void {
    if (this.#line !== null) return this.#line.send(packet)
    this.#news.missed(this, packet)
    throw new StanzaError('remote-server-timeout', { text: 'The service is not connected' })
  }

  /**
   * A connection has proved to know the secret. The one that is there keeps the domain if it is alive, for two would
   * take it from each other for ever; if it is dead, nobody would have to wait for its end.
   */
  admit(line: ComponentLine): void {
    if (this.#line === null) return this.#take(line)
    if (this.#challenger !== null) return line.conflict()
    this.#challenger = line
    this.#timer = this.#clock.after(PROOF_MS, () => this.#line?.conflict())
    this.#line.ping()
  }
  /** Something has come from `line`. */
  heard(line: ComponentLine): void {
    if (line !== this.#line || this.#challenger === null) return
    const challenger = this.#challenger
    this.#forgetChallenger()
    challenger.conflict()
  }
  /** `line` is over. What it sent before has been processed. */
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

/** The components that the configuration names. Each has its domain from now on, connected or not. */
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
