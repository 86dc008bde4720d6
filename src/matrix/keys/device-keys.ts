/**
 * The keys of devices: they are stored as they come and given out as they were stored (MXR-140, MXR-141). A key for one use is
 * given to one device, and that is on disk before the device learns the key.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, invalidParam, tooLarge } from '../http/errors.ts'
import type { Json } from '../http/json.ts'
import type { KeyChanges } from './changes.ts'
import { contentOf, namedKeys, type DeviceKeys, type KeysByName } from './shapes.ts'
import type { KeyCounts, KeyStore, NamedKey, Place } from './store.ts'

/** The algorithm of the keys that clients use today: they want to know its count even if there are none. */
const USUAL = 'signed_curve25519'
/** Devices whose counts are in memory. */
const KNOWN_MAX = 20_000

/** What a device is told of its own keys in every answer. */
export interface Stock {
  readonly device_one_time_keys_count: KeyCounts
  readonly device_unused_fallback_key_types: readonly string[]
}
export interface Upload {
  readonly device_keys?: DeviceKeys | null | undefined
  readonly one_time_keys?: KeysByName | null | undefined
  readonly fallback_keys?: KeysByName | null | undefined
}
export interface DeviceKeysParts {
  readonly store: KeyStore
  readonly changes: KeyChanges
  readonly idOf: (user: Jid) => string
  /** Numbers in the order of everything that the server keeps. */
  readonly nextStream: () => number
  /** Keys for one use of one device. */
  readonly oneTimeKeysMax: number
}

export class DeviceKeysOf {
  readonly #parts: DeviceKeysParts
  readonly #stocks = new BoundedMap<string, Stock>(KNOWN_MAX)
  /** Grows with each change: what was read before that is not remembered. */
  #changed = 0

  constructor(parts: DeviceKeysParts) {
    this.#parts = parts
  }
  /** @throws MatrixError: nothing is stored */
  async upload(user: Jid, device: string, { device_keys: own, one_time_keys, fallback_keys }: Upload): Promise<KeyCounts> {
    const { store, changes, nextStream, oneTimeKeysMax } = this.#parts
    const place = { owner: user.bare, device }
    const content = own == null ? null : this.#checked(user, device, own)
    const [keys, fallback] = [namedKeys(one_time_keys), namedKeys(fallback_keys)]
    const known = new Map((keys.length === 0 ? [] : await store.oneTimeKeys(place)).map((key) => [key.id, key]))
    for (const key of keys)
      if (known.has(key.id) && known.get(key.id)!.content !== key.content) throw invalidParam(`There is another key ${key.id}`)
    const fresh = keys.filter(({ id }) => !known.has(id))
    const waiting = [...known.values()].filter(({ used }) => used === 0)
    if (waiting.length + fresh.length > oneTimeKeysMax) throw tooLarge(`A device has at most ${oneTimeKeysMax} keys for one use`)
    if (content !== null && content !== (await store.device(place)))
      await changes.write(user.bare, (stream) => store.putDevice(place, content, stream))
    if (fresh.length + fallback.length > 0) {
      await store.putKeys(place, fresh, fallback, nextStream())
      this.#forget(place)
    }
    return (await this.stock(place)).device_one_time_keys_count
  }
  #checked(user: Jid, device: string, keys: DeviceKeys): string {
    if (keys.user_id !== this.#parts.idOf(user) || keys.device_id !== device)
      throw invalidParam('The keys name another device than the one that uploads them')
    if (Object.keys(keys.keys).some((id) => !id.endsWith(`:${device}`))) throw badJson('A key is not named for its device')
    return contentOf(keys)
  }

  /** A key that nobody else gets, or the fallback key; null: the device has none of that algorithm. */
  async claim(place: Place, algorithm: string): Promise<{ readonly [id: string]: Json } | null> {
    const key: NamedKey | null = await this.#parts.store.claim(place, algorithm)
    if (key === null) return null
    this.#forget(place)
    return { [key.id]: JSON.parse(key.content) as Json }
  }

  async stock(place: Place): Promise<Stock> {
    const key = nameOf(place)
    const known = this.#stocks.get(key)
    if (known !== undefined) return known
    const changed = this.#changed
    const { store } = this.#parts
    const [counts, unused] = await Promise.all([store.counts(place), store.unusedFallbacks(place)])
    const stock = { device_one_time_keys_count: { [USUAL]: 0, ...counts }, device_unused_fallback_key_types: unused }
    if (changed === this.#changed) this.#stocks.set(key, stock)
    return stock
  }
  /** The device is gone. */
  async drop(place: Place): Promise<void> {
    await this.#parts.changes.write(place.owner, (stream) => this.#parts.store.dropDevice(place, stream))
    this.#forget(place)
  }
  /** Of all devices of an account, also of those for which nothing is stored any more. */
  forgetAll(owner: string): void {
    this.#changed += 1
    for (const key of this.#stocks.keys()) if (key.startsWith(`${owner}/`)) this.#stocks.delete(key)
  }
  #forget(place: Place): void {
    this.#changed += 1
    this.#stocks.delete(nameOf(place))
  }
}
const nameOf = ({ owner, device }: Place): string => `${owner}/${device}`
