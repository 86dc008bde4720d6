/** The namespaces that a room speaks in. */
export { MUC_USER } from '../../xmpp/muc-user.ts'
export const MUC = 'http://jabber.org/protocol/muc'
export const HATS = 'urn:xmpp:hats:0'
/** XEP-0317 before it had its own namespace. Clients still read it. */
export const OLD_HATS = 'xmpp:prosody.im/protocol/hats:1'
export const MUC_ADMIN = 'http://jabber.org/protocol/muc#admin'
export const MUC_OWNER = 'http://jabber.org/protocol/muc#owner'
export { OCCUPANT_ID } from '../../xmpp/occupant-id.ts'
/** XEP-0249. */
export const DIRECT_INVITE = 'jabber:x:conference'

/** The name of this face among those of a room. */
export const XMPP = 'xmpp'
