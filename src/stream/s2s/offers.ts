/** What the server offers another server in `<stream:features/>` in addition to TLS and SASL. */
import { el, type Element } from '../../xml/element.ts'
import { DIALBACK_FEATURE } from './dialback/elements.ts'

/** XEP-0288. */
export const BIDI = 'urn:xmpp:bidi'
export const BIDI_FEATURE = 'urn:xmpp:features:bidi'

export const dialbackOffer: Element = el('dialback', DIALBACK_FEATURE, {}, el('errors', DIALBACK_FEATURE))
export const bidiOffer: Element = el('bidi', BIDI_FEATURE)
