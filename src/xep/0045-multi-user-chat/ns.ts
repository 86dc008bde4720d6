/** The namespaces that a room speaks in. */
export { MUC_USER } from '../../xmpp/muc-user.ts'
export const MUC = 'http://jabber.org/protocol/muc'
export const MUC_ADMIN = 'http://jabber.org/protocol/muc#admin'
export const MUC_OWNER = 'http://jabber.org/protocol/muc#owner'
/** XEP-0421. */
export const OCCUPANT_ID = 'urn:xmpp:occupant-id:0'
/** XEP-0359. */
export const STANZA_ID = 'urn:xmpp:sid:0'
/** XEP-0249. */
export const DIRECT_INVITE = 'jabber:x:conference'
