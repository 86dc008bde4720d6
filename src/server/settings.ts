/** Options of the server's own parts. */
import { between, choice, count, duration, flag, section, size, zeroOr, type Settings } from '../base/settings.ts'
import { defaultLimits, type ImLimits } from '../im/account.ts'
import { LAST_SEEN, SHARE_PAUSED } from '../im/presence-policy.ts'
import type { Parties } from './routing/parties.ts'

export const limitsSettings = section({
  'roster-items': count(
    defaultLimits.rosterItems,
    between(1, 100_000),
    'Contacts in one roster. Adding one more is refused with policy-violation.',
  ),
  'roster-size': size(
    '1 MiB',
    between('10 KB', '256 MiB'),
    'What the contacts of one roster may take up, with their names and groups, about. A change that needs more is refused with policy-violation.',
  ),
  'groups-per-item': count(
    defaultLimits.groupsPerItem,
    between(0, 1000),
    'Groups of one contact. More are refused with not-acceptable.',
  ),
  'pending-requests': count(
    defaultLimits.pendingRequests,
    between(1, 100_000),
    'Unanswered subscription requests of one account. More are dropped. One domain, with all that have the same certificate or address, may have as many of them as are still free for others.',
  ),
  'pending-size': size(
    '512 KiB',
    between('10 KB', '256 MiB'),
    'What those requests may take up, shared likewise. What is over is dropped.',
  ),
  'presence-size': size(
    '32 KiB',
    between('1 KB', '1 MiB'),
    'Size of a presence that is broadcast, without its addresses: it is kept while its session lasts. A larger one is refused with policy-violation.',
  ),
  'directed-presence': count(
    defaultLimits.directedPerResource,
    between(0, 100_000),
    'Addresses outside its roster that a session may send presence to. More are refused with resource-constraint.',
  ),
  'directed-size': size('64 KiB', between('1 KB', '16 MiB'), 'What those addresses may take up. More are refused likewise.'),
  'resources': count(10, between(1, 1000), 'Sessions of one account at a time. One more is refused with resource-constraint.'),
  'queued-stanzas': count(
    100,
    between(1, 100_000),
    'Stanzas of one session that may wait while one before them is being stored. After that no more is read from its connection until they are done.',
  ),
  'kept-sessions': size(
    '64 MiB',
    zeroOr('64 KiB', '16 GiB'),
    'What the sessions may take up that are kept over `porchlight restart`, with what waits in them, about. Beyond it those end that take up most. "0 B": none is kept.',
  ),
  'session-checkpoint': duration(
    '2 seconds',
    zeroOr('100 ms', '10 minutes'),
    'How often is written down what has changed in sessions that can be resumed, for the case that the server dies: what is new in 200 of them at a time. "0 s": never.',
  ),
  'session-checkpoint-rate': size(
    '2 MiB',
    between('10 KB', '1 GiB'),
    'Octets a second, about, that are written down so. What is over follows later: until then its session cannot be resumed if the server dies.',
  ),
  'strangers-step': duration(
    '10 ms',
    zeroOr('1 ms', '1 s'),
    'What strangers ask of an account takes whole steps of so long, so that the time of an answer does not tell whether there is such an account. Longer than a look into the database takes; under load, when looks take longer, so do steps. "0 s": nothing is hidden.',
  ),
  'idle-accounts': count(
    10_000,
    between(0, 10_000_000),
    'Accounts without a session that stay in memory, to save reading them again.',
  ),
  'idle-accounts-size': size(
    '64 MiB',
    zeroOr('64 KiB', '16 GiB'),
    'What those may take up, about. Beyond it those that were unneeded for longest are forgotten. "0 B": none stays.',
  ),
})
export type LimitsSettings = Settings<typeof limitsSettings>

export const presenceSettings = section({
  'ask-again': duration(
    '24 hours',
    zeroOr('1 minute', '365 days'),
    'A subscription request that a contact elsewhere has not answered for so long is sent again when the user comes online. "0 s": none is.',
  ),
  'public-directory': flag(
    false,
    'Whether everybody may know which accounts there are here. Then a subscription request to one that does not exist is refused with item-not-found; otherwise nobody answers it, as when the user is away.',
  ),
  'queries-by-strangers': flag(
    false,
    'Whether an IQ for a resource reaches it from anybody. RFC 6121 8.5.3.1 advises against it, since the answer betrays to strangers who is there. For test suites that count on it.',
  ),
  'rush': count(
    50,
    zeroOr(1, 1_000_000),
    'When more sessions than this, and more than a hundredth of those there are, begin within a second, the presence that these broadcast waits until fewer begin: their contacts here get it in one piece, of each resource only the last. What others say, what is sent directly and who goes never waits. 0: nothing ever waits.',
  ),
  'rush-hold': duration(
    '5 seconds',
    zeroOr('100 ms', '1 minute'),
    'How long presence waits at most, when it does not end sooner. "0 s": it never waits.',
  ),
  'server-presence': flag(
    false,
    'Whether the server answers a presence probe of one of its users: then clients that ask can show it among the contacts.',
  ),
  'last-seen': choice(
    LAST_SEEN,
    'exact',
    'How exactly those who may see a user are told when he was last here, unless he has chosen himself: "exact", "coarse" (only the day, of UTC) or "none".',
  ),
  'share-paused': choice(
    SHARE_PAUSED,
    'contacts',
    'Who is told that the connection of a user is interrupted (XEP-0310), unless he has chosen himself: "contacts", "local" (those on this server) or "none".',
  ),
  'sent-log': count(
    20_000,
    zeroOr(1, 1_000_000),
    'Of so many presence stanzas, the last ones of all clients together, it is remembered who was handed whose and when, for `porchlight explain`. In memory only, and nothing of what they say. 0: of none.',
  ),
})
export type PresenceSettings = Settings<typeof presenceSettings>

export const rateSettings = section({
  'stanzas-per-second': count(
    100,
    zeroOr(1, 1_000_000),
    'Stanzas that one session may send in a second, on average. The server reads no more from it until its time has come. 0: no limit.',
  ),
  'burst': count(500, between(1, 1_000_000), 'Stanzas that a session may send at once before the average counts.'),
  'bytes-per-second': size(
    '256 KiB',
    zeroOr('1 KiB', '16 GiB'),
    'Octets that one session may send in a second, on average; held back likewise. "0 B": no limit.',
  ),
  'presence-per-10-seconds': count(
    10,
    zeroOr(1, 1_000_000),
    'Presence broadcasts of one session in 10 seconds. Of more, only the newest is sent on, when its time has come. 0: no limit.',
  ),
  'recipients-per-second': count(
    30,
    zeroOr(1, 1_000_000),
    'Addresses outside its roster that one session may write to in a second. More are refused with policy-violation. 0: no limit.',
  ),
})
export type RateSettings = Settings<typeof rateSettings>

/** What the rules of `im/` go by. */
export function imLimits(settings: LimitsSettings, parties: Parties): ImLimits {
  return {
    ...defaultLimits,
    rosterItems: settings['roster-items'],
    rosterBytes: settings['roster-size'],
    groupsPerItem: settings['groups-per-item'],
    pendingRequests: settings['pending-requests'],
    pendingBytesInAll: settings['pending-size'],
    directedPerResource: settings['directed-presence'],
    directedBytes: settings['directed-size'],
    presenceBytes: settings['presence-size'],
    partyOf: (domain) => parties.of(domain),
  }
}
