/** XEP-0424: a message that takes back an earlier one of the same author, and what stands in its place. */
import { el, type Element } from '../xml/element.ts'
import { decode } from '../xml/wire.ts'
import { formatDateTime } from './datetime.ts'
import { Payload, type Packet } from './packet.ts'
import { labelElementsIn } from './security-label.ts'

export const RETRACT = 'urn:xmpp:message-retract:1'
/** XEP-0424 before 0.3, with XEP-0422. */
export const OLD_RETRACT = 'urn:xmpp:message-retract:0'
export const FASTEN = 'urn:xmpp:fasten:0'

/** Does this child take a message back, in either form? Its `id` says which one. */
export const isRetraction = (e: Element): boolean =>
  e.is('retract', RETRACT) || (e.is('apply-to', FASTEN) && e.child('retract', OLD_RETRACT) !== undefined)

/** The ids of the messages that this one takes back. */
export const retractedIn = (payload: Payload): readonly string[] =>
  payload.text.includes('retract') ? [...new Set(payload.elements.filter(isRetraction).map((e) => e.attr('id') ?? ''))] : []

/** Section 6: what is left of the message. It has the label that the message had. @param by the message that takes it back */
export const tombstone = ({ id }: Pick<Packet, 'id'>, at: number, of: Payload): Payload =>
  Payload.of(
    el('retracted', RETRACT, { id: id === null ? undefined : decode(id), stamp: formatDateTime(at) }),
    ...labelElementsIn(of),
  )
