/** Rooms for Matrix clients: the second face of `src/rooms/`, and the requests about them. */
import { LIMITS } from '../../rooms/machine/commands.ts'
import { RoomLog } from '../../rooms/room-log.ts'
import type { ServedRooms } from '../../rooms/rooms.ts'
import { roomsOf } from '../../xep/0045-multi-user-chat/index.ts'
import { pepOf } from '../../xep/0163-personal-eventing/index.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { PaceName } from '../http/paces.ts'
import { rulesOf } from '../data/push-rules.ts'
import type { Keys } from '../keys/index.ts'
import type { Route } from '../http/routes.ts'
import { roomDomains } from '../ids/alias.ts'
import { DirectRooms } from '../direct/direct-rooms.ts'
import { TalkStore } from '../direct/store.ts'
import type { Matrix } from '../matrix.ts'
import type { Mates } from '../presence/index.ts'
import type { Positions } from '../sync/positions.ts'
import { RoomsForSync } from '../sync/rooms-news.ts'
import { Access } from './access.ts'
import { Encryption } from './encryption.ts'
import { endings } from './ending.ts'
import { creatingRoutes } from './creating.ts'
import { hiddenPeople } from './hidden-people.ts'
import { directoryRoutes } from './directory.ts'
import { Joining, joiningRoutes } from './joining.ts'
import { Marking, SYNCHRONIZED } from './marking.ts'
import { fileOf } from './message-files.ts'
import { MatrixRooms } from './matrix-rooms.ts'
import { Occupancy } from './occupancy.ts'
import { People } from './people.ts'
import { Portraits } from './portraits.ts'
import { RoomReading } from './reading.ts'
import { markRoutes } from './reading-marks.ts'
import { readingRoutes } from './reading-routes.ts'
import { Renaming } from './renaming.ts'
import type { LinkIn } from './saying-about.ts'
import { Saying, sayingRoutes } from './saying.ts'
import { stateRoutes } from './state-routes.ts'
import { MatrixRoomStore } from './store.ts'
import { userSearchRoutes } from './user-search.ts'

export interface RoomsOfMatrix {
  readonly routes: readonly Route[]
  /** Null: this server has no rooms of its own. */
  readonly sync: RoomsForSync | null
}
export async function openRooms(matrix: Matrix, positions: Positions, keys: Keys): Promise<RoomsOfMatrix> {
  const served = roomsOf(matrix.host)
  return served === null ? { routes: [], sync: null } : opened(matrix, served, positions, keys)
}

async function opened(matrix: Matrix, served: ServedRooms, positions: Positions, keys: Keys): Promise<RoomsOfMatrix> {
  const { host, ids } = matrix
  const { clock, entropy, stores } = host
  const store = await MatrixRoomStore.open(host.database)
  const log = new RoomLog(served.rooms, stores.archive)
  const people = new People({
    rooms: served.store,
    own: store,
    now: () => clock.now(),
    roomsMax: matrix.settings['joined-rooms'],
  })
  const domains = roomDomains(served.domains, host.domains)
  const face: MatrixRooms = new MatrixRooms({
    rooms: served.rooms,
    log,
    store,
    people,
    positions,
    clock,
    errors: host.log,
    namesOf: (room, creator) => access.namesOf(room, creator),
    wake: (bare) => matrix.wakes.wake(bare),
    moved: (room, entry) => occupancy.moved(room, entry),
    displayed: (awake, by, id) => marking.displayed(awake, by, id),
    pictured: (awake) => portraits.look(awake),
    visitKeepMs: LIMITS.visitKeepMs,
    quietAbove: LIMITS.quietAbove,
    awakeMax: matrix.settings['awake-rooms'],
  })
  const occupancy = new Occupancy({
    rooms: served.rooms,
    people,
    clock,
    errors: host.log,
    domains: host.domains,
    devicesOf: (user) => matrix.presence.endpointsOf(user),
  })
  matrix.presence.shownChanged.push((device) => occupancy.changed(device))
  const ready = async (bare: string): Promise<void> => {
    const { rooms, left } = await people.of(bare)
    for (const [uid, address] of rooms) if (!left.has(uid)) await face.awake(uid, address)
  }
  const mates: Mates = {
    share: (one, other) => face.mates.share(one, other),
    of: (bare) => face.mates.of(bare),
    ready,
  }
  keys.circles.push({
    share: (one, other) => face.mates.meet(one, other),
    of: (bare) => face.mates.met(bare),
    ready,
  })
  matrix.presence.matesBy(mates)
  host.on('sessions-restored', () => occupancy.begin())
  const access = new Access({ served, face, ids, domains, secret: host.secret('matrix rooms'), direct: () => direct })
  const direct = new DirectRooms({
    matrix,
    positions,
    store: await TalkStore.open(host.database),
    displayed: (awake, by, id) => marking.displayed(awake, by, id),
  })
  keys.circles.push(direct.circle)
  served.rooms.faces.push(face)
  served.store.alongEnds.push(endings({ served, access, face, store, domains: host.domains }))
  face.begin()
  host.metrics.gauge('porchlight_matrix_rooms', 'Rooms in memory for Matrix clients', () => face.size)
  host.metrics.gauge('porchlight_matrix_room_people', 'People whose rooms are in memory for Matrix clients', () => people.size)
  host.metrics.gauge(
    'porchlight_matrix_room_watchers',
    'Users of Matrix clients who are told of news in rooms',
    () => face.watchers.size,
  )
  const reading = new RoomReading()
  const now = (): number => clock.now()
  const newId = (): string => stores.archive.newId(now())
  const nameOf = (user: Jid): Promise<string | null> => matrix.profiles.nameOf(user)
  const active = (user: Jid, device: string): void => matrix.devices.active(user, device)
  const joiningParts = { access, domains, people, store, nameOf }
  const joining = new Joining(joiningParts)
  const failed = (error: unknown): void => host.log.error({ err: error }, 'A new name could not be taken in rooms')
  const paceOf = (name: PaceName) => (user: Jid) => matrix.paces.tryTake(name, { address: '', user, device: null })
  const renaming = new Renaming({ clock, pace: paceOf('rename'), take: (user) => joining.rename(user), failed })
  matrix.profiles.watchers.push({ renamed: (user) => renaming.renamed(user) })
  const marking = new Marking({
    access,
    positions,
    pep: pepOf(host),
    now,
    newId,
    errors: host.log,
    hasDevice: async (user) => (await matrix.devices.list(user)).length > 0,
  })
  host.on('items-changed', ({ owner, node, published }) => {
    if (node === SYNCHRONIZED) for (const { id, payload } of published) marking.synchronized(owner, id, payload)
  })
  matrix.profiles.hidden.push(hiddenPeople(people, face))
  const linkIn: LinkIn = (type, content) => {
    const uri = fileOf(type, content)
    return uri === null ? null : matrix.media.linkOf(uri)
  }
  const portraits = new Portraits({ access, served, pictures: matrix.pictures, errors: host.log })
  const { 'encryption': rule, 'encrypted-text': text } = matrix.settings
  const encryption = new Encryption({ rule, text, having: (bares) => keys.having(bares) })
  const sayingParts = { access, encryption, newId, now, active, linkIn }
  const saying = new Saying(sayingParts)
  const peopleMax = Math.min(matrix.settings['room-people'], served.occupantsMax)
  const limits = { count: matrix.settings['room-states'], octets: matrix.settings['room-states-size'] }
  const routes = [
    ...creatingRoutes({
      access,
      encryption,
      served,
      domains,
      people,
      peopleMax,
      entropy,
      newId,
      nameOf,
      limits,
      cardFor: (user, avatar) => portraits.cardFor(user, avatar),
    }),
    ...joiningRoutes(joining, joiningParts),
    ...userSearchRoutes({ host, ids, profiles: matrix.profiles, mates: face.mates, ready }),
    ...directoryRoutes({ access, served, domains }),
    ...stateRoutes({
      access,
      encryption,
      joining,
      newId,
      limits,
      portraits,
      pace: (name, user) => matrix.paces.take(name, { address: '', user, device: null }),
    }),
    ...sayingRoutes(saying, sayingParts),
    ...markRoutes({ access, marking, active }),
    ...readingRoutes({ access, reading, now, hiddenFrom: (bare) => matrix.ignored.hiddenFrom(bare) }),
  ]
  return {
    routes,
    sync: new RoomsForSync({
      access,
      face,
      people,
      reading,
      store,
      movedAt: async (uid, bare) => (await log.stateAt({ uid }, 'member', bare, Number.MAX_SAFE_INTEGER))?.stream ?? 0,
      rulesOf: (user) => rulesOf(matrix.accountData, user),
    }),
  }
}
