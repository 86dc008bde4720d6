/**
 * How a SASL exchange is written down. SASL has a profile for each protocol that uses it (RFC 4422 section 4), and XMPP
 * has two: that of RFC 6120 section 6, and the extensible one of XEP-0388, whose first element also says what else is
 * wanted. What a success looks like, and leads to, is the negotiation's.
 */
import type { SaslCondition } from '../sasl/mechanism.ts'
import { el, type Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import { SASL, SASL2 } from '../xmpp/ns.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import { nonza } from './framing.ts'
import { decodeBase64, encodeBase64 } from '../sasl/base64.ts'

/** What a client says, in either profile. */
export type Said =
  | Start
  | { readonly kind: 'response'; readonly data: Buffer }
  /** XEP-0388 2.6.3: a task that was demanded begins, and goes on. */
  | { readonly kind: 'next'; readonly task: string }
  | { readonly kind: 'task-data'; readonly data: Element }
  | { readonly kind: 'abort' }
  | { readonly kind: 'wrong'; readonly condition: SaslCondition; readonly text: string | null }

export interface Start {
  readonly kind: 'start'
  readonly mechanism: string
  /** The initial response; null: there is none. */
  readonly initial: Buffer | null
  /** The whole `<authenticate/>`, which asks for more than that; null: the profile has no such thing. */
  readonly request: Element | null
  /** The installation of the client, as it names itself; null: it does not. */
  readonly device: string | null
}

export interface SaslProfile {
  readonly ns: string
  /** From the first element to the outcome nothing else may be said on the stream. */
  readonly isExclusive: boolean
  /** @throws StreamError unsupported-stanza-type */
  read(element: Element): Said
  challenge(data: Buffer): Wire
  /** @param text for people; null: the condition says it all */
  failure(condition: SaslCondition, text: string | null): Wire
}

const wrong = (condition: SaslCondition, text: string | null = null): Said => ({ kind: 'wrong', condition, text })
const response = (data: Buffer | null): Said => (data === null ? wrong('incorrect-encoding') : { kind: 'response', data })

/** RFC 6120 6.4. */
export const coreProfile: SaslProfile & { success(data: Buffer | null): Wire } = {
  ns: SASL,
  isExclusive: false,
  read(element) {
    switch (element.name) {
      case 'auth': {
        const mechanism = element.attr('mechanism') ?? ''
        const initial = element.text === '' ? null : decodeBase64(element.text)
        if (initial === null && element.text !== '') return wrong('incorrect-encoding')
        return { kind: 'start', mechanism, initial, request: null, device: null }
      }
      case 'response':
        return response(decodeBase64(element.text))
      case 'abort':
        return { kind: 'abort' }
      default:
        throw new StreamError('unsupported-stanza-type')
    }
  },
  challenge: (data) => nonza('challenge', SASL, encodeBase64(data)),
  success: (data) => (data === null ? nonza('success', SASL) : nonza('success', SASL, encodeBase64(data))),
  failure: (condition, text) =>
    nonza('failure', SASL, el(condition, SASL), ...(text === null ? [] : [el('text', SASL, { 'xml:lang': 'en' }, text)])),
}

/** XEP-0388 2. */
export const extensibleProfile: SaslProfile & {
  /** 2.6.3: more is wanted before the success. @param data what the mechanism still has to say */
  continue(data: Buffer | null, tasks: Element): Wire
  taskData(data: Element): Wire
} = {
  ns: SASL2,
  isExclusive: true, // 2.4
  read(element) {
    switch (element.name) {
      case 'authenticate':
        return readAuthenticate(element)
      case 'response':
        return response(octetsOf(element))
      case 'next':
        return { kind: 'next', task: element.attr('task') ?? '' }
      case 'task-data':
        return { kind: 'task-data', data: element }
      case 'abort':
        return { kind: 'abort' }
      default:
        throw new StreamError('unsupported-stanza-type')
    }
  },
  challenge: (data) => nonza('challenge', SASL2, data.toString('base64')),
  continue: (data, tasks) => nonza('continue', SASL2, ...additional(data), tasks),
  taskData: (data) => nonza('task-data', SASL2, data),
  failure: (condition, text) =>
    nonza('failure', SASL2, el(condition, SASL), ...(text === null ? [] : [el('text', SASL2, {}, text)])),
}

/** What a mechanism still has to say when it is done. */
export const additional = (data: Buffer | null): readonly Element[] =>
  data === null ? [] : [el('additional-data', SASL2, {}, data.toString('base64'))]

/** 2.3 wants version 4; any is as good for us. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readAuthenticate(element: Element): Said {
  const mechanism = element.attr('mechanism') ?? ''
  const encoded = element.child('initial-response')
  const initial = encoded === undefined ? null : octetsOf(encoded)
  if (encoded !== undefined && initial === null) return wrong('incorrect-encoding')
  const device = element.child('user-agent')?.attr('id')?.toLowerCase() ?? null
  if (device !== null && !UUID.test(device)) return wrong('malformed-request', 'The id of the user agent is no UUID')
  return { kind: 'start', mechanism, initial, request: element, device }
}

/** 2.2: there is no sign for data of zero length, and white space may stand in between. Null: no base64. */
function octetsOf({ text }: Element): Buffer | null {
  const packed = text.replaceAll(/[ \t\r\n]/g, '')
  return packed === '=' ? null : decodeBase64(packed)
}
