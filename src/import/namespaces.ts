/** Namespaces in files of XEP-0227. */
export const PIE = 'urn:xmpp:pie:0'
export const SCRAM = 'urn:xmpp:pie:0#scram'
export const ROSTER = 'jabber:iq:roster'
export const BLOCKING = 'urn:xmpp:blocking'
export const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const PUBSUB_OWNER = `${PUBSUB}#owner`
