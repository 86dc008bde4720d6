/** Options of streams (RFC 6120 4): requirements and limits. */
import type { Clock } from '../base/clock.ts'
import { between, count, duration, flag, section, size, text, zeroOr, type Settings } from '../base/settings.ts'
import type { Unread } from './outbox.ts'

export const streamsSettings = section({
  'require-tls': flag(
    true,
    'Whether a client must start TLS before it may log in (RFC 7590 3.1). If false, STARTTLS is offered and a client may do without it.',
  ),
  'stanza-size': size(
    '256 KiB',
    between('10 KB', '16 MiB'),
    'Size of one stanza of a client that has logged in. A larger one ends the stream with policy-violation. RFC 6120 13.12 asks for at least 10000 octets.',
  ),
  'stanza-size-before-login': size('10 KB', between('10 KB', '1 MiB'), 'The same for a client that has not logged in yet.'),
  'depth': count(
    64,
    between(8, 1000),
    'How deep elements may be nested in one stanza. A deeper stanza is refused with policy-violation.',
  ),
  'login-timeout': duration(
    '60 seconds',
    between('1 s', '1 day'),
    'How long a login may take, from the connection to the bound resource. A slower connection is closed.',
  ),
  'close-timeout': duration(
    '5 seconds',
    between('100 ms', '1 minute'),
    'How long the other side may take to close its stream after the server has closed its own. After that the connection is cut.',
  ),
  'logins-per-second': count(
    1000,
    zeroOr(1, 1_000_000),
    'Logins that may begin in a second, each with its TLS handshake (STARTTLS or direct). Further clients wait in the order in which they came, so that many logins at once do not slow down clients that are connected. 0: no limit.',
  ),
  'waiting-logins': count(
    20_000,
    between(0, 1_000_000),
    'Clients that may wait for their turn to log in. One more is refused with resource-constraint (before direct TLS: closed) and should try again later.',
  ),
  'requests-before-login': count(
    20,
    zeroOr(1, 1_000_000),
    'IQ requests on one stream before a resource is bound, such as registration and attempts to bind. One more ends the stream with policy-violation (RFC 6120 7.7.3). 0: no limit.',
  ),
  'login-attempts': count(
    5,
    between(2, 100),
    'Failed logins on one stream. The last one ends it with policy-violation (RFC 6120 6.4.5).',
  ),
  'output-queue': size(
    '1 MiB',
    between('16 KiB', '1 GiB'),
    'Octets that may wait until one client reads them. If more wait, the client must read some within output-timeout. If four times as many wait, its session ends at once.',
  ),
  'output-timeout': duration(
    '10 seconds',
    between('1 s', '10 minutes'),
    'How long a client, component or server may read nothing while its output queue is over the limit. After that its session or stream ends.',
  ),
  'connections-per-address': count(
    200,
    zeroOr(1, 1_000_000),
    'Connections of one IP address at a time. One more is closed at once. 0: no limit.',
  ),
  'connections-per-minute': count(
    600,
    zeroOr(1, 1_000_000),
    'New connections of one IP address in a minute. One more is closed at once. 0: no limit.',
  ),
  'component-output-queue': size('16 MiB', between('16 KiB', '1 GiB'), 'The same for one component.'),
})
export type StreamsSettings = Settings<typeof streamsSettings>

/** How much may wait to be read by one peer. @param octets the default is the limit of a client */
export const unreadOf = (streams: StreamsSettings, clock: Clock, octets = streams['output-queue']): Unread => ({
  clock,
  octets,
  patienceMs: streams['output-timeout'],
})

/** The options of one component: the section can appear several times in the file. */
export const componentSettings = section({
  domain: text('', 'Domain that the component serves, such as "gateway.example.org". None of [server] domains.'),
  secret: text('', 'Secret that the component must know. Long and random, best written as "file:PATH".'),
  name: text('', 'Name of the component for people, shown by service discovery.'),
  idle: duration(
    '2 minutes',
    zeroOr('1 s', '1 day'),
    'How long a component may send nothing before it is pinged. If it sends nothing for another minute, its connection is closed. "0 s": no pings.',
  ),
})
export type ComponentSettings = Settings<typeof componentSettings>
