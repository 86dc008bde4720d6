/** Which messages belong into an archive (XEP-0313 4.1.2, XEP-0334; MAM-25): what somebody reads later, or what other messages need. */
import type { Payload } from './packet.ts'

const HINTS = 'urn:xmpp:hints'
/** Children that are kept although there is no body. */
const LASTING = new Set([
  'urn:xmpp:message-retract:0',
  'urn:xmpp:message-retract:1',
  'urn:xmpp:fasten:0',
  'urn:xmpp:reactions:0',
  'urn:xmpp:message-correct:0',
  'urn:xmpp:message-attaching:1',
  'urn:xmpp:omemo:2',
  'eu.siacs.conversations.axolotl',
  'urn:xmpp:openpgp:0',
  'urn:xmpp:eme:0',
  'urn:xmpp:jingle-message:0',
  'urn:xmpp:jingle-message:1',
  'urn:xmpp:call-invites:0',
  'jabber:x:conference',
])

/** Is a message with this content for the archive? */
export function isLasting(payload: Payload): boolean {
  const { text } = payload
  if (text.includes(HINTS)) {
    if (hasHint(payload, 'no-store') || hasHint(payload, 'no-permanent-store')) return false
    if (hasHint(payload, 'store')) return true
  }
  if (text.includes('<body') && payload.child('body') !== undefined) return true
  return payload.elements.some(({ name, ns }) => LASTING.has(ns) || isReceipt(name, ns))
}
const hasHint = (payload: Payload, name: string): boolean => payload.child(name, HINTS) !== undefined
/** XEP-0184 and XEP-0333: what says that something was received or read, and not what asks for that. */
const isReceipt = (name: string, ns: string): boolean =>
  (ns === 'urn:xmpp:receipts' && name === 'received') || (ns === 'urn:xmpp:chat-markers:0' && name !== 'markable')
