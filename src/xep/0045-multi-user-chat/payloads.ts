/** What of a stanza a room passes on: all but what only the room may say (XEP-0045 7.4, XEP-0359, XEP-0421). */
import type { Element } from '../../xml/element.ts'
import { Payload } from '../../xmpp/packet.ts'
import { isAnnotation } from '../../xmpp/state-annotation.ts'
import { HATS, MUC, MUC_USER, OCCUPANT_ID, OLD_HATS } from './ns.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'

/** Names of elements and namespaces are written in one way only: text without any of these holds no such element. */
const SUSPECT =
  /http:\/\/jabber\.org\/protocol\/muc|prosody\.im\/protocol\/hats|urn:xmpp:(?:hats|occupant-id|sid|psa|delay|message-moderate|message-retract)/

/** The payload without the room's words; itself when it has none. */
export function withoutOurs(payload: Payload): Payload {
  if (payload.isEmpty || !SUSPECT.test(payload.text)) return payload
  const rest = payload.elements.filter((e) => !isOurs(e))
  return rest.length === payload.elements.length ? payload : Payload.of(...rest)
}
const isOurs = (e: Element): boolean =>
  (e.name === 'x' && (e.ns === MUC || e.ns === MUC_USER)) ||
  e.is('occupant-id', OCCUPANT_ID) ||
  (e.name === 'hats' && (e.ns === HATS || e.ns === OLD_HATS)) ||
  isAnnotation(e) ||
  (e.name === 'retracted' && RETRACTED.test(e.ns)) ||
  speaksForModerator(e)
/** Only the room says that a message was taken back, and that a moderator has done it (XEP-0424 5, XEP-0425 5). */
const RETRACTED = /^urn:xmpp:message-retract:\d$/
const speaksForModerator = (e: Element): boolean => isModerated(e) || e.elements.some(isModerated)
const isModerated = ({ name, ns }: Element): boolean => name === 'moderated' && ns.startsWith('urn:xmpp:message-moderate:')

/** The same for a message that the room at `by` reflects: nobody else speaks in its name about ids and times. */
export function withoutOursBy(payload: Payload, by: string): Payload {
  const clean = withoutOurs(payload)
  if (clean.isEmpty || !SUSPECT.test(clean.text)) return clean
  const rest = clean.elements.filter((e) => !isIdBy(e, by) && !isDelayOf(e, by))
  return rest.length === clean.elements.length ? clean : Payload.of(...rest)
}
const isIdBy = (e: Element, by: string): boolean => e.is('stanza-id', STANZA_ID) && e.attr('by') === by
const isDelayOf = (e: Element, by: string): boolean => e.is('delay', 'urn:xmpp:delay') && e.attr('from') === by
