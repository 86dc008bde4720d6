/** Options of server-to-server: whom we trust, and what another server may cost. */
import { between, choice, count, duration, flag, path, section, size, text, zeroOr, type Settings } from '../../base/settings.ts'
import { defaultLinkTimes, type LinkTimes } from '../../server/links/links.ts'

/** What another domain must do to be believed. */
export const TRUST = ['require-certificate', 'allow-dialback', 'deny'] as const
export type Trust = (typeof TRUST)[number]

const WHAT_TRUST_MEANS =
  '"require-certificate": its server must show a certificate for it from an authority that we know, when it connects or when it is called back. "allow-dialback": over TLS with whatever certificate, the answer of the server that DNS names is enough (XEP-0220): that keeps out liars, but not those who control the way. "deny": nothing comes in, nothing goes out.'

export const federationSettings = section({
  'enabled': flag(
    true,
    'Whether this server talks to other servers at all. One that serves nothing but localhost does so only if there is a [[peer]] with a route.',
  ),
  'trust': choice(
    TRUST,
    'require-certificate',
    `What the server of a domain must do that no [[peer]] is about. ${WHAT_TRUST_MEANS}`,
  ),
  'authorities': path(
    '',
    'PEM file with the authorities whose certificates are accepted from other servers. Empty: those that Node.js brings along, which are those of Mozilla.',
  ),
  'bidirectional': flag(true, 'Whether one connection may carry stanzas both ways (XEP-0288), with servers that know how.'),
  'stream-management': flag(
    true,
    'Whether stanzas are acknowledged (XEP-0198), with servers that know how, where the one that calls has a certificate that holds, be it used by SASL EXTERNAL or beside dialback: what was on its way when a connection broke is sent again.',
  ),
  'connect-timeout': duration(
    '10 seconds',
    between('100 ms', '2 minutes'),
    'Time for the connection to one address. Then the next one is tried.',
  ),
  'negotiation-timeout': duration(
    '30 seconds',
    between('1 s', '10 minutes'),
    'Time from the connection to the authenticated stream, and for each dialback.',
  ),
  'queue-timeout': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'Time that a stanza waits for a stream. Then its sender gets remote-server-timeout.',
  ),
  'queue-stanzas': count(
    2000,
    between(1, 1_000_000),
    'Stanzas that wait for a stream from one of our domains to one of others. One user may have as many of them as are still free for others. More are refused with resource-constraint. As many may be on their way to a server that acknowledges them (XEP-0198).',
  ),
  'queue-size': size('4 MiB', between('10 KB', '1 GiB'), 'Octets that wait, shared likewise.'),
  'output-queue': size(
    '4 MiB',
    between('16 KiB', '1 GiB'),
    'Octets that may wait to be read by one server. Of more, it must take some within [streams] output-timeout; four times as many end the stream at once.',
  ),
  'stanza-size': size(
    '512 KiB',
    between('10 KB', '16 MiB'),
    'Size of one stanza of another server. A larger one ends the stream with policy-violation.',
  ),
  'queued-stanzas': count(
    200,
    between(1, 100_000),
    'Stanzas of one stream that may wait while one before them is being stored. After that no more is read from it until they are done.',
  ),
  'idle-close': duration(
    '10 minutes',
    between('1 s', '1 day'),
    'A stream that we have opened, that nobody has used for so long, and over which nobody here watches presence is closed.',
  ),
  'ask-after': duration(
    '10 seconds',
    between('100 ms', '1 hour'),
    'When nothing was heard from a domain for this time after something was sent to it, it is pinged. Where stanzas are acknowledged (XEP-0198), it is asked for that after a second in any case.',
  ),
  'dead-after': duration(
    '20 seconds',
    between('1 s', '10 minutes'),
    'When a domain was asked for a sign of life and has given none for this time, its streams are given up and another one is tried. The grace counts from the question.',
  ),
  'grace': duration(
    '30 seconds',
    between('100 ms', '1 hour'),
    'Time from the first sign of the loss of a link (a broken stream, a question without an answer, an attempt that fails or hangs) to its announcement. Within it a server may come back without anybody noticing.',
  ),
  'retry': duration(
    '5 seconds',
    between('100 ms', '1 hour'),
    'Pause before the second attempt to connect. Every further pause is twice as long, up to longest-retry.',
  ),
  'longest-retry': duration(
    '1 minute',
    between('100 ms', '1 day'),
    'Longest pause between attempts to connect, to a domain whose presence somebody here watches. Each is drawn by lot from half of it to one and a half.',
  ),
  'idle-check': duration(
    '1 minute',
    between('1 s', '1 hour'),
    'A link whose presence somebody watches: without a stream one is tried each time that this has passed, and when nothing was heard on its streams for this time, the other side is asked for a sign of life.',
  ),
  'connections-per-domain': count(
    20,
    between(1, 10_000),
    'Authenticated streams from one domain at a time. One more is closed with policy-violation.',
  ),
  'connections-per-host': count(
    200,
    between(1, 100_000),
    'The same of all domains together whose servers show one certificate or come from one address (of IPv6: one /64 network).',
  ),
  'domains-per-stream': count(
    200,
    between(1, 100_000),
    'Pairs of domains on one stream. One more is refused with resource-constraint.',
  ),
  'stanzas-per-second': count(
    500,
    zeroOr(1, 1_000_000),
    'Stanzas that one domain may send in a second, on average, together with all domains whose servers have the same certificate or address. We read no more until its time has come. 0: no limit.',
  ),
  'bytes-per-second': size(
    '2 MiB',
    zeroOr('1 KiB', '16 GiB'),
    'Octets that one domain may send in a second likewise; held back likewise. "0 B": no limit.',
  ),
  'subscriptions-per-minute': count(
    120,
    zeroOr(1, 1_000_000),
    'Subscription requests of one domain in a minute, counted likewise. More are refused with policy-violation. 0: no limit.',
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

/** One domain of others, for which something else holds: `[[peer]]`. */
export const peerSettings = section({
  domain: text('', 'The domain; "*.example.org" is every domain below example.org.'),
  trust: choice(['inherit', ...TRUST], 'inherit', `As in [federation]; "inherit" is what stands there. ${WHAT_TRUST_MEANS}`),
  route: text(
    '',
    'Address and port of its server, such as "192.0.2.1:5269", instead of what DNS says. "tls://192.0.2.1:5270" for a port where TLS begins at once.',
  ),
})
export type PeerSettings = Settings<typeof peerSettings>
