/** Options of the server's own parts. */
import { between, choice, count, duration, flag, section, size, zeroOr, type Settings } from '../base/settings.ts'
import { defaultLimits, type ImLimits } from '../im/account.ts'
import { LAST_SEEN, SHARE_PAUSED, STRANGERS } from '../im/presence-policy.ts'
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
    'Approximate size of one roster, with names and groups. A change that needs more is refused with policy-violation.',
  ),
  'groups-per-item': count(
    defaultLimits.groupsPerItem,
    between(0, 1000),
    'Groups of one contact. More are refused with not-acceptable.',
  ),
  'pending-requests': count(
    defaultLimits.pendingRequests,
    between(1, 100_000),
    'Unanswered subscription requests of one account. More are dropped. Each domain has a share: at most as many of its requests wait as places are still free. Domains with the same certificate or address have one share together.',
  ),
  'pending-size': size(
    '512 KiB',
    between('10 KB', '256 MiB'),
    'Size of those requests together, shared in the same way. More are dropped.',
  ),
  'presence-size': size(
    '32 KiB',
    between('1 KB', '1 MiB'),
    'Size of a broadcast presence, without its addresses. The server keeps it as long as the session lasts. A larger one is refused with policy-violation.',
  ),
  'directed-presence': count(
    defaultLimits.directedPerResource,
    between(0, 100_000),
    'Addresses outside its roster that a session may send presence to. More are refused with resource-constraint.',
  ),
  'directed-size': size(
    '64 KiB',
    between('1 KB', '16 MiB'),
    'Size of those addresses together. More are refused with resource-constraint.',
  ),
  'resources': count(10, between(1, 1000), 'Sessions of one account at a time. One more is refused with resource-constraint.'),
  'resources-elsewhere': count(
    5000,
    between(1, 1_000_000),
    'The number of available resources on other servers that the server remembers for one account. It remembers the same number of contacts without an available resource. Presence beyond these numbers is shown, but after an outage nobody finds out whether they are still there, and they are not told of pauses (XEP-0310).',
  ),
  'resources-elsewhere-size': size('2 MiB', between('10 KB', '1 GiB'), 'Approximate size of that. More is not remembered.'),
  'queued-stanzas': count(
    100,
    between(1, 100_000),
    'Stanzas of one session that may wait while an earlier one is being stored. If more wait, the server stops reading from the connection until they are processed.',
  ),
  'kept-sessions': size(
    '64 MiB',
    zeroOr('64 KiB', '16 GiB'),
    'Approximate size of all sessions that are kept during `porchlight restart`, with the stanzas that wait in them. If they need more, the largest ones end. "0 B": none is kept.',
  ),
  'session-checkpoint': duration(
    '2 seconds',
    zeroOr('100 ms', '10 minutes'),
    'How often changes in sessions that can be resumed are saved in case the server crashes, 200 sessions at a time. "0 s": never.',
  ),
  'session-checkpoint-rate': size(
    '2 MiB',
    between('10 KB', '1 GiB'),
    'How many octets a second the server saves in this way, about: once for sessions, and once for accounts and services such as rooms. The rest is saved later. Until then a session cannot be resumed after a crash.',
  ),
  'strangers-step': duration(
    '10 ms',
    zeroOr('1 ms', '1 s'),
    'Answers to strangers about an account take a multiple of this time, so that the delay does not tell whether the account exists. It should be longer than a database query; while queries take longer, so does the delay of an answer, up to 50 times this. "0 s": nothing is hidden.',
  ),
  'groups': count(1000, between(1, 100_000), 'Groups that the operator may make (`porchlight group`).'),
  'group-members': count(
    200,
    between(2, 2000),
    'Members of one group of the operator. Each has all others in the roster, so twice as many members cost four times as much.',
  ),
  'idle-accounts': count(
    10_000,
    between(0, 10_000_000),
    'Accounts without a session that stay in memory, to save reading them again.',
  ),
  'idle-accounts-size': size(
    '64 MiB',
    zeroOr('64 KiB', '16 GiB'),
    'Approximate size of those accounts together. If they need more, the least recently used ones are forgotten. "0 B": none stays.',
  ),
})
export type LimitsSettings = Settings<typeof limitsSettings>

export const presenceSettings = section({
  'ask-again': duration(
    '24 hours',
    zeroOr('1 minute', '365 days'),
    'How long a subscription request to another server stays unanswered before it is sent again when the user comes online. "0 s": never again.',
  ),
  'public-directory': flag(
    false,
    'Whether everybody may know which accounts exist here. If true, a subscription request to a missing account is refused with item-not-found. If false, it gets no answer, as if the user were away.',
  ),
  'queries-by-strangers': flag(
    false,
    'Whether strangers may send IQ requests to a resource. RFC 6121 8.5.3.1 advises against it, because the answer tells strangers who is online. For test suites that need it.',
  ),
  'rush': count(
    50,
    zeroOr(1, 1_000_000),
    'How many sessions may begin within a second before it is a rush (it must also be more than a hundredth of all sessions). In a rush the presence of new sessions waits and is sent to contacts here together, only the last of each resource. Presence of other sessions, directed presence and unavailable presence never wait. 0: nothing ever waits.',
  ),
  'rush-hold': duration(
    '5 seconds',
    zeroOr('100 ms', '1 minute'),
    'How long presence waits at most in a rush. "0 s": it never waits.',
  ),
  'server-presence': flag(
    false,
    'Whether the server answers a presence probe from its own users, so that a client can show the server among the contacts.',
  ),
  'last-seen': choice(
    LAST_SEEN,
    'exact',
    'How exactly contacts are told when a user was last online, unless the user has chosen otherwise: "exact", "coarse" (only the day, of UTC) or "none".',
  ),
  'share-paused': choice(
    SHARE_PAUSED,
    'contacts',
    'Who is told that the connection of a user is interrupted (XEP-0310), unless the user has chosen otherwise: "contacts", "local" (those on this server) or "none".',
  ),
  'strangers': choice(
    STRANGERS,
    'all',
    'What reaches a user from people who are not in the roster, unless the user has chosen otherwise: "all", "requests" (only requests to see the user\'s presence) or "none". The rest is refused like a stanza for a missing account.',
  ),
  'correspondents': count(
    1000,
    between(1, 100_000),
    'People outside the roster to whom a user has written and who may therefore write to the user, where "strangers" is not "all", and are archived without a limit (`[message-archive] strangers-messages`). With one more, the one to whom the user wrote first is a stranger again.',
  ),
  'sent-log': count(
    20_000,
    zeroOr(1, 1_000_000),
    'How many presence stanzas the server remembers, the latest of all clients together: whose presence was sent to whom, and when. `porchlight explain` reads them. They are kept in memory only, without their content. 0: none.',
  ),
})
export type PresenceSettings = Settings<typeof presenceSettings>

export const rateSettings = section({
  'stanzas-per-second': count(
    100,
    zeroOr(1, 1_000_000),
    'Stanzas that one session may send in a second, on average. The server reads no more from it until the average is met again. 0: no limit.',
  ),
  'burst': count(500, between(1, 1_000_000), 'Stanzas that a session may send at once before the average counts.'),
  'bytes-per-second': size(
    '256 KiB',
    zeroOr('1 KiB', '16 GiB'),
    'Octets that one session may send in a second, on average, with the same consequence. "0 B": no limit.',
  ),
  'presence-per-10-seconds': count(
    10,
    zeroOr(1, 1_000_000),
    'Presence broadcasts of one session in 10 seconds. If there are more, only the newest is sent, as soon as the limit allows. 0: no limit.',
  ),
  'recipients-per-second': count(
    30,
    zeroOr(1, 1_000_000),
    'Addresses outside its roster that one session may write to in a second. More are refused with policy-violation. 0: no limit.',
  ),
})
export type RateSettings = Settings<typeof rateSettings>

/** The limits for the rules of `im/`. */
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
