/** Puts the parts of the Matrix API together, and declares its paths. */
import type { Host } from '../server/feature.ts'
import { roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { Devices, type DeviceWatcher } from './accounts/devices.ts'
import { passwordRoutes } from './accounts/change.ts'
import { loginRoutes } from './accounts/login.ts'
import { registerRoutes } from './accounts/register.ts'
import { sessionRoutes } from './accounts/sessions.ts'
import { AccountData, accountDataRoutes } from './data/account-data.ts'
import { Filters, filterRoutes } from './data/filters.ts'
import { Ignored } from './data/ignored.ts'
import { ItemsSeen } from './data/items-seen.ts'
import { Profiles, profileRoutes } from './data/profile.ts'
import { pushRuleRoutes } from './data/push-rules.ts'
import { startRoutes, wellKnown } from './data/start.ts'
import { DataStore } from './data/store.ts'
import { openKeys } from './keys/index.ts'
import { Media } from './media/media.ts'
import { Pictures } from './media/pictures.ts'
import { mediaRoutes } from './media/routes.ts'
import { Thumbnails } from './media/thumbnails.ts'
import { MatrixFace } from './http/face.ts'
import { Paces } from './http/paces.ts'
import { Waits } from './http/waiting.ts'
import type { Matrix } from './matrix.ts'
import { openPresence } from './presence/index.ts'
import type { MatrixSettings } from './settings.ts'
import { openRooms } from './rooms/index.ts'
import { syncRoutes } from './sync/index.ts'
import { Positions } from './sync/positions.ts'
import { Wakes } from './sync/wakes.ts'

export async function serve(host: Host, settings: MatrixSettings): Promise<Matrix> {
  const { clock, domains, metrics } = host
  const waits = new Waits(clock)
  const devices = new Devices(host, { lifetime: settings['token-lifetime'], devicesMax: settings.devices })
  devices.watchers.push(endingWaits(waits))
  const media = new Media(host)
  const items = new ItemsSeen(host)
  const thumbnailLimits = {
    octetsMax: settings['thumbnail-size'],
    pixelsMax: settings['thumbnail-pixels'],
    timeMs: settings['thumbnail-time'],
  }
  const thumbnails = media.uploads === null ? null : new Thumbnails(media.uploads, clock, thumbnailLimits)
  const ids = { domains, ghostDomain: settings['ghost-domain'] || domains[0]!, media }
  const wakes = new Wakes()
  const { archive } = host.stores
  const positions = new Positions(archive, () => roomsOf(host)?.rooms.underWay ?? Infinity)
  const store = await DataStore.open(host.database)
  const ignored = new Ignored(host, ids, wakes, () => archive.nextStream())
  const limits = { entriesMax: settings['account-data'], octetsMax: settings['account-data-size'] }
  const house = {
    host,
    settings,
    ids,
    media,
    devices,
    paces: new Paces(settings, clock),
    waits,
    wakes,
    ignored,
    accountData: new AccountData({ store, ignored, limits, positions, wakes }),
    filters: new Filters(store, clock, settings.filters),
    pictures: new Pictures(host, media, items),
    profiles: new Profiles(host, items),
  }
  const presence = await openPresence(house)
  const matrix: Matrix = { ...house, presence }
  const keys = await openKeys(matrix, positions)
  const rooms = await openRooms(matrix, positions, keys)
  const routes = [
    ...startRoutes(matrix),
    ...presence.routes,
    ...loginRoutes(matrix),
    ...registerRoutes(matrix),
    ...passwordRoutes(matrix),
    ...sessionRoutes(matrix),
    ...profileRoutes(matrix),
    ...accountDataRoutes(matrix),
    ...filterRoutes(matrix),
    ...pushRuleRoutes(matrix),
    ...keys.routes,
    ...mediaRoutes({ ...matrix, thumbnails }),
    ...rooms.routes,
    ...syncRoutes({ matrix, positions, rooms: rooms.sync, keys: keys.sync }),
  ]
  const face = new MatrixFace({ ...matrix, domains, log: host.log, metrics }, routes)
  face.install(host.http)
  host.http.at('/.well-known/matrix/client', (exchange) => face.reply(exchange, (domain) => wellKnown(matrix, domain, exchange)))
  metrics.gauge('porchlight_matrix_requests_waiting', 'Requests of Matrix clients that wait for news', () => waits.size)
  return matrix
}

/** A device that is logged out, or has another token, waits for nothing. */
const endingWaits = (waits: Waits): DeviceWatcher => ({
  opened: (user, device) => waits.end(user, device),
  ended: (user, device) => waits.end(user, device),
  began() {},
  finished() {},
  active() {},
})
