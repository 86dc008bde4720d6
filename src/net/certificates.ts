/**
 * The certificates of the server, one or several, chosen by the name that a client asks for (SNI, RFC 6066 section 3).
 * They are read again while the server runs. If a certificate can no longer be loaded, the previous one stays in use, so
 * that a typing error at renewal does not take the server offline.
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
  /** The state of the files at the last check, whether they could be loaded or not. */
  state: string
}

export class Certificates implements ContextSource {
  readonly #entries: readonly Entry[]
  readonly #trust: Authorities
  readonly #log: Log
  readonly #loading = new Serial()
  #byName: ReadonlyMap<string, LoadedCertificate>
  /** The contexts for streams between servers. */
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
   * @param sources at least one; the first is for clients that name no domain, or a domain without a certificate
   * @throws CertificateError if one of them cannot be used
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

  /** All certificates in use, the default first. */
  get all(): readonly LoadedCertificate[] {
    return this.#entries.map((e) => e.loaded)
  }

  /** When the first certificate expires. */
  get expiresAt(): Millis {
    return Math.min(...this.#entries.map((e) => e.loaded.expiresAt))
  }

  /** Reads all files again, for SIGHUP. False if at least one certificate could not be replaced; the log says why. */
  reload(): Promise<boolean> {
    return this.#loading.run(() => this.#refresh(() => true))
  }

  /** Checks the files every `interval` and reads changed ones again. Cancel the timer to stop. */
  watch(clock: Clock, interval: Millis): Timer {
    let stopped = false
    let timer = clock.after(interval, check)
    const again = (): void => {
      if (!stopped) timer = clock.after(interval, check)
    }
    const refresh = (): Promise<boolean> => this.refreshChanged()
    function check(): void {
      refresh().then(again, again)
    }
    return {
      cancel: () => {
        stopped = true
        timer.cancel()
      },
    }
  }

  /** Reads again what changed since the last check. False if a changed certificate cannot be used. */
  refreshChanged(): Promise<boolean> {
    return this.#loading.run(() => this.#refresh((entry, state) => entry.state !== state))
  }

  async #refresh(wanted: (entry: Entry, state: string) => boolean): Promise<boolean> {
    let good = true
    for (const entry of this.#entries) {
      // Taken before reading, so that the next check sees a change that happens in between.
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

/** Domains from the configuration win over names in certificates; otherwise the first entry wins. */
function byName(entries: readonly Entry[]): ReadonlyMap<string, LoadedCertificate> {
  const map = new Map<string, LoadedCertificate>()
  const add = (name: string, loaded: LoadedCertificate): void => {
    if (!map.has(name)) map.set(name, loaded)
  }
  for (const { loaded } of entries) for (const domain of loaded.source.domains) add(domain.toLowerCase(), loaded)
  for (const { loaded } of entries) for (const name of loaded.names.dnsNames) add(name, loaded)
  return map
}
