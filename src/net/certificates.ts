/**
 * The certificates that the server shows: one or several, chosen by the name that a client asks for (SNI,
 * RFC 6066 section 3), read again while the server runs. A certificate that cannot be loaded any more leaves the one
 * before it in place: a typing error at renewal must not take the server off the net.
 */
import type { SecureContext } from 'node:tls'
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Serial } from '../base/serial.ts'
import {
  CertificateError,
  loadCertificate,
  stateOf,
  type Authorities,
  type CertificateSource,
  type LoadedCertificate,
} from './certificate-files.ts'
import { Anchors } from './server-chain.ts'
import type { ContextSource, ServerContexts } from './tls-options.ts'

interface Entry {
  loaded: LoadedCertificate
  /** Of the files when they were last looked at, whether they could be loaded or not. */
  state: string
}

export class Certificates implements ContextSource {
  readonly #entries: readonly Entry[]
  readonly #trust: Authorities
  readonly #log: Log
  readonly #loading = new Serial()
  #byName: ReadonlyMap<string, LoadedCertificate>
  /** The same for streams between servers. */
  readonly betweenServers: ServerContexts

  private constructor(entries: readonly Entry[], trust: Authorities, log: Log) {
    this.#entries = entries
    this.#trust = trust
    this.#log = log
    this.#byName = byName(entries)
    this.betweenServers = {
      secureContextFor: (servername) => this.certificateFor(servername).betweenServers,
      anchors: new Anchors(trust.ofServers),
    }
  }

  /**
   * @param sources at least one; the first is for clients that name no domain or one that nobody has
   * @throws CertificateError when one of them cannot be used
   */
  static async load(sources: readonly CertificateSource[], trust: Authorities, log: Log): Promise<Certificates> {
    const entries = await Promise.all(
      sources.map(async (source) => ({ state: await stateOf(source), loaded: await loadCertificate(source, trust) })),
    )
    if (entries.length === 0) throw new CertificateError('certificate', 'there is no certificate')
    return new Certificates(entries, trust, log)
  }

  /** @param servername as it came in SNI; null for the default */
  certificateFor(servername: string | null): LoadedCertificate {
    const name = servername?.toLowerCase().replace(/\.$/, '') ?? ''
    // RFC 6125 6.4.3: a wildcard stands for exactly one whole label, the leftmost.
    const dot = name.indexOf('.')
    const wildcard = dot > 0 ? this.#byName.get(`*${name.slice(dot)}`) : undefined
    return this.#byName.get(name) ?? wildcard ?? this.#entries[0]!.loaded
  }

  secureContextFor(servername: string | null): SecureContext {
    return this.certificateFor(servername).secureContext
  }

  /** All that are in use, the default first. */
  get all(): readonly LoadedCertificate[] {
    return this.#entries.map((e) => e.loaded)
  }

  /** When the first of them expires. */
  get expiresAt(): Millis {
    return Math.min(...this.#entries.map((e) => e.loaded.expiresAt))
  }

  /** Reads all files again, for SIGHUP. False: at least one was left as it was, and the log says why. */
  reload(): Promise<boolean> {
    return this.#loading.run(() => this.#refresh(() => true))
  }

  /** Looks at the files every `interval` and reads again what has changed. Cancel the timer to stop. */
  watch(clock: Clock, interval: Millis): Timer {
    let stopped = false
    let timer = clock.after(interval, look)
    const again = (): void => {
      if (!stopped) timer = clock.after(interval, look)
    }
    const refresh = (): Promise<boolean> => this.refreshChanged()
    function look(): void {
      refresh().then(again, again)
    }
    return {
      cancel: () => {
        stopped = true
        timer.cancel()
      },
    }
  }

  /** Reads again what has changed since it was last looked at. False: something changed that is of no use. */
  refreshChanged(): Promise<boolean> {
    return this.#loading.run(() => this.#refresh((entry, state) => entry.state !== state))
  }

  async #refresh(wanted: (entry: Entry, state: string) => boolean): Promise<boolean> {
    let good = true
    for (const entry of this.#entries) {
      // Taken before reading: what changes in between is seen the next time.
      const state = await stateOf(entry.loaded.source)
      if (!wanted(entry, state)) continue
      entry.state = state
      good = (await this.#replace(entry)) && good
    }
    this.#byName = byName(this.#entries)
    return good
  }

  async #replace(entry: Entry): Promise<boolean> {
    const before = entry.loaded
    try {
      entry.loaded = await loadCertificate(before.source, this.#trust)
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      this.#log.error(
        { reason: error.message, expiresAt: dateOf(before.expiresAt) },
        'The new certificate cannot be used; the old one stays in use',
      )
      return false
    }
    if (entry.loaded.fingerprint !== before.fingerprint) {
      this.#log.info({ chainFile: before.source.chainFile, expiresAt: dateOf(entry.loaded.expiresAt) }, 'Certificate replaced')
    }
    return true
  }
}

const dateOf = (moment: Millis): string => new Date(moment).toISOString()

/** Domains that the operator gave win over names in certificates; among equals, the first entry wins. */
function byName(entries: readonly Entry[]): ReadonlyMap<string, LoadedCertificate> {
  const map = new Map<string, LoadedCertificate>()
  const add = (name: string, loaded: LoadedCertificate): void => {
    if (!map.has(name)) map.set(name, loaded)
  }
  for (const { loaded } of entries) for (const domain of loaded.source.domains) add(domain.toLowerCase(), loaded)
  for (const { loaded } of entries) for (const name of loaded.names.dnsNames) add(name, loaded)
  return map
}
