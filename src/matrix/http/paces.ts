/** How fast users may ask: one bucket for each kind of request and device, user or address (MXR-151). Beyond it: M_LIMIT_EXCEEDED. */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import { networkOf } from '../../base/network.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { MatrixSettings } from '../settings.ts'
import { limitExceeded } from './errors.ts'

export type PaceName =
  | 'request'
  | 'login'
  | 'register'
  | 'bad-token'
  | 'send'
  | 'to-device'
  | 'state'
  | 'typing'
  | 'receipt'
  | 'presence'
  | 'join'
  | 'invite'
  | 'create'
  | 'rename'
  | 'search'

interface Pace {
  readonly by: 'device' | 'user' | 'address'
  /** 0: no limit. */
  readonly perSecond: number
  /** How many may come at once. */
  readonly burst: number
}
/** Whom a request comes from. */
export interface PacedSource {
  readonly address: string
  /** Null before a token is known. */
  readonly user: Jid | null
  readonly device: string | null
}

const MINUTE_S = 60
const HOUR_S = 3600
/** Everybody in all rooms of the user is told. */
const RENAMES_PER_MINUTE = 5

const pacesIn = (settings: MatrixSettings): Readonly<Record<PaceName, Pace>> => {
  const pace = (by: Pace['by'], perSecond: number, burst: number): Pace => ({ by, perSecond, burst })
  const { 'requests-per-second': requests, 'sends-per-second': sends, 'joins-per-minute': joins } = settings
  const { 'invites-per-minute': invites, 'rooms-per-hour': rooms, 'logins-per-minute': logins } = settings
  return {
    'request': pace('device', requests, 4 * requests),
    'login': pace('address', logins / MINUTE_S, 2 * logins),
    'register': pace('address', logins / MINUTE_S, 2 * logins),
    'bad-token': pace('address', logins / MINUTE_S, 10 * logins),
    'send': pace('device', sends, 5 * sends),
    'to-device': pace('device', sends, 5 * sends),
    'state': pace('device', sends / 5, 5 * sends),
    'typing': pace('device', sends / 5, sends),
    'receipt': pace('device', sends, 5 * sends),
    'presence': pace('user', settings['presence-per-minute'] / MINUTE_S, 5),
    'join': pace('user', joins / MINUTE_S, 4 * joins),
    'invite': pace('user', invites / MINUTE_S, 2 * invites),
    'rename': pace('user', RENAMES_PER_MINUTE / MINUTE_S, RENAMES_PER_MINUTE),
    'create': pace('user', rooms / HOUR_S, rooms),
    'search': pace('user', settings['searches-per-minute'] / MINUTE_S, settings['searches-per-minute']),
  }
}

/** The most sources of each kind whose pace is known; beyond it the one that came longest ago begins anew. */
const SOURCES_MAX = 20_000

export class Paces {
  readonly #clock: Clock
  readonly #paces: Readonly<Record<PaceName, Pace>>
  readonly #buckets = new Map<PaceName, BoundedMap<string, Bucket>>()

  constructor(settings: MatrixSettings, clock: Clock) {
    this.#clock = clock
    this.#paces = pacesIn(settings)
  }
  /** @throws MatrixError M_LIMIT_EXCEEDED */
  take(name: PaceName, source: PacedSource): void {
    const wait = this.tryTake(name, source)
    if (wait > 0) throw limitExceeded(wait)
  }
  /** Takes nothing. @throws MatrixError M_LIMIT_EXCEEDED: there is none */
  check(name: PaceName, source: PacedSource): void {
    const bucket = this.#buckets.get(name)?.get(keyOf(this.#paces[name].by, source))
    const wait = bucket?.waitFor(1, this.#clock.now()) ?? 0
    if (wait > 0) throw limitExceeded(wait)
  }
  /** Takes one if there is one. Otherwise takes nothing, and returns how long to wait. */
  tryTake(name: PaceName, source: PacedSource): Millis {
    const { by, perSecond, burst } = this.#paces[name]
    if (perSecond === 0) return 0
    const buckets = this.#buckets.get(name) ?? new BoundedMap<string, Bucket>(SOURCES_MAX)
    this.#buckets.set(name, buckets)
    const key = keyOf(by, source)
    const now = this.#clock.now()
    const bucket = buckets.get(key) ?? new Bucket(burst, perSecond, now)
    buckets.set(key, bucket)
    return bucket.tryTake(1, now)
  }
}

function keyOf(by: Pace['by'], { address, user, device }: PacedSource): string {
  if (user === null || by === 'address') return networkOf(address)
  return by === 'user' || device === null ? user.bare : `${user.bare}/${device}`
}
