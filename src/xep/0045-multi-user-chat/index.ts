/**
 * XEP-0045: rooms, one service for each domain of ours. The machine of rooms is `src/rooms/`; this is its face in XMPP: stanzas
 * become commands, and what a room tells becomes stanzas.
 */
import type { Counter } from '../../base/metrics.ts'
import { Portions } from '../../base/portions.ts'
import { SERVICE } from '../../rooms/machine/commands.ts'
import type { Room } from '../../rooms/machine/room.ts'
import { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import { RoomLog } from '../../rooms/room-log.ts'
import { Rooms, type Order, type ServedRooms } from '../../rooms/rooms.ts'
import { KEPT_ROOM_VERSION, type KeptRoom } from '../../rooms/snapshot.ts'
import { RoomStore } from '../../rooms/store.ts'
import { Tending } from '../../rooms/tending.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { capsOf } from '../0115-entity-capabilities/index.ts'
import { AfterCrash } from './after-crash.ts'
import { ClearancesOfOccupants } from './clearances.ts'
import { Conference } from './conference.ts'
import { Crowding } from './crowding.ts'
import { RoomSearches } from './room-searches.ts'
import { endOfRoom } from './farewells.ts'
import { Missed, type KeptMissed } from './missed.ts'
import { Orders } from './orders.ts'
import { Notices } from './notices.ts'
import { Pouring } from './pouring.ts'
import { putOutTheLost } from './returning.ts'
import { RoomDoubts } from './doubts.ts'
import { limitsIn, remainsIn, roomSettings, tendingTimes, type RoomSettings } from './settings.ts'
import { Silences } from './silences.ts'
import { Wishes } from './wishes.ts'
import { XmppFace } from './xmpp-face.ts'

const served = new WeakMap<Host, ServedRooms>()
/** Null: this server has no rooms of its own. */
export const roomsOf = (host: Host): ServedRooms | null => served.get(host) ?? null

export const multiUserChat = defineFeature({
  name: 'multi-user-chat',
  specs: [
    xep(45, 'Multi-User Chat', '1.35.5', 'partial', 'see its page for what is missing'),
    xep(317, 'Hats', '0.3.1'),
    xep(313, 'Message Archive Management', '1.1.3', 'partial', 'archives of rooms; accounts have none yet'),
    xep(424, 'Message Retraction', '0.4.0', 'complete', 'in rooms, and in the archives of accounts'),
    xep(425, 'Moderated Message Retraction', '0.3.0'),
    xep(463, 'MUC Affiliations Versioning', '0.2.0'),
    xep(486, 'MUC Avatars', '0.1.0'),
    xep(421, 'Occupant identifiers for semi-anonymous MUCs', '1.0.1'),
  ],
  needs: ['entity-capabilities'],
  settings: roomSettings,
  services: ({ enabled, prefix }) => (enabled ? [prefix] : []),
  async install(host, settings) {
    if (!settings.enabled) return
    const { archive } = host.stores
    const { clock, entropy, log } = host
    const store = await RoomStore.open(host.database, archive, remainsIn(settings))
    const labels = host.labels === null ? null : new LabelledRooms(host.labels)
    const kept = host.keep.service<KeptRoom>({
      name: 'rooms',
      version: KEPT_ROOM_VERSION,
      things: () => rooms.occupied(),
      save: (room) => rooms.keep(room),
      load: (room, occupants, _, when) => {
        rooms.restore(room, occupants)
        if (when === 'while running') crash.restored(storedJid(room), occupants)
      },
    })
    const rooms = new Rooms({ store, archive, clock, entropy, log, limits: limitsIn(settings), labels, occupantsChanged: kept })
    const roomLog = new RoomLog(rooms, archive)
    const send = (packet: Packet): void => host.router.routeQuietly(packet)
    const { pour } = new Pouring(host.router, (error) =>
      log.error({ err: error }, 'A session could not be told who is in a room'),
    )
    const notLost = (error: unknown): void =>
      log.error({ err: error }, 'An occupant who is lost could not be removed from a room')
    const lose = (address: Jid, who: Jid): void => {
      const order: Order = { address: address.asBare, actor: SERVICE, command: { do: 'lost', who }, create: null, answered: null }
      Promise.resolve(rooms.perform(order)).catch(notLost)
    }
    const now = (): number => clock.now()
    const missed: Missed = new Missed((key) => missedKept(key))
    const missedKept = host.keep.service<KeptMissed>({
      name: 'rooms-missed',
      version: 1,
      things: () => missed.keys(),
      save: (key) => missed.keep(key),
      load: (_, kept) => missed.restore(kept),
    })
    const sent = measured(host, rooms)
    const crash = new AfterCrash({ host, rooms, missed, sent })
    const portions = new Portions(clock, (error) => log.error({ err: error }, 'A room could not show who is there'))
    const face = new XmppFace({
      clock,
      send,
      sent,
      nextId: () => host.requestId(),
      rushAbove: settings.rush,
      roomLog,
      labels,
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
    // What waits for a moment goes to where the rest waits for the client, over a restart too
    host.keep.settle(({ jid: { full } }) => {
      for (const bare of rooms.whereabouts.roomsOf(full)) {
        const room = rooms.held(storedJid(bare))
        if (room !== null) face.catchUp(room)
      }
    })
    const tending = new Tending({ rooms, store, archive, clock, log, times: tendingTimes(settings) })
    host.on(
      'sessions-restored',
      () => void begin().catch((error: unknown) => log.error({ err: error }, 'Rooms could not be restored')),
    )
    const clearances = labels === null ? null : new ClearancesOfOccupants(host, labels.labels, rooms)
    const begin = async (): Promise<void> => {
      await putOutTheLost(host, rooms, async (address, kept) => {
        for (const packet of endOfRoom(address, kept, await store.tombstone(address, now()))) send(packet)
      })
      crash.begin()
      doubts.begin()
      silences.begin()
      await tending.settle()
      tending.start()
      clearances?.lookAtAll()
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
    const searches = new RoomSearches({
      searchesMax: settings.searches,
      messagesMax: settings.searched,
      now,
      isOurs: (domain) => host.router.kindOf(domain) === 'accounts',
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
      inPortions: (job) => portions.do(job),
    })
    const silences = new Silences({ host, rooms, verifying: doubts.verifying, silenceMs: settings['silence'] })
    const ours = domains.filter((domain) => !host.componentDomains.includes(domain))
    const mayCreate = makersOf(host, settings)
    const { occupants: occupantsMax } = settings
    const sentBy = (room: Room): number => face.sentBy(room)
    if (ours.length > 0)
      served.set(host, { rooms, store, domains: ours, mayCreate, occupantsMax, cardOctetsMax: settings['card-size'], sentBy })
    for (const domain of ours) {
      const parts = { orders, store, roomLog, face, labels, wantsDoubts, crowding, searches, mayCreate }
      const conference = serve(host, domain, parts, settings)
      rooms.faces.push({ tell: (room, tell) => (room.address.domain === domain ? conference.tell(room, tell) : undefined) })
    }
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

interface Served {
  readonly orders: Orders
  readonly store: RoomStore
  readonly roomLog: RoomLog
  readonly face: XmppFace
  readonly labels: LabelledRooms | null
  readonly wantsDoubts: (presence: Packet) => boolean
  readonly crowding: Crowding
  readonly searches: RoomSearches
  readonly mayCreate: (bare: string) => boolean
}
function makersOf({ domains }: Host, { create }: RoomSettings): Served['mayCreate'] {
  const isLocal = (bare: string): boolean => domains.includes(bare.slice(bare.indexOf('@') + 1))
  return (bare) => create === 'everybody' || (create === 'local' && isLocal(bare))
}
function serve(host: Host, domain: string, { orders: rooms, ...served }: Served, config: RoomSettings): Conference {
  const { 'presence-size': octetsMax, 'card-size': cardOctetsMax } = config
  const conference = new Conference({ ...served, host, domain, rooms, octetsMax, cardOctetsMax })
  const service = host.service({
    domain,
    identity: { category: 'conference', type: 'text', name: 'Rooms' },
    stanza: (packet) => conference.take(packet),
  })
  conference.install(service)
  return conference
}
