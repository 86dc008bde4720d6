/**
 * RFC 6120 section 4: how a stream opens and closes over TCP, between client and server or between servers; and what
 * other framings need in addition, where no stream header declares namespaces for what follows.
 */
import { el, type Element } from '../xml/element.ts'
import { escape, wire, type Wire } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { CLIENT, SERVER, STREAM } from '../xmpp/ns.ts'
import type { StreamError } from '../xmpp/stream-error.ts'
import type { OpenOptions } from './carrier.ts'

export const CLOSE: Wire = wire('</stream:stream>')

/** The namespaces that a stream header declares for its content (4.8.2, 4.8.3). */
export type Declarations = string
export const forClient: Declarations = `xmlns='${CLIENT}' xmlns:stream='${STREAM}'`
/** XEP-0220 2.4.1: the prefix says that dialback is supported. */
export const forServer: Declarations = `xmlns='${SERVER}' xmlns:stream='${STREAM}' xmlns:db='jabber:server:dialback'`

/** A stream header (4.7). */
export function open(options: OpenOptions, declarations: Declarations = forClient): Wire {
  return wire(`<?xml version='1.0'?><stream:stream ${declarations}${headerAttributes(options)}>`)
}

/** The attributes of a stream header in every framing, with a space before each. */
export function headerAttributes({ from, id, to, lang }: OpenOptions): string {
  const optional = (name: string, value: string | null): string =>
    value === null || value === '' ? '' : ` ${name}='${escape(value)}'`
  return `${optional('from', from)}${optional('to', to)}${optional('id', id)} version='1.0'${optional('xml:lang', lang)}`
}

/** The prefix of features and errors, where no stream header declares it. */
export const STREAM_PREFIX = ` xmlns:stream='${STREAM}'`

/** `<stream:features/>` (4.3.2). @param declaration `STREAM_PREFIX`, or nothing */
export function features(offers: readonly Element[], declaration = ''): Wire {
  return wire(`<stream:features${declaration}>${offers.map((offer) => serialise(offer, CLIENT)).join('')}</stream:features>`)
}

/** `<stream:error/>` (4.9.2). @param declaration `STREAM_PREFIX`, or nothing */
export function streamError(error: StreamError, declaration = ''): Wire {
  const content = error.toElement().children.map((c) => (typeof c === 'string' ? escape(c) : serialise(c, CLIENT)))
  return wire(`<stream:error${declaration}>${content.join('')}</stream:error>`)
}

const STANZA_START = /^<(?:message|presence|iq)(?=[ />])/

/** A first-level element as a document of its own: a stanza declares its namespace. */
export function standalone(text: Wire): Wire {
  const start = STANZA_START.exec(text)
  return start === null ? text : wire(`${start[0]} xmlns='${CLIENT}'${text.slice(start[0].length)}`)
}

/** A first-level element of the negotiation, as text. */
export const nonza = (name: string, ns: string, ...children: Parameters<typeof el>[3][]): Wire =>
  serialise(el(name, ns, {}, ...children), CLIENT)
