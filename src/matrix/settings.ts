/** The options of the Matrix API. */
import {
  between,
  choice,
  count,
  duration,
  flag,
  section,
  size,
  text,
  webOrigin,
  zeroOr,
  type Settings,
} from '../base/settings.ts'

export const matrixSettings = section({
  'enabled': flag(
    false,
    'Whether Matrix clients may use the accounts of this server. They connect to the web port ([listen] https, or http behind a proxy), and send passwords as they are, inside TLS.',
  ),
  'url': webOrigin(
    '',
    'Origin at which Matrix clients reach the web port, such as "https://matrix.example.org". Clients that know only the domain find it at https://DOMAIN/.well-known/matrix/client. Empty: the name that the client has used.',
  ),
  'ghost-domain': text(
    '',
    'Domain of this server in the user ids of people elsewhere, such as @_xmpp_juliet=40capulet.example:example.org. Never change it. Empty: the first domain.',
  ),
  'token-lifetime': duration(
    '180 days',
    between('1 hour', '3650 days'),
    'How long a Matrix device may be unused before it has to log in again.',
  ),
  'devices': count(
    50,
    between(1, 1000),
    'Matrix devices of one account. With one more, the device that logged in least recently is logged out.',
  ),
  'account-data': count(
    500,
    between(10, 100_000),
    'Entries that the clients of one account may keep on the server. One more is refused with M_TOO_LARGE.',
  ),
  'account-data-size': size('4 MiB', between('64 KiB', '1 GiB'), 'Octets of those entries together, with the same consequence.'),
  'filters': count(100, between(1, 10_000), 'Filters of one account. Of more, the one that was stored longest ago is forgotten.'),
  'requests-per-second': count(
    50,
    zeroOr(1, 100_000),
    'Requests of one device in a second, and four times as many at once. More are refused with M_LIMIT_EXCEEDED. 0: no limit.',
  ),
  'logins-per-minute': count(
    10,
    zeroOr(1, 100_000),
    'Logins, and registrations, of one address (for IPv6: one /64 network) in a minute, whether they succeed or not, with the same consequence. Failed logins are also limited by [sasl] failures-per-address. 0: no limit.',
  ),
  'sends-per-second': count(
    10,
    zeroOr(1, 100_000),
    'Messages of one device in a second, and five times as many at once; of changes of rooms and of typing, a fifth. More are refused with M_LIMIT_EXCEEDED. 0: no limit.',
  ),
  'presence-per-minute': count(
    12,
    zeroOr(1, 100_000),
    'Changes of presence of one user in a minute, and five at once. A request that only sets presence is refused with M_LIMIT_EXCEEDED. 0: no limit.',
  ),
  'presence': flag(
    true,
    'Whether users of Matrix clients see who is online, and are seen. Without it everybody is shown as offline there; XMPP is not changed.',
  ),
  'presence-idle': duration(
    '5 minutes',
    between('10 s', '1 day'),
    'A user who is online becomes unavailable for users of Matrix clients this long after the last activity.',
  ),
  'presence-active': duration(
    '5 minutes',
    between('1 s', '1 day'),
    'How long after an activity a user counts as currently active. Shorter than presence-idle, it costs an update for nearly every message.',
  ),
  'presence-overlay': duration(
    '1 minute',
    between('1 s', '1 hour'),
    'How long a device that says that its user is away is online after an activity.',
  ),
  'presence-gone': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'A Matrix device without a request under way is offline after this time. Until then XMPP contacts whose clients ask for that see it as paused, after [presence-annotations] pause-grace.',
  ),
  'presence-pause': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'An XMPP session that has lost its connection is unavailable for users of Matrix clients after this time.',
  ),
  'presence-busy': flag(
    false,
    'Whether users of Matrix clients may be busy (org.matrix.msc3026.busy), which is also "do not disturb" of XMPP. Otherwise that is unavailable.',
  ),
  'sync-is-activity': choice(
    ['explicit', 'always', 'never'],
    'explicit',
    'Which requests for news count as activity of the user: those that say "online" themselves, all of a device that is online, or none.',
  ),
  'encryption': choice(
    ['both-matrix', 'allow', 'never'],
    'both-matrix',
    'Where rooms may be encrypted, which XMPP clients cannot read. "both-matrix": an owner may switch it on in a room, and a private room may be made encrypted if everybody who is invited has a Matrix client that encrypts. "allow": any room may be made encrypted, too. "never": not at all.',
  ),
  'encrypted-text': text(
    'Encrypted Matrix message; this client cannot read it',
    'What XMPP clients show in the place of a message that a Matrix client has encrypted.',
  ),
  'one-time-keys': count(
    500,
    between(50, 10_000),
    'Keys for one use that one device may keep on the server, so that others can encrypt for it. More are refused with M_TOO_LARGE.',
  ),
  'to-device': count(
    10_000,
    between(100, 1_000_000),
    'Messages between devices, such as keys for encrypted rooms, that wait for one device. Beyond it the oldest are dropped; of one sender a tenth waits at most, and the oldest of that sender are dropped.',
  ),
  'to-device-size': size('64 MiB', between('1 MiB', '4 GiB'), 'Octets of those messages, with the same consequence.'),
  'backup-keys': count(
    200_000,
    between(100, 10_000_000),
    'Keys of rooms in one backup that the clients of one user keep on the server, encrypted for the user. More are refused with M_TOO_LARGE.',
  ),
  'backup-size': size('64 MiB', between('1 MiB', '4 GiB'), 'Octets of those keys together, with the same consequence.'),
  'joins-per-minute': count(
    5,
    zeroOr(1, 100_000),
    'Rooms that one user may join in a minute, with the same consequence. 0: no limit.',
  ),
  'invites-per-minute': count(
    20,
    zeroOr(1, 100_000),
    'Invitations into rooms of one user in a minute, with the same consequence. 0: no limit.',
  ),
  'joined-rooms': count(
    1000,
    between(1, 100_000),
    'Rooms that one user may belong to. Creating or joining one more with a Matrix client is refused with M_FORBIDDEN. Of rooms that a user is invited to, has left or is banned from, Matrix clients are shown as many again.',
  ),
  'awake-rooms': count(
    10_000,
    between(10, 1_000_000),
    'Rooms that Matrix clients use at the same time: what these need is in memory until nobody has asked for it for 15 minutes. Beyond it the room that was used longest ago leaves memory; if all were used in the last 2 minutes, requests for others are refused with M_LIMIT_EXCEEDED.',
  ),
  'strangers': choice(
    ['invite', 'join'],
    'invite',
    'What becomes of the first message of somebody whom a user does not know: Matrix clients show it as an invitation, or as a conversation that has begun.',
  ),
  'conversations': count(
    1000,
    between(10, 100_000),
    'Conversations of two that Matrix clients of one user are shown. Of more, an invitation or one that was left, then the one in which nothing was said for the longest time, is left out until something is said there; the archive keeps it. An invitation takes the place of no conversation.',
  ),
  'rooms-per-hour': count(
    10,
    zeroOr(1, 100_000),
    'Rooms that one user may create in an hour, with the same consequence. 0: no limit.',
  ),
  'room-people': count(
    1000,
    between(1, 100_000),
    'People at a time in a room that a Matrix client creates, as far as [multi-user-chat] occupants allows. Its owners can change that with an XMPP client. One more is refused as by any full room.',
  ),
  'thumbnail-size': size(
    '20 MiB',
    between('64 KiB', '1 GiB'),
    'Size of a picture that is reduced for Matrix clients. A larger one is refused with M_TOO_LARGE.',
  ),
  'thumbnail-pixels': count(
    24_000_000,
    between(10_000, 200_000_000),
    'Pixels of such a picture, with the same consequence. While it is reduced, each takes up to 30 octets of memory.',
  ),
  'thumbnail-time': duration(
    '10 seconds',
    between('100 ms', '5 minutes'),
    'How long the work on one picture may take, in a thread of its own. Then it is given up, and the request is refused.',
  ),
  'room-states': count(
    500,
    between(10, 100_000),
    'States of one room that only Matrix clients know. One more is refused with M_FORBIDDEN.',
  ),
  'room-states-size': size(
    '256 KiB',
    between('64 KiB', '64 MiB'),
    'Octets of those states together. What goes beyond it is refused with M_TOO_LARGE.',
  ),
  'searches-per-minute': count(
    10,
    zeroOr(1, 100_000),
    'Searches for people of one user in a minute, with the same consequence. 0: no limit.',
  ),
})
export type MatrixSettings = Settings<typeof matrixSettings>
