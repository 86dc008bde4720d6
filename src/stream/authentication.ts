/**
 * SASL on one stream, in either profile (RFC 6120 section 6, XEP-0388): the present attempt, and the number of failures.
 * `src/sasl/` decides what is offered, runs the mechanisms and decides who may log in. The two ways to write an exchange are
 * in `sasl-profiles.ts`.
 */
import type { TLSSocket } from 'node:tls'
import { unbound, type BindingType } from '../base/channel-binding.ts'
import { certificateNames } from '../net/certificate-names.ts'
import { channelBindings } from '../net/channel-binding.ts'
import { verifiedCertificate } from '../net/peer-certificate.ts'
import type { Logins } from '../sasl/authenticator.ts'
import type { LoginAttempt, LoginSuccess } from '../sasl/login-attempt.ts'
import type { ClientIdentity, Mechanism, SaslCondition } from '../sasl/mechanism.ts'
import type { Channel, Offer } from '../sasl/offers.ts'
import type { Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import type { Credentials, ScramHash } from '../xmpp/credentials.ts'
import type { Jid } from '../xmpp/jid.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import type { Carrier } from './carrier.ts'
import type { ClientStreamParts } from './client-parts.ts'
import { extensibleProfile, type SaslProfile, type Start } from './sasl-profiles.ts'
import { Upgrade, upgradesIn } from './sasl-upgrade.ts'

/** The result of a successful exchange. */
export interface Success {
  readonly jid: Jid
  /** The final data of the mechanism; null if it has none. */
  readonly data: Buffer | null
  /** The account's credentials, as they were when the client was checked against them. */
  readonly credentials: Credentials
  /** What the exchange began with. */
  readonly start: Start
}

interface Attempt {
  readonly profile: SaslProfile
  readonly start: Start
  readonly login: LoginAttempt
}

/** The exchange succeeded, and the client makes keys before it is told so (XEP-0480). */
interface Upgrading {
  readonly work: Upgrade
  readonly success: Success
}

export class Authentication {
  failures: number
  readonly #parts: ClientStreamParts
  readonly #logins: Logins
  readonly #address: string
  #attempt: Attempt | null = null
  /** Null except during an upgrade. */
  #upgrading: Upgrading | null = null

  /** @param from the `from` of the stream header, if it has one (6.4.6) */
  constructor(carrier: Carrier, domain: string, from: string | null, parts: ClientStreamParts, failures: number) {
    this.#parts = parts
    this.failures = failures
    this.#address = carrier.address
    const channel = channelOf(carrier)
    const mayBind = carrier.bindable // DEVIATES(17)
    this.#logins = parts.authenticator.logins({ domain, channel, mayBind, address: carrier.address, claimed: from })
  }
  get offer(): Offer {
    return this.#logins.offer
  }
  /** The hashes for which clients can make keys. */
  get upgrades(): readonly ScramHash[] {
    return this.#logins.upgrades
  }
  /** The channel bindings that are possible. */
  get bindings(): readonly BindingType[] {
    return this.#logins.bindings
  }
  /** Only elements of the exchange are allowed now. */
  get isExclusive(): boolean {
    return this.#attempt?.profile.isExclusive === true
  }
  /**
   * Handles an element of the exchange. Returns the answer, or the success.
   * @throws StreamError policy-violation after too many failures (6.4.5), or for an element that does not belong to the exchange
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

  /** 6.4.2: a second <auth/> replaces the first. */
  #start(profile: SaslProfile, start: Start): Wire | Promise<Wire | Success> {
    const mechanism = this.#mechanism(start)
    if (mechanism === undefined) return this.#failed(profile, this.#logins.refusal(start.mechanism), null, start)
    const attempt = { profile, start, login: this.#logins.begin(mechanism, start.device) }
    this.#attempt = attempt
    if (start.initial === null) return profile.challenge(Buffer.alloc(0)) // the initial response follows
    return this.#goOn(attempt, start.initial)
  }
  #mechanism({ mechanism: name, request }: Start): Mechanism | undefined {
    const inline = request === null ? undefined : this.#parts.server.streamFeatures.mechanismNamed(name)
    const started = inline === undefined ? undefined : { ...inline, start: inline.startFor(request!) }
    return this.#logins.mechanism(name) ?? started
  }
  async #goOn({ profile, start, login }: Attempt, data: Buffer): Promise<Wire | Success> {
    const step = await login.step(data)
    if (step.kind === 'challenge') return profile.challenge(step.data)
    if (step.kind === 'failure') return this.#failed(profile, step.condition, step.text)
    return this.#succeeded(start, login, step)
  }
  #succeeded(start: Start, { byPassword }: LoginAttempt, { jid, data, credentials }: LoginSuccess): Wire | Success {
    const wanted = this.upgrades.filter((hash) => credentials[hash] === undefined)
    const hashes = start.request === null || !byPassword ? [] : upgradesIn(start.request, wanted)
    const { entropy, authenticator } = this.#parts
    const work = new Upgrade(hashes, authenticator.iterations, entropy)
    return this.#goOnUpgrading({ work, success: { jid, data, credentials, start } })
  }
  /** XEP-0480 2.2: one task after the other, and finally the success. */
  #goOnUpgrading({ work, success }: Upgrading): Wire | Success {
    const { tasks } = work
    // The data of the mechanism are sent with the first task.
    this.#upgrading = tasks === null ? null : { work, success: { ...success, data: null } }
    if (tasks !== null) return extensibleProfile.continue(success.data, tasks)
    this.#attempt = null
    return success
  }
  async #upgraded(profile: SaslProfile, data: Element): Promise<Wire | Success> {
    const keys = this.#upgrading?.work.keys(data) ?? null
    if (keys === null) return this.#failed(profile, 'malformed-request')
    const { work, success } = this.#upgrading!
    const { oldAccounts } = this.#parts.authenticator
    const credentials = await oldAccounts.add(success.jid.bare, success.credentials, keys)
    return this.#goOnUpgrading({ work, success: { ...success, credentials } })
  }
  #failed(profile: SaslProfile, condition: SaslCondition, text: string | null = null, start = this.#attempt?.start): Wire {
    const account = this.#attempt?.login.account ?? null
    const [address, mechanism] = [this.#address, start?.mechanism ?? null]
    const isRare = this.#logins.failed(condition, account)
    this.#parts.server.host.tell('login-failed', { account, address, mechanism, condition, isRare })
    this.#attempt = null
    this.#upgrading = null
    this.failures += 1
    if (this.failures > this.#parts.streams['login-attempts'])
      throw new StreamError('policy-violation', 'Too many failed attempts to log in')
    return profile.failure(condition, text)
  }
}

const channelOf = ({ tls, confidential }: Carrier): Channel => ({
  tls: confidential,
  bindings: tls === null ? unbound : channelBindings(tls),
  certificate: tls === null ? null : identityOf(tls),
})

/** A client certificate counts only if its chain was verified (RFC 6120 13.7.2, XEP-0178 2). */
function identityOf(tls: TLSSocket): ClientIdentity | null {
  const certificate = verifiedCertificate(tls)
  return certificate === null ? null : { xmppAddrs: certificateNames(certificate.raw).xmppAddrs }
}
