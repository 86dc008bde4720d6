/** Which messages belong into an archive (XEP-0313 4.1.2, XEP-0334; MAM-25): what somebody reads later, or what other messages need. */
import type { Element } from '../xml/element.ts'
import { HINTS } from './hints.ts'
import { MUC_USER } from './muc-user.ts'
import type { Payload } from './packet.ts'

/** Children that are kept although there is no body. */
const LASTING = new Set([
  'urn:xmpp:message-retract:0',
  'urn:xmpp:message-retract:1',
  'urn:xmpp:fasten:0',
  'urn:xmpp:reactions:0',
  'urn:xmpp:message-correct:0',
  'urn:xmpp:message-attaching:1',
  'urn:xmpp:omemo:1',
  'urn:xmpp:omemo:2',
  'eu.siacs.conversations.axolotl',
  'urn:xmpp:openpgp:0',
  'urn:xmpp:eme:0',
  'urn:xmpp:jingle-message:0',
  'urn:xmpp:jingle-message:1',
  'urn:xmpp:call-invites:0',
  'jabber:x:conference',
])

/** Nearly every message begins so; the body of another namespace would say which one. */
const BEGINS_WITH_BODY = /^<body(?:>| xml:lang=)/
/** Is a message with this content for the archive? */
export function isLasting(payload: Payload): boolean {
  const { text } = payload
  // Names of elements, unlike namespaces, are written in one way only
  if (text.includes('store')) {
    if (hasHint(payload, 'no-store') || hasHint(payload, 'no-permanent-store')) return false
    if (hasHint(payload, 'store')) return true
  }
  if (BEGINS_WITH_BODY.test(text)) return true
  return payload.child('body') !== undefined || payload.elements.some((e) => LASTING.has(e.ns) || isReceipt(e) || isInvitation(e))
}
const hasHint = (payload: Payload, name: string): boolean => payload.child(name, HINTS) !== undefined
/** XEP-0184 and XEP-0333: what says that something was received or read, and not what asks for that. */
const isReceipt = ({ name, ns }: Element): boolean =>
  (ns === 'urn:xmpp:receipts' && name === 'received') || (ns === 'urn:xmpp:chat-markers:0' && name !== 'markable')
/** XEP-0045 7.8.2: an invitation that a room passes on, and its answer. */
const isInvitation = (e: Element): boolean =>
  e.ns === MUC_USER && (e.child('invite') !== undefined || e.child('decline') !== undefined)
