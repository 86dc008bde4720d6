/** Namespaces in files of XEP-0227. */
export const PIE = 'urn:xmpp:pie:0'
export const PIE_ARCHIVE = 'urn:xmpp:pie:0#mam'
/** The element of a room: XEP-0227 has none. */
export const ROOM = 'urn:porchlight:room:0'
export const MAM = 'urn:xmpp:mam:2'
export const FORWARD = 'urn:xmpp:forward:0'
export const DATA_FORM = 'jabber:x:data'
export const SCRAM = 'urn:xmpp:pie:0#scram'
export const ROSTER = 'jabber:iq:roster'
export const BLOCKING = 'urn:xmpp:blocking'
export const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const PUBSUB_OWNER = `${PUBSUB}#owner`
