/**
 * How a SASL exchange is written. SASL has a profile for each protocol that uses it (RFC 4422 section 4), and XMPP has
 * two: that of RFC 6120 section 6, and the extensible one of XEP-0388, whose first element can contain further
 * requests. The negotiation handles a success.
 */
import type { SaslCondition } from '../sasl/mechanism.ts'
import { el, type Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import { SASL, SASL2 } from '../xmpp/ns.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import { nonza } from './framing.ts'
import { decodeBase64, encodeBase64 } from '../sasl/base64.ts'

/** What a client sends, in either profile. */
export type Said =
  | Start
  | { readonly kind: 'response'; readonly data: Buffer }
  /** XEP-0388 2.6.3: a required task begins, and continues. */
  | { readonly kind: 'next'; readonly task: string }
  | { readonly kind: 'task-data'; readonly data: Element }
  | { readonly kind: 'abort' }
  | { readonly kind: 'wrong'; readonly condition: SaslCondition; readonly text: string | null }

export interface Start {
  readonly kind: 'start'
  readonly mechanism: string
  /** The initial response; null if there is none. */
  readonly initial: Buffer | null
  /** The whole `<authenticate/>` with its further requests; null if the profile has none. */
  readonly request: Element | null
  /** The id of the client's installation, as the client names it; null if it names none. */
  readonly device: string | null
  /** What the client calls its device or itself, for people; null: it does not say. */
  readonly deviceName: string | null
}

export interface SaslProfile {
  readonly ns: string
  /** No other element is allowed from the first element of the exchange to its outcome. */
  readonly isExclusive: boolean
  /** @throws StreamError unsupported-stanza-type */
  read(element: Element): Said
  challenge(data: Buffer): Wire
  /** @param text for people; null if the condition is enough */
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
        return { kind: 'start', mechanism, initial, request: null, device: null, deviceName: null }
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
  /** 2.6.3: tasks are required before the success. @param data the final data of the mechanism */
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

/** The final data of a mechanism. */
export const additional = (data: Buffer | null): readonly Element[] =>
  data === null ? [] : [el('additional-data', SASL2, {}, data.toString('base64'))]

/** 2.3 requires version 4; we accept any version. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readAuthenticate(element: Element): Said {
  const mechanism = element.attr('mechanism') ?? ''
  const encoded = element.child('initial-response')
  const initial = encoded === undefined ? null : octetsOf(encoded)
  if (encoded !== undefined && initial === null) return wrong('incorrect-encoding')
  const agent = element.child('user-agent')
  const device = agent?.attr('id')?.toLowerCase() ?? null
  if (device !== null && !UUID.test(device)) return wrong('malformed-request', 'The id of the user agent is no UUID')
  return { kind: 'start', mechanism, initial, request: element, device, deviceName: nameOf(agent) }
}

/** Characters of a name that is kept. */
const NAME_MAX = 100

/** 2.3: the software and the device, as far as they have names. It may be printed. */
function nameOf(agent: Element | undefined): string | null {
  const texts = [agent?.child('software')?.text ?? '', agent?.child('device')?.text ?? '']
  const printable = texts.map((text) => text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim()).filter((text) => text !== '')
  return printable.length === 0 ? null : printable.join(', ').slice(0, NAME_MAX)
}

/** 2.2: data of zero length has no special form, and white space may be present. Null if it is not base64. */
function octetsOf({ text }: Element): Buffer | null {
  const packed = text.replaceAll(/[ \t\r\n]/g, '')
  return packed === '=' ? null : decodeBase64(packed)
}
