/** XEP-0357: what clients ask for, and what push services are sent. Pure. */
import { el, type Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { encode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { DATA_FORM, dataForm, valuesOf } from '../../xmpp/data-form.ts'
import { jid, JidError, type Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

export const PUSH = 'urn:xmpp:push:0'
const SUMMARY = 'urn:xmpp:push:summary'
const PUBSUB = 'http://jabber.org/protocol/pubsub'
const PUBLISH_OPTIONS = 'http://jabber.org/protocol/pubsub#publish-options'
const NODE_OCTETS_MAX = 1023
const OPTIONS_OCTETS_MAX = 4096

export interface Target {
  readonly service: Jid
  /** Null if none is named. */
  readonly node: string | null
}

/** @throws StanzaError bad-request */
export function targetOf(request: Element): Target {
  const node = request.attr('node') ?? null
  if (node !== null && Buffer.byteLength(node) > NODE_OCTETS_MAX) throw wrong('The node has too long a name')
  try {
    return { service: jid(request.attr('jid') ?? ''), node }
  } catch (error) {
    if (error instanceof JidError) throw wrong('This is no address of a push service')
    throw error
  }
}

/** The form for the service as XML; '' if there is none. @throws StanzaError bad-request */
export function optionsOf(request: Element): string {
  const form = request.child('x', DATA_FORM)
  if (form === undefined) return ''
  if (form.attr('type') !== 'submit' || valuesOf(form).get('FORM_TYPE')?.[0] !== PUBLISH_OPTIONS)
    throw wrong('The form is not one of publish options')
  const text = serialise(form, '')
  if (Buffer.byteLength(text) > OPTIONS_OCTETS_MAX) throw wrong('The form is too large')
  return text
}

export interface Summary {
  readonly messages: number
  readonly requests: number
}

/** Counts only: who has written what is nobody's business on the way (section 9). @param options as `optionsOf` gives it */
export function notification(node: string, options: string, { messages, requests }: Summary): Element {
  const field = (name: string, value: number) => ({ name, type: 'text-single', values: [String(value)] }) as const
  const counts = [field('message-count', messages), ...(requests > 0 ? [field('pending-subscription-count', requests)] : [])]
  const summary = dataForm({ type: 'form', formType: SUMMARY, fields: counts })
  const item = el('item', PUBSUB, {}, el('notification', PUSH, {}, el('x', DATA_FORM, { type: 'submit' }, ...summary.children)))
  const publish = el('publish', PUBSUB, node === '' ? {} : { node }, item)
  const form = options === '' ? [] : [el('publish-options', PUBSUB, {}, parseElement(encode(options)))]
  return el('pubsub', PUBSUB, {}, publish, ...form)
}

const wrong = (text: string): StanzaError => new StanzaError('bad-request', { text })
