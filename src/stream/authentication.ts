/**
 * SASL on one stream, whichever profile the client speaks (RFC 6120 section 6, XEP-0388): what is offered, the exchange
 * that is under way, the count of failures, and the comparison with what the stream's header claimed. The mechanisms
 * themselves are machines in `sasl/`, the two ways to write an exchange down are in `sasl/profiles.ts`.
 */
import type { TLSSocket } from 'node:tls'
import { unbound, type BindingType } from '../base/channel-binding.ts'
import { pause } from '../base/clock.ts'
import { certificateNames } from '../net/certificate-names.ts'
import { channelBindings } from '../net/channel-binding.ts'
import { verifiedCertificate } from '../net/peer-certificate.ts'
import { disabledWords } from '../server/account/endings.ts'
import {
  failure,
  type ClientIdentity,
  type CredentialSource,
  type Exchange,
  type Mechanism,
  type SaslCondition,
  type SaslContext,
  type SaslStep,
} from '../server/sasl/mechanism.ts'
import type { Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import type { Credentials, ScramHash } from '../xmpp/credentials.ts'
import { jid as parseJid, type Jid } from '../xmpp/jid.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import type { Carrier } from './carrier.ts'
import type { ClientStreamParts } from './client-parts.ts'
import { extensibleProfile } from './sasl/profiles.ts'
import { Upgrade, upgradesIn } from './sasl/upgrade.ts'
import { advertisedIn, type Channel, type Offer } from './sasl/offers.ts'
import type { SaslProfile, Start } from './sasl/profiles.ts'

/** What an exchange came to that succeeded. */
export interface Success {
  readonly jid: Jid
  /** What the mechanism still has to say; null: nothing. */
  readonly data: Buffer | null
  /** The account's, as they were when the client was measured against them. */
  readonly credentials: Credentials
  /** What it began with. */
  readonly start: Start
}

interface Attempt {
  readonly profile: SaslProfile
  readonly start: Start
  readonly exchange: Exchange
  readonly byPassword: boolean
  /** The account that it is about, as far as it has said so. */
  account: string | null
}

/** It has succeeded, and makes keys before it is told so (XEP-0480). */
interface Upgrading {
  readonly work: Upgrade
  readonly success: Success
}

export class Authentication {
  failures: number
  readonly offer: Offer
  /** Hashes whose keys clients may make. */
  readonly upgrades: readonly ScramHash[]
  readonly #parts: ClientStreamParts
  readonly #channel: Channel
  readonly #context: SaslContext
  readonly #seen: SeenCredentials
  /** The bare JID that the stream's header named, if any (6.4.6). */
  readonly #claimed: string | null
  readonly #address: string
  #attempt: Attempt | null = null
  /** Only during an attempt. */
  #upgrading: Upgrading | null = null

  constructor(carrier: Carrier, domain: string, from: string | null, parts: ClientStreamParts, failures: number) {
    this.#parts = parts
    this.failures = failures
    this.#claimed = from
    this.#address = carrier.address
    const full = channelOf(carrier)
    const bindings = carrier.bindable ? full.bindings : unbound // DEVIATES(17)
    this.#channel = { ...full, bindings }
    const policy = parts.oldAccounts.policy(domain)
    this.offer = parts.mechanisms.offer(this.#channel, policy)
    this.upgrades = parts.oldAccounts.wanted(domain)
    this.#seen = new SeenCredentials(parts.credentials)
    const { entropy, fakeSaltKey, sasl } = parts
    this.#context = {
      domain,
      accounts: this.#seen,
      likeness: (name, place) => parts.credentials.credentialsNear(name, place),
      entropy,
      fakeSaltKey,
      bindings,
      certificate: this.#channel.certificate,
      // Also where it is kept back: a client that can bind and does not see it has been deceived (RFC 5802 6).
      plusKnown: parts.mechanisms.offer(full, policy).plusOffered,
      advertised: sasl['downgrade-protection'] ? advertisedIn(this.offer) : null,
      iterations: sasl['iterations'],
      renew: (bare, credentials, prepared) => parts.oldAccounts.renew(bare, credentials, prepared),
      request: null,
      device: null,
    }
  }
  /** What its channel can be bound by. */
  get bindings(): readonly BindingType[] {
    return this.#channel.bindings.types
  }
  /** Only what belongs to the exchange may come now. */
  get isExclusive(): boolean {
    return this.#attempt?.profile.isExclusive === true
  }
  /**
   * What to answer, or who it is.
   * @throws StreamError policy-violation after too many failures (6.4.5), or for what does not belong there
   */
  async step(profile: SaslProfile, element: Element): Promise<Wire | Success> {
    const said = profile.read(element)
    if (this.isExclusive && (said.kind === 'start' || profile !== this.#attempt!.profile))
      throw new StreamError('policy-violation', 'Another login is in progress on this stream')
    switch (said.kind) {
      case 'start':
        return this.#start(profile, said)
      case 'response': {
        const attempt = this.#attempt
        if (attempt === null || attempt.profile !== profile || this.#upgrading !== null)
          return this.#failed(profile, 'malformed-request')
        return this.#goOn(attempt, said.data)
      }
      case 'next': {
        const salt = this.#upgrading?.work.begin(said.task) ?? null
        return salt === null ? this.#failed(profile, 'malformed-request') : extensibleProfile.taskData(salt)
      }
      case 'task-data':
        return this.#upgraded(profile, said.data)
      case 'abort':
        return this.#failed(profile, 'aborted')
      case 'wrong':
        return this.#failed(profile, said.condition, said.text)
    }
  }

  /** 6.4.2: a second <auth/> takes the place of the first. */
  #start(profile: SaslProfile, start: Start): Wire | Promise<Wire | Success> {
    const { mechanism: name, initial, request, device } = start
    const inline = request === null ? undefined : this.#parts.server.streamFeatures.mechanismNamed(name)
    const mechanism = this.offer.mechanisms.find((m) => m.name === name) ?? inline
    if (mechanism === undefined) return this.#failed(profile, this.#parts.mechanisms.refusal(name, this.#channel), null, start)
    const credentials = (bare: string): Promise<Credentials | null> => this.#lookUp(attempt, mechanism, bare)
    const context = { ...this.#context, accounts: { credentials }, request, device }
    const attempt: Attempt = {
      profile,
      start,
      exchange: mechanism.start(context),
      byPassword: mechanism.byPassword,
      account: null,
    }
    this.#attempt = attempt
    if (initial === null) return profile.challenge(Buffer.alloc(0)) // it comes next
    return this.#goOn(attempt, initial)
  }
  /** What a mechanism asks for. Whoever may be guessing a password waits. @throws TooManyGuesses */
  async #lookUp(attempt: Attempt, { byPassword }: Mechanism, bare: string): Promise<Credentials | null> {
    const { guesses, clock } = this.#parts
    attempt.account = bare
    const wait = byPassword ? guesses.wait(bare, this.#address) : 0
    if (wait === null) throw new TooManyGuesses()
    if (wait > 0) await pause(clock, wait)
    return this.#seen.credentials(bare)
  }
  async #goOn({ profile, start, exchange, byPassword }: Attempt, data: Buffer): Promise<Wire | Success> {
    const step = await this.#try(exchange, data)
    if (step.kind === 'challenge') return profile.challenge(step.data)
    if (step.kind === 'failure') return this.#failed(profile, step.condition, step.text)
    this.#parts.guesses.succeeded(step.jid.bare, this.#address)
    const success = { jid: step.jid, data: step.data, credentials: this.#seen.of(step.jid.bare), start }
    const wanted = this.upgrades.filter((hash) => success.credentials[hash] === undefined)
    const hashes = start.request === null || !byPassword ? [] : upgradesIn(start.request, wanted)
    const { sasl, entropy } = this.#parts
    return this.#goOnUpgrading({ work: new Upgrade(hashes, sasl['iterations'], entropy), success })
  }
  /** XEP-0480 2.2: one task after the other, and in the end the success. */
  #goOnUpgrading({ work, success }: Upgrading): Wire | Success {
    const { tasks } = work
    // What the mechanism has to say goes with the first of them
    this.#upgrading = tasks === null ? null : { work, success: { ...success, data: null } }
    if (tasks !== null) return extensibleProfile.continue(success.data, tasks)
    this.#attempt = null
    return success
  }
  async #upgraded(profile: SaslProfile, data: Element): Promise<Wire | Success> {
    const keys = this.#upgrading?.work.keys(data) ?? null
    if (keys === null) return this.#failed(profile, 'malformed-request')
    const { work, success } = this.#upgrading!
    const credentials = await this.#parts.oldAccounts.add(success.jid.bare, success.credentials, keys)
    return this.#goOnUpgrading({ work, success: { ...success, credentials } })
  }
  async #try(exchange: Exchange, data: Buffer): Promise<SaslStep> {
    try {
      const step = await exchange.step(data)
      return step.kind === 'success' ? ((await this.#refusal(step.jid)) ?? step) : step
    } catch (error) {
      if (error instanceof TooManyGuesses) return failure('temporary-auth-failure', error.message)
      this.#parts.log.error({ err: error }, 'Credentials could not be read from the database')
      return failure('temporary-auth-failure')
    }
  }
  /** What is said only to somebody who has proved to be that user; null: let in. */
  async #refusal(jid: Jid): Promise<SaslStep | null> {
    if (!this.#mayBe(jid)) return failure('invalid-authzid')
    const disabled = (await this.#parts.accounts.load(jid.bare))?.disabled ?? null
    return disabled === null ? null : failure('account-disabled', disabledWords(disabled)) // 6.5.1
  }
  #failed(profile: SaslProfile, condition: SaslCondition, text: string | null = null, start = this.#attempt?.start): Wire {
    this.#tell(condition, start?.mechanism ?? null)
    this.#attempt = null
    this.#upgrading = null
    this.failures += 1
    if (this.failures > this.#parts.streams['login-attempts'])
      throw new StreamError('policy-violation', 'Too many failed attempts to log in')
    return profile.failure(condition, text)
  }
  #tell(condition: SaslCondition, mechanism: string | null): void {
    const { guesses, server } = this.#parts
    const account = this.#attempt?.account ?? null
    const [address, isGuess] = [this.#address, condition === 'not-authorized']
    // Who was refused unheard has not failed once more
    const isRare = condition !== 'temporary-auth-failure' && guesses.failed(isGuess ? account : null, address)
    server.host.tell('login-failed', { account, address, mechanism, condition, isRare })
  }
  /** 6.4.6: the authenticated identity against the `from` of the stream header. */
  #mayBe(jid: Jid): boolean {
    if (this.#claimed === null) return true
    try {
      return parseJid(this.#claimed).bare === jid.bare
    } catch {
      return false
    }
  }
}

class TooManyGuesses extends Error {
  constructor() {
    super('Too many failed attempts. Try again in a few minutes')
  }
}

/** Remembers what the clients of a stream were measured against: the account's credentials may change meanwhile. */
class SeenCredentials implements CredentialSource {
  readonly #source: CredentialSource
  readonly #seen = new Map<string, Credentials>()

  constructor(source: CredentialSource) {
    this.#source = source
  }
  async credentials(bare: string): Promise<Credentials | null> {
    const found = await this.#source.credentials(bare)
    if (found !== null) this.#seen.set(bare, found)
    return found
  }
  /** Of an account that some exchange has asked for. */
  of(bare: string): Credentials {
    return this.#seen.get(bare)!
  }
}

const channelOf = ({ tls, confidential }: Carrier): Channel => ({
  tls: confidential,
  bindings: tls === null ? unbound : channelBindings(tls),
  certificate: tls === null ? null : identityOf(tls),
})

/** A client certificate counts when its chain was verified (RFC 6120 13.7.2, XEP-0178 2). */
function identityOf(tls: TLSSocket): ClientIdentity | null {
  const certificate = verifiedCertificate(tls)
  return certificate === null ? null : { xmppAddrs: certificateNames(certificate.raw).xmppAddrs }
}
