/** End-to-end keys: the server stores them, gives them out, and reads no more of them than it must (MXR-140 to 144). */
import { every, type Millis } from '../../base/clock.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import type { DeviceWatcher } from '../accounts/devices.ts'
import { idOf } from '../accounts/login.ts'
import type { Route } from '../http/routes.ts'
import { jidOfUserId, userIdOf } from '../ids/user-id.ts'
import type { Matrix } from '../matrix.ts'
import type { Positions } from '../sync/positions.ts'
import { backupRoutes } from './backup-routes.ts'
import { BackupStore } from './backup-store.ts'
import { Backups } from './backup.ts'
import { KeyChanges, type Circle } from './changes.ts'
import { DeviceKeysOf } from './device-keys.ts'
import { KeysForSync } from './for-sync.ts'
import { InboxStore } from './inbox-store.ts'
import { Querying } from './querying.ts'
import { keyRoutes } from './routes.ts'
import { Signing } from './signing.ts'
import { SigningStore } from './signing-store.ts'
import { KeyStore, type Place } from './store.ts'
import { KEYS, keyMigrations } from './tables.ts'
import { ToDevice } from './to-device.ts'
import { letterRoutes } from './letter-routes.ts'

export interface Keys {
  readonly routes: readonly Route[]
  readonly sync: KeysForSync
  /** People who may encrypt for each other: each part in which people meet adds one. */
  readonly circles: Circle[]
  /** Those of these accounts that have a device with keys. */
  having(bares: readonly string[]): Promise<ReadonlySet<string>>
}

/** How often devices are looked for that have gone while nobody was told. */
const SWEEP_MS: Millis = 86_400_000

export async function openKeys(matrix: Matrix, positions: Positions): Promise<Keys> {
  const { host, ids, devices, wakes, ignored, settings } = matrix
  await host.database.migrate(KEYS, keyMigrations)
  const store = new KeyStore(host.database)
  const signing = new SigningStore(host.database, store)
  const changes = await KeyChanges.open({ keys: store, signing, positions, wakes })
  const deviceKeys = new DeviceKeysOf({
    store,
    changes,
    idOf: (user) => idOf(matrix, user),
    nextStream: () => positions.at(),
    oneTimeKeysMax: settings['one-time-keys'],
  })
  const userOf = (id: string): Jid | null => {
    const user = jidOfUserId(id, ids)
    return user !== null && host.domains.includes(user.domain) ? user : null
  }
  const idOfBare = (bare: string): string => userIdOf(jid(bare), ids)
  const toDevice = new ToDevice({
    store: new InboxStore(host.database),
    positions,
    wakes,
    userOf,
    idOf: idOfBare,
    devicesOf: async (user) => (await devices.list(user)).map(({ id }) => id),
    hiddenFrom: (bare) => ignored.hiddenFrom(bare),
    max: { letters: settings['to-device'], octets: settings['to-device-size'] },
    lost: host.metrics.counter(
      'porchlight_matrix_to_device_lost_total',
      'Messages for Matrix devices that were dropped because too many waited',
    ),
    log: host.log,
  })
  const drop = async (place: Place): Promise<void> => {
    toDevice.forget(place)
    await deviceKeys.drop(place)
  }
  const forget = (owner: string): void => {
    toDevice.forgetAll(owner)
    deviceKeys.forgetAll(owner)
  }
  const dropping = new Dropping(store, drop, forget, (error) =>
    host.log.error({ err: error }, 'Keys of a device could not be deleted'),
  )
  devices.watchers.push(dropping)
  dropping.sweep()
  every(host.clock, SWEEP_MS, () => dropping.sweep())
  const namesOf = async (user: Jid): Promise<ReadonlyMap<string, string>> =>
    new Map((await devices.list(user)).flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])))
  const querying = new Querying({ store, signing, userOf, idOf: idOfBare, namesOf })
  const backups = new Backups({
    store: new BackupStore(host.database),
    nextStream: () => positions.at(),
    keysMax: settings['backup-keys'],
    octetsMax: settings['backup-size'],
  })
  const cross = new Signing({ store, signing, changes, userOf, idOf: (user) => idOf(matrix, user) })
  return {
    routes: [
      ...keyRoutes({ matrix, deviceKeys, querying, signing: cross, changes, positions, userOf, idOf: idOfBare }),
      ...letterRoutes(toDevice),
      ...backupRoutes(backups),
    ],
    sync: new KeysForSync({ deviceKeys, toDevice, changes, idOf: idOfBare }),
    circles: changes.circles,
    having: (bares) => store.havingKeys(bares),
  }
}

/** With a device goes everything that is stored for it. */
class Dropping implements DeviceWatcher {
  readonly #store: KeyStore
  readonly #drop: (place: Place) => Promise<void>
  readonly #forget: (owner: string) => void
  readonly #failed: (error: unknown) => void

  constructor(
    store: KeyStore,
    drop: (place: Place) => Promise<void>,
    forget: (owner: string) => void,
    failed: (error: unknown) => void,
  ) {
    this.#store = store
    this.#drop = drop
    this.#forget = forget
    this.#failed = failed
  }
  ended({ bare: owner }: Jid, device: string | null): void {
    this.#quietly(this.#dropOf(owner, device))
  }
  /** Devices whose token has expired, and those that went while the server could not delete their keys. */
  sweep(): void {
    this.#quietly(this.#store.withoutToken().then((places) => this.#dropAll(places)))
  }
  async #dropOf(owner: string, device: string | null): Promise<void> {
    const known = (await this.#store.placesOf(owner)).filter((one) => device === null || one === device)
    // With an account its rows went without us
    if (device === null) this.#forget(owner)
    await this.#dropAll(known.map((one) => ({ owner, device: one })))
  }
  async #dropAll(places: readonly Place[]): Promise<void> {
    for (const place of places) await this.#drop(place)
  }
  #quietly(work: Promise<void>): void {
    work.catch(this.#failed)
  }
  opened(): void {}
  began(): void {}
  finished(): void {}
  active(): void {}
}
