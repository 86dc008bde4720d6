/**
 * XEP-0045: rooms, one service for each domain of ours. The machine of rooms is `src/rooms/`; this is its face in XMPP: stanzas
 * become commands, and what a room tells becomes stanzas.
 */
import type { Counter } from '../../base/metrics.ts'
import { Portions } from '../../base/portions.ts'
import { between, choice, count, duration, flag, section, size, text, zeroOr, type Settings } from '../../base/settings.ts'
import { SERVICE } from '../../rooms/machine/commands.ts'
import type { Room } from '../../rooms/machine/room.ts'
import { RoomLog } from '../../rooms/room-log.ts'
import { Rooms, type ServedRooms } from '../../rooms/rooms.ts'
import { KEPT_ROOM_VERSION, type KeptRoom } from '../../rooms/snapshot.ts'
import { RoomStore, type RemainsTimes } from '../../rooms/store.ts'
import { Tending, type TendingTimes } from '../../rooms/tending.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { capsOf } from '../0115-entity-capabilities/index.ts'
import { Conference } from './conference.ts'
import { Crowding } from './crowding.ts'
import { endOfRoom } from './farewells.ts'
import { Missed } from './missed.ts'
import { Orders } from './orders.ts'
import { Notices } from './notices.ts'
import { Pouring } from './pouring.ts'
import { putOutTheLost } from './returning.ts'
import { RoomDoubts } from './doubts.ts'
import { Wishes } from './wishes.ts'
import { XmppFace } from './xmpp-face.ts'

const settings = section({
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
  'sessions': count(10, between(1, 100), 'Clients that one person can be in a room with, and nicknames. One more is refused.'),
  'affiliations': count(20_000, between(1, 1_000_000), 'People who have an affiliation with one room. One more is refused.'),
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
  'log-keep': duration('365 days', between('1 day', '36500 days'), 'How long the archive of a room keeps a message.'),
  'log-messages': count(100_000, between(100, 100_000_000), 'Messages that the archive of a room keeps. The oldest go.'),
  'tombstone': duration(
    '30 days',
    between('1 day', '3650 days'),
    'How long the address of a destroyed room is kept for its owners.',
  ),
})

const served = new WeakMap<Host, ServedRooms>()
/** Null: this server has no rooms of its own. */
export const roomsOf = (host: Host): ServedRooms | null => served.get(host) ?? null

export const multiUserChat = defineFeature({
  name: 'multi-user-chat',
  specs: [
    xep(45, 'Multi-User Chat', '1.35.5', 'partial', 'see its page for what is missing'),
    xep(313, 'Message Archive Management', '1.1.3', 'partial', 'archives of rooms; accounts have none yet'),
    xep(424, 'Message Retraction', '0.4.0', 'partial', 'in rooms'),
    xep(425, 'Moderated Message Retraction', '0.3.0'),
    xep(463, 'MUC Affiliations Versioning', '0.2.0'),
    xep(486, 'MUC Avatars', '0.1.0'),
    xep(421, 'Occupant identifiers for semi-anonymous MUCs', '1.0.1'),
  ],
  needs: ['entity-capabilities'],
  settings,
  services: ({ enabled, prefix }) => (enabled ? [prefix] : []),
  async install(host, settings) {
    if (!settings.enabled) return
    const { archive } = host.stores
    const { clock, entropy, log } = host
    const store = await RoomStore.open(host.database, archive, remainsIn(settings))
    const kept = host.keep.service<KeptRoom>({
      name: 'rooms',
      version: KEPT_ROOM_VERSION,
      things: () => rooms.occupied(),
      save: (room) => rooms.keep(room),
      load: (room, occupants) => rooms.restore(room, occupants),
    })
    const rooms = new Rooms({ store, archive, clock, entropy, log, limits: limitsIn(settings), occupantsChanged: kept })
    const roomLog = new RoomLog(rooms, archive)
    const send = (packet: Packet): void => host.router.routeQuietly(packet)
    const { pour } = new Pouring(host.router, (error) =>
      log.error({ err: error }, 'A session could not be told who is in a room'),
    )
    const lose = (address: Jid, who: Jid): void =>
      void rooms.perform({ address: address.asBare, actor: SERVICE, command: { do: 'lost', who }, create: null, answered: null })
    const now = (): number => clock.now()
    const missed = new Missed()
    const portions = new Portions(clock, (error) => log.error({ err: error }, 'A room could not show who is there'))
    const face = new XmppFace({
      send,
      sent: measured(host, rooms),
      nextId: () => host.requestId(),
      roomLog,
      pour,
      lose: ({ address }, who) => lose(address, who),
      notices: new Notices(settings.notices, now),
      missed,
      inPortions: (job) => portions.do(job),
    })
    host.on('service-undelivered', ({ packet }) => {
      const lostSince = host.links.get(packet.from.domain, packet.to!.domain)?.lostSince
      if (!missed.note(packet, lostSince ?? now())) lose(packet.from, packet.to!)
    })
    rooms.faces.push(face)
    const tending = new Tending({ rooms, store, archive, clock, log, times: tendingTimes(settings) })
    host.on(
      'sessions-restored',
      () => void begin().catch((error: unknown) => log.error({ err: error }, 'Rooms could not be restored')),
    )
    const begin = async (): Promise<void> => {
      await putOutTheLost(host, rooms, async (address, kept) => {
        for (const packet of endOfRoom(address, kept, await store.tombstone(address, now()))) send(packet)
      })
      doubts.begin()
      await tending.settle()
      tending.start()
    }
    host.on('server-stopping', () => face.end(Array.from(rooms.all(), ({ room }) => room)))
    const failed = (error: unknown): void => log.error({ err: error }, 'A deleted account could not be removed from rooms')
    host.on('account-deleted', ({ jid }) => host.router.busyWith(rooms.forget(jid.bare).catch(failed)))
    const orders = new Orders(rooms)
    const wishes = new Wishes({
      resolver: capsOf(host).resolver,
      held: (address) => rooms.held(address),
      found: (room, { jid: who, presence }) => {
        const command = { do: 'presence', who, presence, wantsDoubts: true, doubts: [] } as const
        void orders.perform(room.address, { jid: who.bare, session: who, transaction: null }, command)
        face.showDoubts(room, who)
      },
    })
    const wantsDoubts = (presence: Packet): boolean => wishes.wantsDoubts(presence)
    const crowding = new Crowding({
      whereabouts: rooms.whereabouts,
      kindOf: (domain) => host.router.kindOf(domain),
      now,
      sessionsMax: settings['domain-sessions'],
      entriesElsewhere: settings['server-entries'],
      entriesComponent: settings['component-entries'],
    })
    const domains = host.domains.map((domain) => `${settings.prefix}.${domain}`)
    host.links.watching.alsoPairs(() => rooms.whereabouts.pairs())
    const doubts = new RoomDoubts({
      host,
      rooms,
      domains,
      face,
      missed,
      graceMs: settings['pause-grace'],
      linkKeepMs: settings['link-keep'],
    })
    const ours = domains.filter((domain) => !host.componentDomains.includes(domain))
    if (ours.length > 0) served.set(host, { rooms, store, domains: ours, sentBy: (room) => face.sentBy(room) })
    for (const domain of ours) serve(host, domain, { orders, store, roomLog, face, wantsDoubts, crowding }, settings)
  },
})

/** @returns what counts the stanzas that rooms send */
function measured({ metrics }: Host, rooms: Rooms): Counter {
  const sum = (of: (room: Room) => number): number => Array.from(rooms.all(), ({ room }) => of(room)).reduce((a, b) => a + b, 0)
  metrics.gauge('porchlight_rooms', 'Rooms in memory', () => sum(() => 1))
  metrics.gauge('porchlight_rooms_occupants', 'Occupants of rooms', () => sum(({ occupants }) => occupants.size))
  metrics.gauge('porchlight_rooms_occupants_doubted', 'Occupants of rooms who may be gone', () =>
    sum(({ occupants }) => occupants.values().reduce((n, { doubts }) => n + (doubts.length > 0 ? 1 : 0), 0)),
  )
  return metrics.counter('porchlight_rooms_stanzas_sent_total', 'Stanzas that rooms have sent to their occupants')
}

type Config = Settings<typeof settings>
const DAY_MS = 86_400_000
const remainsIn = (config: Config): RemainsTimes => ({
  tombstoneMs: config.tombstone,
  destroyedLogMs: 7 * DAY_MS,
  endedLogMs: DAY_MS,
})
const tendingTimes = (config: Config): TendingTimes => ({
  lockedMs: config['configure-within'],
  idleMs: config.idle,
  logMs: config['log-keep'],
  logEntriesMax: config['log-messages'],
})
const limitsIn = (config: Config): ConstructorParameters<typeof Rooms>[0]['limits'] => ({
  occupantsMax: config.occupants,
  sessionsMax: config.sessions,
  affiliationsMax: config.affiliations,
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

interface Served {
  readonly orders: Orders
  readonly store: RoomStore
  readonly roomLog: RoomLog
  readonly face: XmppFace
  readonly wantsDoubts: (presence: Packet) => boolean
  readonly crowding: Crowding
}
function serve(host: Host, domain: string, { orders: rooms, ...served }: Served, config: Config): void {
  const { create, 'presence-size': octetsMax, 'card-size': cardOctetsMax } = config
  const isLocal = (bare: string): boolean => host.domains.includes(bare.slice(bare.indexOf('@') + 1))
  const mayCreate = (bare: string): boolean => create === 'everybody' || (create === 'local' && isLocal(bare))
  const conference = new Conference({ ...served, host, domain, rooms, mayCreate, octetsMax, cardOctetsMax })
  const service = host.service({
    domain,
    identity: { category: 'conference', type: 'text', name: 'Rooms' },
    stanza: (packet) => conference.take(packet),
  })
  conference.install(service)
}
