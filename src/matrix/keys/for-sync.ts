/** What every answer to a request for news says of keys (MXR-129): letters for the device, whose keys have changed, what is left of its own. */
import type { DeviceKeysOf, Stock } from './device-keys.ts'
import type { KeyChanges } from './changes.ts'
import type { Place } from './store.ts'
import type { ToDevice } from './to-device.ts'

/** What a request for news knows, and up to where it is told. */
export interface KeysAsking {
  readonly place: Place
  /** The number that the client knows; null: nothing. */
  readonly since: number | null
  /** The same of letters. */
  readonly told: number
  readonly upTo: number
  /** Bare JIDs of people with whom the user shares an encrypted room only now. */
  readonly met: ReadonlySet<string>
  /** Bare JIDs of people with whom the user has ceased to share a room. */
  readonly parted: ReadonlySet<string>
}
export interface KeyNews {
  readonly isNothing: boolean
  /** The number up to which letters are told. */
  readonly told: number
  readonly fields: Stock & {
    readonly to_device: { readonly events: readonly object[] }
    readonly device_lists: { readonly changed: readonly string[]; readonly left: readonly string[] }
  }
}

export interface KeysForSyncParts {
  readonly deviceKeys: DeviceKeysOf
  readonly toDevice: ToDevice
  readonly changes: KeyChanges
  readonly idOf: (bare: string) => string
}

export class KeysForSync {
  readonly #parts: KeysForSyncParts

  constructor(parts: KeysForSyncParts) {
    this.#parts = parts
  }
  /** The device has been told everything up to that number: it has asked with that token. */
  acknowledge(place: Place, told: number): Promise<void> {
    return this.#parts.toDevice.acknowledge(place, told)
  }
  stock(place: Place): Promise<Stock> {
    return this.#parts.deviceKeys.stock(place)
  }
  async news({ place, since, told, upTo, met, parted }: KeysAsking): Promise<KeyNews> {
    const { toDevice, changes, idOf } = this.#parts
    const [letters, changed, stock] = await Promise.all([
      toDevice.news(place, told, upTo),
      since === null ? [] : changes.of(place.owner, since, upTo),
      this.stock(place),
    ])
    const left = [...parted].filter((bare) => !changes.share(place.owner, bare))
    const all = new Set([...changed, ...met])
    for (const bare of left) all.delete(bare)
    return {
      isNothing: letters.events.length === 0 && all.size === 0 && left.length === 0,
      told: letters.upTo,
      fields: {
        to_device: { events: letters.events },
        device_lists: { changed: [...all].map(idOf), left: left.map(idOf) },
        ...stock,
      },
    }
  }
}
