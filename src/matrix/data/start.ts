/** What clients ask when they start: which versions and which abilities this server has (MXR-152). */
import type { HttpExchange } from '../../base/http.ts'
import { newAccountsOf } from '../../xep/0077-registration/index.ts'
import { route, type Route } from '../http/routes.ts'
import { serverName } from '../ids/user-id.ts'
import type { Matrix } from '../matrix.ts'

/** Each version is a promise that clients act on: those whose parts are all here. */
const VERSIONS = ['r0.5.0', 'r0.6.0', 'r0.6.1', 'v1.1', 'v1.2']
/** Media with a token, which the first of these versions that has it is not told for. */
const UNSTABLE = { 'org.matrix.msc3916.stable': true }
export const ROOM_VERSION = '10'

export const startRoutes = ({ host }: Pick<Matrix, 'host'>): readonly Route[] => [
  route({
    method: 'GET',
    path: '/versions',
    versions: [''],
    access: 'anyone',
    handle: () => ({ versions: VERSIONS, unstable_features: UNSTABLE }),
  }),
  route({
    method: 'GET',
    path: '/capabilities',
    handle: () => ({
      capabilities: {
        'm.room_versions': { default: ROOM_VERSION, available: { [ROOM_VERSION]: 'stable' } },
        'm.change_password': { enabled: newAccountsOf(host).mayChange },
        'm.set_displayname': { enabled: true },
        'm.set_avatar_url': { enabled: true },
        'm.3pid_changes': { enabled: false },
      },
    }),
  }),
  // What this server has none of
  route({ method: 'GET', path: '/voip/turnServer', handle: () => ({}) }),
  route({ method: 'GET', path: '/thirdparty/protocols', handle: () => ({}) }),
  route({ method: 'GET', path: '/pushers', handle: () => ({ pushers: [] }) }),
  route({ method: 'GET', path: '/account/3pid', handle: () => ({ threepids: [] }) }),
]

/** MXR-94 has the second key. @param domain that the client has asked */
export function wellKnown({ settings }: Pick<Matrix, 'settings'>, domain: string, exchange: HttpExchange): object {
  const { encrypted } = exchange.peer
  const named = exchange.header('host') ?? serverName(domain)
  const base_url = settings.url === '' ? `${encrypted ? 'https' : 'http'}://${named}` : settings.url
  const e2ee = { default: false, ...(settings.encryption === 'never' ? { force_disable: true } : {}) }
  return { 'm.homeserver': { base_url }, 'io.element.e2ee': e2ee }
}
