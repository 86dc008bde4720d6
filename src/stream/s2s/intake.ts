/**
 * What another domain may send us (RFC 6120 13.12, SEC-15): all its streams together, on average, and together with
 * every other domain of the same party. Excess stanzas wait, and we stop reading; excess subscription requests are refused.
 * No other domain is affected.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import type { Parties } from '../../server/routing/parties.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { FederationSettings } from './settings.ts'

/** The most parties whose rate is remembered; beyond it the one first seen is forgotten. */
const PARTIES_MAX = 10_000
/** A party can save up what it may send in this many seconds. */
const SAVED_SECONDS = 4

interface Pace {
  readonly stanzas: Bucket | null
  readonly octets: Bucket | null
  readonly requests: Bucket | null
}

export class Intake {
  readonly #settings: FederationSettings
  readonly #parties: Parties
  readonly #clock: Clock
  readonly #paces = new BoundedMap<string, Pace>(PARTIES_MAX)

  constructor(settings: FederationSettings, parties: Parties, clock: Clock) {
    this.#settings = settings
    this.#parties = parties
    this.#clock = clock
  }
  /** Takes the cost of the stanza, and returns how long it has to wait. @throws StanzaError policy-violation: too many requests */
  admit(packet: Packet, octetsOnWire: number): Millis {
    const { stanzas, octets, requests } = this.#pace(this.#parties.of(packet.from.domain))
    const now = this.#clock.now()
    const wait = Math.max(stanzas?.take(1, now) ?? 0, octets?.take(octetsOnWire, now) ?? 0)
    if (requests !== null && packet.kind === 'presence' && packet.type === 'subscribe' && requests.tryTake(1, now) > 0) {
      throw new StanzaError('policy-violation', { type: 'wait', text: 'Too many subscription requests from this domain' })
    }
    return wait
  }

  #pace(party: string): Pace {
    let pace = this.#paces.get(party)
    if (pace === undefined) this.#paces.set(party, (pace = this.#fresh()))
    return pace
  }
  #fresh(): Pace {
    const now = this.#clock.now()
    const bucket = (perSecond: number, seconds: number): Bucket | null =>
      perSecond === 0 ? null : new Bucket(perSecond * seconds, perSecond, now)
    return {
      stanzas: bucket(this.#settings['stanzas-per-second'], SAVED_SECONDS),
      octets: bucket(this.#settings['bytes-per-second'], SAVED_SECONDS),
      requests: bucket(this.#settings['subscriptions-per-minute'] / 60, 60),
    }
  }
}
