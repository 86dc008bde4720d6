/** Options of server-to-server: which servers are trusted, and the limits for another server. */
import { between, choice, count, duration, flag, path, section, size, text, zeroOr, type Settings } from '../../base/settings.ts'
import { defaultLinkTimes, type LinkTimes } from '../../server/links/links.ts'

/** What another domain must prove to be trusted. */
export const TRUST = ['require-certificate', 'allow-dialback', 'deny'] as const
export type Trust = (typeof TRUST)[number]

const WHAT_TRUST_MEANS =
  '"require-certificate": it must show a certificate for its domain from a known authority, when it connects or when it is called back. "allow-dialback": with any certificate, the answer of the server that DNS names is enough (XEP-0220). This keeps out false servers, but not an attacker who controls the network. "deny": no stanzas in either direction.'

export const federationSettings = section({
  'enabled': flag(
    true,
    'Whether this server talks to other servers at all. A server whose only domain is localhost does so only if there is a [[peer]] with a route.',
  ),
  'trust': choice(
    TRUST,
    'require-certificate',
    `What another server must prove, unless a [[peer]] says otherwise. ${WHAT_TRUST_MEANS}`,
  ),
  'authorities': path(
    '',
    'PEM file with the authorities whose certificates are accepted from other servers. Empty: the authorities that come with Node.js, which are those of Mozilla.',
  ),
  'bidirectional': flag(
    true,
    'Whether one connection may carry stanzas in both directions (XEP-0288), with servers that support it.',
  ),
  'stream-management': flag(
    true,
    'Whether stanzas are acknowledged (XEP-0198), with servers that support it. Stanzas that were on their way when a connection broke are then sent again. The server that connects needs a valid certificate, used with SASL EXTERNAL or beside dialback.',
  ),
  'connect-timeout': duration(
    '10 seconds',
    between('100 ms', '2 minutes'),
    'How long connecting to one address may take. After that the next address is tried.',
  ),
  'negotiation-timeout': duration(
    '30 seconds',
    between('1 s', '10 minutes'),
    'How long it may take from the connection to the authenticated stream. Each dialback has the same time.',
  ),
  'queue-timeout': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'How long a stanza waits for a stream that is being made. After that, or when the other server refuses the connection, its sender gets an error.',
  ),
  'queue-stanzas': count(
    2000,
    between(1, 1_000_000),
    'Stanzas that may wait for a stream from one of our domains to one other domain. Each user has a share: at most as many of their stanzas wait as places are still free. More are refused with resource-constraint. The same number may be on their way to a server that acknowledges them (XEP-0198).',
  ),
  'queue-size': size('4 MiB', between('10 KB', '1 GiB'), 'The same in octets.'),
  'output-queue': size(
    '4 MiB',
    between('16 KiB', '1 GiB'),
    'Octets that may wait until one server reads them. Of more, the server must read some within [streams] output-timeout, or the stream ends. Where stanzas are not acknowledged (XEP-0198), further ones wait as for a stream, with the same shares, and what was not read goes over the next stream.',
  ),
  'stanza-size': size(
    '512 KiB',
    between('10 KB', '16 MiB'),
    'Size of one stanza of another server. A larger one ends the stream with policy-violation.',
  ),
  'queued-stanzas': count(
    200,
    between(1, 100_000),
    'Stanzas of one stream that may wait while an earlier one is being stored. If more wait, the server stops reading from the stream until they are processed.',
  ),
  'idle-close': duration(
    '10 minutes',
    between('1 s', '1 day'),
    'How long a stream that this server opened may be unused before it is closed. A stream over which a user here watches presence stays open.',
  ),
  'ask-after': duration(
    '10 seconds',
    between('100 ms', '1 hour'),
    'How long the server waits after sending something to a domain and hearing nothing, before it pings the domain. Where stanzas are acknowledged (XEP-0198), it asks for an acknowledgement after a second in any case.',
  ),
  'dead-after': duration(
    '20 seconds',
    between('1 s', '10 minutes'),
    'How long a domain may take to answer such a ping. After that its streams are given up and a new one is tried. The grace counts from the ping.',
  ),
  'grace': duration(
    '30 seconds',
    between('100 ms', '1 hour'),
    'How long a link stays lost before users are told. It counts from the first sign of the loss: a broken stream, a ping without an answer, an attempt that fails or hangs. If the server is back sooner, nobody notices.',
  ),
  'retry': duration(
    '5 seconds',
    between('100 ms', '1 hour'),
    'Pause before the second attempt to connect. Every further pause is twice as long, up to longest-retry.',
  ),
  'longest-retry': duration(
    '1 minute',
    between('100 ms', '1 day'),
    'Longest pause between attempts to connect to a domain whose presence a user here watches. Each pause is random, between half and one and a half times its length.',
  ),
  'idle-check': duration(
    '1 minute',
    between('1 s', '1 hour'),
    'How often the server checks a link over which a user here watches presence. Without a stream it tries to open one. If nothing was heard on its streams for this time, it pings the other server.',
  ),
  'connections-per-domain': count(
    20,
    between(1, 10_000),
    'Authenticated streams from one domain at a time. One more is closed with policy-violation.',
  ),
  'connections-per-host': count(
    200,
    between(1, 100_000),
    'The same for all domains together whose servers show the same certificate or connect from one address (for IPv6: one /64 network).',
  ),
  'domains-per-stream': count(
    200,
    between(1, 100_000),
    'Pairs of domains on one stream. One more is refused with resource-constraint.',
  ),
  'stanzas-per-second': count(
    500,
    zeroOr(1, 1_000_000),
    'Stanzas that one domain may send in a second, on average, together with all domains whose servers have the same certificate or address. The server reads no more from it until the average is met again. 0: no limit.',
  ),
  'bytes-per-second': size('2 MiB', zeroOr('1 KiB', '16 GiB'), 'The same in octets. "0 B": no limit.'),
  'subscriptions-per-minute': count(
    120,
    zeroOr(1, 1_000_000),
    'Subscription requests from one domain in a minute, counted in the same way. More are refused with policy-violation. 0: no limit.',
  ),
})
export type FederationSettings = Settings<typeof federationSettings>

export const linkTimes = (settings: FederationSettings): LinkTimes => ({
  ...defaultLinkTimes,
  graceMs: settings['grace'],
  retryMinMs: settings['retry'],
  retryMaxMs: settings['longest-retry'],
  idleCheckMs: settings['idle-check'],
})

/** A remote domain for which other rules apply: `[[peer]]`. */
export const peerSettings = section({
  domain: text('', 'The domain; "*.example.org" is every domain below example.org.'),
  trust: choice(['inherit', ...TRUST], 'inherit', `As in [federation]; "inherit" uses the value there. ${WHAT_TRUST_MEANS}`),
  route: text(
    '',
    'Address and port of its server, such as "192.0.2.1:5269", instead of the DNS records. "tls://192.0.2.1:5270" for a port where TLS begins at once.',
  ),
})
export type PeerSettings = Settings<typeof peerSettings>
