/** What a stranger may try to find out who has an account, and who of them is there (RFC 6120 10.2, 13.10.2, 13.11). */
export const ERROR = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`

/** The stanzas of an attempt with these attributes in each. */
export const addressed = (xml: string, attributes: string): string =>
  xml.replace(/<(?:message|presence|iq)(?=[ />])/g, (tag) => `${tag} ${attributes}`)

const REQUESTS: readonly string[] = [
  `<query xmlns='jabber:iq:version'/>`,
  `<time xmlns='urn:xmpp:time'/>`,
  `<ping xmlns='urn:xmpp:ping'/>`,
  `<query xmlns='urn:unknown'/>`,
  `<query xmlns='jabber:iq:last'/>`,
  `<vCard xmlns='vcard-temp'/>`,
  `<query xmlns='jabber:iq:private'/>`,
  `<query xmlns='jabber:iq:roster'/>`,
  `<blocklist xmlns='urn:xmpp:blocking'/>`,
  `<query xmlns='urn:xmpp:mam:2'/>`,
  `<enable xmlns='urn:xmpp:carbons:2'/>`,
  `<query xmlns='jabber:iq:register'/>`,
  `<pubsub xmlns='http://jabber.org/protocol/pubsub'/>`,
  `<query xmlns='http://jabber.org/protocol/disco#info'/>`,
  `<query xmlns='http://jabber.org/protocol/disco#items'/>`,
  `<query xmlns='http://jabber.org/protocol/bytestreams'/>`,
  `<open xmlns='http://jabber.org/protocol/ibb'/>`,
]

/** What changes with the second stanza must not show either. */
const AFTER_A_REQUEST = ['unsubscribe', 'unsubscribed', 'subscribed', 'probe', 'subscribe'].map((type) => ['subscribe', type])
const SUBSCRIBING = [...AFTER_A_REQUEST, ['subscribe', 'unsubscribe', 'subscribe', 'unsubscribed', 'unsubscribe', 'probe']]

/** What a stranger may try, one stanza or several, each to a bare JID ('') or to a resource that he guesses, which may be there ('/1'). */
export const ATTEMPTS: readonly (readonly [what: string, xml: string, to: readonly string[]])[] = [
  ...['chat', 'normal', 'headline', 'groupchat', 'unknown'].map(
    (type) => [`a ${type} message`, `<message type='${type}'><body>x</body></message>`, ['', '/1', '/guess']] as const,
  ),
  ['an error', `<message type='error'>${ERROR}</message>`, ['', '/1', '/guess']],
  ...REQUESTS.flatMap((payload) =>
    ['get', 'set'].map((type) => [`${type} ${payload}`, `<iq type='${type}'>${payload}</iq>`, ['', '/1', '/guess']] as const),
  ),
  ['disco#info of a node', `<iq type='get'><query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>`, ['', '/1']],
  ['disco#items of a node', `<iq type='get'><query xmlns='http://jabber.org/protocol/disco#items' node='x'/></iq>`, ['', '/1']],
  ...['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed', 'probe', 'unavailable'].map(
    (type) => [`presence ${type}`, `<presence type='${type}'/>`, ['', '/1', '/guess']] as const,
  ),
  ['presence', '<presence/>', ['', '/1', '/guess']],
  ...SUBSCRIBING.map(
    (types) => [types.join(', '), types.map((type) => `<presence type='${type}'/>`).join(''), ['', '/1', '/guess']] as const,
  ),
]
