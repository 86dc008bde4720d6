/** The presence of Matrix users: the parts put together. */
import { jid, type Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { invalidParam } from '../http/errors.ts'
import type { Route } from '../http/routes.ts'
import { userIdOf } from '../ids/user-id.ts'
import type { Host } from '../../server/feature.ts'
import type { DeviceWatcher } from '../accounts/devices.ts'
import type { Paces } from '../http/paces.ts'
import type { UserIdSpace } from '../ids/user-id.ts'
import type { MatrixSettings } from '../settings.ts'
import type { Wakes } from '../sync/wakes.ts'
import { Board } from './board.ts'
import type { MatrixDevice } from './device.ts'
import { Looking, type PresenceEvent } from './looking.ts'
import { NOTHING_PUBLISHED, type PresenceRules } from './machine.ts'
import { Presence } from './presence.ts'
import { presenceRoutes } from './routes.ts'
import { migrations, PresenceStore } from './store.ts'
import { NO_MATES, Viewers, type Mates } from './viewers.ts'

export type { MatrixDevice } from './device.ts'
export type { PresenceEvent } from './looking.ts'
export type { Mates } from './viewers.ts'

const BUSY_OFFLINE_MS = 3_600_000
const LOST_MS = 1_800_000
/** Takes part in the pace of a user: presence is not limited by device or address. */
const NO_ADDRESS = ''

/** The request is over. */
type Over = () => void
export interface PresenceHouse {
  readonly host: Host
  readonly settings: MatrixSettings
  readonly ids: UserIdSpace
  readonly paces: Paces
  readonly wakes: Wakes
  readonly devices: { readonly watchers: DeviceWatcher[] }
}

/** What the other parts of the Matrix API need of presence. */
export interface MatrixPresence {
  readonly routes: readonly Route[]
  /**
   * A request for updates begins, and says how the device is to be seen.
   * @param wanted null: the request does not say it
   * @returns to be called when the request is over, whatever happened
   * @throws MatrixError M_INVALID_PARAM
   */
  asked(user: Jid, device: string, wanted: string | null): Over | Promise<Over>
  /** See `Looking.since`. */
  since(
    viewer: Jid,
    position: number | null,
    applied: number,
    newcomers: Iterable<string>,
  ): readonly PresenceEvent[] | Promise<readonly PresenceEvent[]>
  /** The devices that are not offline. */
  endpointsOf(user: Jid): readonly MatrixDevice[]
  /** Is told when what a device shows to XMPP contacts has changed, and when it has gone. */
  readonly shownChanged: ((device: MatrixDevice) => void)[]
  /** Is told of messages that have come to a device of the user: of each once for every device. */
  readonly received: ((user: Jid, message: Packet) => void)[]
  /** The full address of a device, whether it is there or not. */
  addressOf(user: Jid, device: string): Jid
  /** Who shares rooms with whom. */
  matesBy(mates: Mates): void
  /** The two share a room from now on. Bare JIDs. */
  mateJoined(bare: string, mate: string): void
}

export async function openPresence(house: PresenceHouse): Promise<MatrixPresence> {
  const { host, settings, ids, paces, devices, wakes } = house
  const { clock, database, log, stores, router } = host
  await database.migrate('matrix-presence', migrations)
  const store = new PresenceStore(database)
  const board = new Board({
    clock,
    store,
    nextPosition: () => stores.archive.nextStream(),
    failed: (error) => log.error({ err: error }, 'The presence of a Matrix user could not be stored'),
  })
  const rows = (await store.all())
    .filter(({ owner }) => host.accounts.isHome(owner))
    .map((row) => board.load(jid(row.owner), row))
  const isOn = settings['presence']
  let mates: Mates = NO_MATES
  const rules: PresenceRules = {
    idleMs: settings['presence-idle'],
    granularityMs: settings['presence-active'],
    overlayMs: settings['presence-overlay'],
    offlineMs: settings['presence-gone'],
    busyOfflineMs: BUSY_OFFLINE_MS,
    pauseMs: settings['presence-pause'],
    lostMs: LOST_MS,
    hasBusy: settings['presence-busy'],
    syncIsActivity: settings['sync-is-activity'],
  }
  const pace = (user: Jid): number => paces.tryTake('presence', { address: NO_ADDRESS, user, device: null })
  const presence = new Presence({
    host,
    rules,
    board,
    pace,
    lang: 'en',
    isOn,
    told: ({ bare }, position) => viewers.told(bare, position),
  })
  const viewers = new Viewers({
    clock,
    mates: () => mates,
    isHere: (one) => router.kindOf(one.domain) === 'accounts' && router.placeOf(one) === 'here',
    last: () => board.last,
    wake: (bare) => wakes.wake(bare),
    swept: () => presence.sweep((bare) => viewers.isSeen(bare)),
  })
  const looking = new Looking({ host, presence, board, viewers, mates: () => mates, idOf: (one) => userIdOf(one, ids), isOn })
  const shown = rows.filter(({ published }) => published.presence !== 'offline')
  // Clients of before need time to come back, and not all of them are told to be gone at once
  if (isOn) for (const row of shown) presence.restore(row, clock.now() + rules.offlineMs * (1 + host.entropy.bytes(1)[0]! / 256))
  else for (const row of shown) board.publish(row.jid, NOTHING_PUBLISHED)
  devices.watchers.push({
    opened() {},
    ended: (user, device) => presence.end(user, device),
    began() {},
    finished() {},
    active: (user, device) => presence.activity(user, device),
  })
  return {
    routes: presenceRoutes(ids, isOn ? { presence, looking, hasBusy: rules.hasBusy } : null),
    asked(user, device, wanted) {
      const state = wantedIn(wanted)
      return host.accounts.with(user.bare, (account) => {
        if (account !== null) looking.attend(account)
        return presence.asked(user, device, isOn ? state : 'offline', wanted !== null)
      })
    },
    since: (viewer, position, applied, newcomers) => looking.since(viewer, position, applied, newcomers),
    endpointsOf: (user) => presence.endpointsOf(user),
    shownChanged: presence.shownChanged,
    received: presence.received,
    addressOf: (user, device) => presence.addressOf(user, device),
    // People of other servers are in rooms too, and have no presence here
    matesBy(others) {
      const of = (bare: string) => Iterator.from(others.of(bare)).filter((mate) => host.accounts.isHome(mate))
      mates = { share: (one, other) => others.share(one, other), of, ready: (bare) => others.ready(bare) }
    },
    mateJoined: (bare, mate) => looking.mateJoined(bare, mate),
  }
}

function wantedIn(word: string | null): 'online' | 'unavailable' | 'offline' {
  if (word === null || word === 'online') return 'online'
  if (word === 'unavailable' || word === 'offline') return word
  throw invalidParam('set_presence is one of online, unavailable and offline')
}
