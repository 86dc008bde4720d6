/** The offers in `<stream:features/>` to a client (RFC 6120 4.3.2), before and after its authentication. */
import type { Offer, StreamFeatures, StreamInfo } from '../server/streams/stream-features.ts'
import { el, type Element } from '../xml/element.ts'
import { BIND, SASL, SASL2, SESSION, TLS } from '../xmpp/ns.ts'
import type { ScramHash } from '../xmpp/credentials.ts'
import type { Offer as SaslOffer } from '../sasl/offers.ts'
import { upgradeOffers } from './sasl-upgrade.ts'
import { limitsElement } from './stream-limits.ts'

const ROSTER_VERSIONING = el('ver', 'urn:xmpp:features:rosterver') // RFC 6121 2.6.1
const PRE_APPROVAL = el('sub', 'urn:xmpp:features:pre-approval') // RFC 6121 3.4.1
const BINDING = [el('bind', BIND), el('session', SESSION, {}, el('optional', SESSION))]
const CHANNEL_BINDING = 'urn:xmpp:sasl-cb:0'

/** RFC 6120 5.3.1. */
export const startTlsOffer = (isRequired: boolean): Element =>
  el('starttls', TLS, {}, ...(isRequired ? [el('required', TLS)] : []))

/**
 * @param upgrades the hashes for which clients can make keys (XEP-0480)
 * @param stanzaBytes the limit of a first-level element until the client has authenticated
 */
export function offersBefore(
  features: StreamFeatures,
  stream: StreamInfo,
  sasl: SaslOffer,
  upgrades: readonly ScramHash[],
  stanzaBytes: number,
): readonly Element[] {
  const { mechanisms, bindings } = sasl
  const offers = [el('mechanisms', SASL, {}, ...mechanisms.map((m) => el('mechanism', SASL, {}, m.name)))]
  // XEP-0388 3: only inside TLS; 2.1: with at least one mechanism
  if (stream.confidential && mechanisms.length > 0) offers.push(extensible(features, stream, sasl, upgrades))
  if (bindings.length > 0) {
    const types = bindings.map((type) => el('channel-binding', CHANNEL_BINDING, { type }))
    offers.push(el('sasl-channel-binding', CHANNEL_BINDING, {}, ...types)) // XEP-0440
  }
  return [...offers, limitsElement(stanzaBytes), ...made(features.beforeAuth, stream)]
}

/** XEP-0388 2.1. */
function extensible(
  { inlineFeatures }: StreamFeatures,
  stream: StreamInfo,
  { mechanisms }: SaslOffer,
  upgrades: readonly ScramHash[],
): Element {
  const inline = made(
    inlineFeatures.map(([, feature]) => feature.offer),
    stream,
  )
  return el(
    'authentication',
    SASL2,
    {},
    ...mechanisms.map((m) => el('mechanism', SASL2, {}, m.name)),
    ...(inline.length === 0 ? [] : [el('inline', SASL2, {}, ...inline)]),
    ...upgradeOffers(upgrades),
  )
}

/** @param stanzaBytes the limit of a first-level element from now on */
export function offersAfter(features: StreamFeatures, stream: StreamInfo, stanzaBytes: number): readonly Element[] {
  const binding = stream.session === null ? BINDING : []
  const limits = limitsElement(stanzaBytes, features.idle)
  return [...binding, ROSTER_VERSIONING, PRE_APPROVAL, limits, ...made(features.afterAuth, stream)]
}

const made = (offers: readonly Offer[], stream: StreamInfo): readonly Element[] =>
  offers.map((offer) => offer(stream)).filter((e) => e !== null)
