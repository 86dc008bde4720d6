/** The options of rooms, and the limits and times that follow from them. */
import { between, choice, count, duration, flag, section, size, text, zeroOr, type Settings } from '../../base/settings.ts'
import type { RoomsParts } from '../../rooms/rooms.ts'
import type { RemainsTimes } from '../../rooms/store.ts'
import type { TendingTimes } from '../../rooms/tending.ts'

export const roomSettings = section({
  'enabled': flag(true, 'Offer rooms at a domain below each domain of the server.'),
  'prefix': text('conference', 'The name of the service in front of the domain: "conference" makes conference.example.org.'),
  'create': choice(['local', 'everybody', 'nobody'], 'local', 'Who can make rooms: users of this server, everybody, or nobody.'),
  'rooms': count(
    50_000,
    between(1, 10_000_000),
    'Rooms in memory. One more is refused with resource-constraint while all are in use.',
  ),
  'owned': count(100, between(1, 100_000), 'Rooms that one person can own. One more is refused with resource-constraint.'),
  'locked': count(5, between(1, 1000), 'New rooms of one person that wait for their configuration. One more is refused.'),
  'occupants': count(5000, between(1, 100_000), 'People in one room, whatever its owner allows. One more is refused.'),
  'quiet-above': count(
    1000,
    zeroOr(2, 100_000),
    'More occupants than this make a room quiet: those who only listen are shown to moderators alone. Owners can turn that off. 0: no room becomes quiet.',
  ),
  'rush': count(
    5000,
    zeroOr(1, 1_000_000),
    'Presences that one room sends in a second. More wait for a quarter of a second, so that those of many people are written together, and only the newest of each. 0: they never wait.',
  ),
  'sessions': count(10, between(1, 100), 'Clients that one person can be in a room with, and nicknames. One more is refused.'),
  'affiliations': count(20_000, between(1, 1_000_000), 'People who have an affiliation with one room. One more is refused.'),
  'hats': count(50, between(0, 1000), 'Hats of one room (XEP-0317). One more is refused with resource-constraint.'),
  'hats-worn': count(
    500,
    between(0, 100_000),
    'Hats that the people of one room wear, all together; one person wears 10 at most. One more is refused with resource-constraint.',
  ),
  'subject': size('4 KiB', between('64 B', '64 KiB'), 'Size of a subject. A longer one is refused with not-acceptable.'),
  'card-size': size(
    '240 KiB',
    between('1 KB', '4 MiB'),
    'Size of the card of a room, with its picture. A larger one is refused with not-acceptable.',
  ),
  'presence-size': size(
    '32 KiB',
    between('1 KB', '256 KiB'),
    'Size of a presence in a room. A larger one is refused with policy-violation.',
  ),
  'messages': count(20, between(1, 10_000), 'Messages of one person to one room in ten seconds. More get policy-violation.'),
  'nick-changes': count(
    5,
    between(1, 10_000),
    'Nickname changes of one person in one room in a minute. More get policy-violation.',
  ),
  'invitations': count(20, between(1, 10_000), 'Invitations of one person to one room in a minute. More get policy-violation.'),
  'notices': count(
    60,
    between(1, 100_000),
    'Messages in a minute to people who are not in a room, about affiliations that one person has given them. More are not sent.',
  ),
  'presences': count(
    5,
    between(1, 10_000),
    'Presences of one client in one room in ten seconds. Of more, the newest is told when it is its turn.',
  ),
  'entries': count(20, between(1, 10_000), 'How often one person enters one room in ten seconds. More get policy-violation.'),
  'domain-sessions': count(
    500,
    between(1, 100_000),
    'Clients of one other server, or one component, in one room. One more is refused with resource-constraint.',
  ),
  'server-entries': count(
    5,
    between(1, 100_000),
    'Entries of users of one other server into rooms in a second, twenty times as many at once. More get resource-constraint.',
  ),
  'component-entries': count(50, between(1, 100_000), 'The same for users of one component.'),
  'visit-keep': duration(
    '1 hour',
    between('1 minute', '7 days'),
    'How long a room remembers the role of a visitor who has left.',
  ),
  'visits': count(1000, between(0, 100_000), 'Visitors whose role a room remembers. The oldest is forgotten.'),
  'configure-within': duration('10 minutes', between('1 minute', '1 day'), 'How long a new room waits for its configuration.'),
  'idle': duration('10 minutes', between('1 minute', '1 day'), 'How long an empty room stays in memory.'),
  'pause-grace': duration(
    '3 seconds',
    between('100 ms', '10 minutes'),
    'How long an occupant can be without a connection before others are told.',
  ),
  'link-keep': duration(
    '5 minutes',
    between('10 s', '7 days'),
    'How long occupants behind a link that is down stay in their rooms.',
  ),
  'silence': duration(
    '6 hours',
    between('10 minutes', '30 days'),
    'A room asks a client of another server whether it is still there if its presence is older than this, and not more often than once in this time.',
  ),
  'log-keep': duration('365 days', between('1 day', '36500 days'), 'How long the archive of a room keeps a message.'),
  'log-messages': count(100_000, between(100, 100_000_000), 'Messages that the archive of a room keeps. The oldest go.'),
  'searches': count(
    30,
    between(1, 100_000),
    'Searches for words in rooms (XEP-0431), of one local user or of one other domain, in a minute. More get policy-violation.',
  ),
  'searched': count(
    10_000,
    between(200, 100_000_000),
    'How many messages one search in a room looks through. It ends there, and says that there is more; if it has found nothing, it is refused with resource-constraint.',
  ),
  'log-size': size(
    '500 MiB',
    between('1 MiB', '1000 GiB'),
    'Size of the texts in the archive of a room, about. The oldest go, within minutes or, with very many rooms, hours.',
  ),
  'tombstone': duration(
    '30 days',
    between('1 day', '3650 days'),
    'How long the address of a destroyed room is kept for its owners.',
  ),
})

export type RoomSettings = Settings<typeof roomSettings>
const DAY_MS = 86_400_000
export const remainsIn = (config: RoomSettings): RemainsTimes => ({
  tombstoneMs: config.tombstone,
  destroyedLogMs: 7 * DAY_MS,
  endedLogMs: DAY_MS,
})
export const tendingTimes = (config: RoomSettings): TendingTimes => ({
  lockedMs: config['configure-within'],
  idleMs: config.idle,
  logMs: config['log-keep'],
  logEntriesMax: config['log-messages'],
  logOctetsMax: config['log-size'],
})
export const limitsIn = (config: RoomSettings): RoomsParts['limits'] => ({
  occupantsMax: config.occupants,
  sessionsMax: config.sessions,
  affiliationsMax: config.affiliations,
  hatsMax: config.hats,
  hatsWornMax: config['hats-worn'],
  subjectOctetsMax: config.subject,
  quietAbove: config['quiet-above'] === 0 ? Infinity : config['quiet-above'],
  visitKeepMs: config['visit-keep'],
  visitsMax: config.visits,
  roomsMax: config.rooms,
  ownedMax: config.owned,
  lockedMax: config.locked,
  messagesMax: config.messages,
  nicksMax: config['nick-changes'],
  invitationsMax: config.invitations,
  presencesMax: config.presences,
  entriesMax: config.entries,
})
