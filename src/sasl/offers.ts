/**
 * Which mechanisms a stream is offered, in the server's order of preference (RFC 6120 6.3.3, 6.3.4, 13.8), and the channel
 * binding types for them (XEP-0440): types are listed exactly if a -PLUS mechanism is. What needs TLS is not offered before TLS,
 * and what is not offered is not accepted.
 */
import type { BindingType, ChannelBindings } from '../base/channel-binding.ts'
import { external } from './external.ts'
import type { ClientIdentity, Mechanism, SaslCondition } from './mechanism.ts'
import { plain } from './plain.ts'
import { scram } from './scram.ts'
import type { VerifiedPasswords } from './verified-passwords.ts'

/** What is known of the stream when its features are sent. */
export interface Channel {
  /** Whether TLS protects it. */
  readonly tls: boolean
  readonly bindings: ChannelBindings
  /** Null if there is no certificate, or one that was not accepted. */
  readonly certificate: ClientIdentity | null
}

export interface SaslPolicy {
  /** The names of SCRAM mechanisms and EXTERNAL that may be offered. If all have -PLUS, channel binding is required. */
  readonly enabled: ReadonlySet<string>
  /** Whether PLAIN is offered inside TLS. Every SCRAM mechanism is better (RFC 6120 13.8). */
  readonly plain: boolean
  /** Whether PLAIN is also offered without TLS, which RFC 6120 13.8 forbids: for tests. No effect without `plain`. */
  readonly plainWithoutTls: boolean
  /** Whether anything is offered without TLS. Only for a trusted network: it violates RFC 7590. */
  readonly withoutTls: boolean
}

export interface Offer {
  /** In the order of preference, best first. */
  readonly mechanisms: readonly Mechanism[]
  /** Empty if no -PLUS mechanism is offered: then there is no XEP-0440 feature. */
  readonly bindings: readonly BindingType[]
  readonly plusOffered: boolean
  /** As XEP-0474 writes it down. */
  readonly advertised: string
}

/** XEP-0474 4.1, steps 1 to 4: in the order of their octets, with delimiters that XML cannot contain. */
export function advertisedIn({ mechanisms, bindings }: Pick<Offer, 'mechanisms' | 'bindings'>): string {
  const sorted = (names: readonly string[]): string => names.toSorted().join('\x1e') // all of it is ASCII
  const names = sorted(mechanisms.map(({ name }) => name))
  return bindings.length === 0 ? names : `${names}\x1f${sorted(bindings)}`
}

/** Every mechanism that this server knows, best first. */
export class Mechanisms {
  readonly #bound = [scram('sha-512', true), scram('sha-256', true), scram('sha-1', true)]
  readonly #unbound = [scram('sha-512', false), scram('sha-256', false), scram('sha-1', false)]
  readonly plain: Mechanism
  readonly #needTls: readonly Mechanism[]
  /** By policy, then by what matters of a channel: there are only a few kinds. */
  readonly #offers = new WeakMap<SaslPolicy, Map<string, Offer>>()

  constructor(verified: VerifiedPasswords) {
    this.plain = plain(verified)
    this.#needTls = [external, ...this.#bound, this.plain]
  }

  /** The same object for channels of one kind, as long as the policy is the same. */
  offer(channel: Channel, policy: SaslPolicy): Offer {
    const { tls, certificate, bindings } = channel
    const kind = `${tls} ${(certificate?.xmppAddrs.length ?? 0) > 0} ${bindings.types.join(' ')}`
    const offers = this.#offers.get(policy) ?? new Map<string, Offer>()
    const known = offers.get(kind)
    if (known !== undefined) return known
    const offer = this.#offer(channel, policy)
    this.#offers.set(policy, offers.set(kind, offer))
    return offer
  }

  /**
   * Why a mechanism that was not offered is refused: it requires TLS (RFC 6120 6.5.4), policy finds it too weak (6.5.9), or it is
   * unknown or cannot work here (6.5.7).
   */
  refusal(name: string, channel: Channel): SaslCondition {
    const weak = [...this.#unbound, this.plain].some((m) => m.name === name)
    if (!channel.tls) return weak || this.#needTls.some((m) => m.name === name) ? 'encryption-required' : 'invalid-mechanism'
    return weak ? 'mechanism-too-weak' : 'invalid-mechanism'
  }

  #offer({ tls, certificate, bindings }: Channel, policy: SaslPolicy): Offer {
    const candidates: Mechanism[] = []
    // RFC 6120 6.3.4: EXTERNAL comes first for a client with an acceptable certificate.
    if (tls && certificate !== null && certificate.xmppAddrs.length > 0) candidates.push(external)
    if (tls && bindings.types.length > 0) candidates.push(...this.#bound)
    if (tls || policy.withoutTls) candidates.push(...this.#unbound)
    const mechanisms = candidates.filter((m) => policy.enabled.has(m.name))
    if (policy.plain && (tls || (policy.withoutTls && policy.plainWithoutTls))) mechanisms.push(this.plain)
    const plusOffered = mechanisms.some((m) => this.#bound.includes(m))
    const types = plusOffered ? bindings.types : []
    return { mechanisms, bindings: types, plusOffered, advertised: advertisedIn({ mechanisms, bindings: types }) }
  }
}
