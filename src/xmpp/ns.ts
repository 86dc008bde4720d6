/** Namespaces of RFC 6120 and RFC 6121. The namespaces of an extension are in its own folder. */
export const CLIENT = 'jabber:client'
export const SERVER = 'jabber:server'
export const STREAM = 'http://etherx.jabber.org/streams'
export const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams'
export const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
export const TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
/** XEP-0388. */
export const SASL2 = 'urn:xmpp:sasl:2'
export const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'
export const SESSION = 'urn:ietf:params:xml:ns:xmpp-session'
export const ROSTER = 'jabber:iq:roster'
/** Application-specific conditions of XEP-0205 ("too many stanzas", "stanza too big"). */
export const ABUSE_ERRORS = 'urn:xmpp:errors'
