/**
 * The devices of Matrix users: a device is an access token in the one store of tokens, and everything that follows when a device
 * comes, asks, and goes. Nothing that is stored is enough to make a token (docs/decisions/013-fast-tokens-at-rest.md).
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import { token as newKey } from '../../base/entropy.ts'
import { disabledWords } from '../../sasl/disabled.ts'
import { revokeClient } from '../../server/account/clients.ts'
import { ACCESS_REVOKED } from '../../server/account/endings.ts'
import type { Host } from '../../server/feature.ts'
import type { Device, DeviceToken } from '../../server/ports.ts'
import { HASHES, type Credentials } from '../../xmpp/credentials.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { forbidden, locked, unknownToken } from '../http/errors.ts'

const KIND = 'matrix'
/** How often the last use of a device is written down, at most. */
const NOTED_EVERY: Millis = 3_600_000
/** Tokens that are known without a look into the store; beyond it the one that was looked up longest ago is looked up again. */
const KNOWN_MAX = 20_000

/** Is told what happens to devices. */
export interface DeviceWatcher {
  /** The device has logged in. It may have been there before, with another token. */
  opened(user: Jid, device: string): void
  /** The device is logged out. @param device null: all devices of the user */
  ended(user: Jid, device: string | null): void
  /** A request of the device begins, or ends. */
  began(user: Jid, device: string): void
  finished(user: Jid, device: string): void
  /** The user has done something with the device: written, typed, read. */
  active(user: Jid, device: string): void
}

/** The device that holds a token. */
export interface Holder {
  readonly user: Jid
  readonly device: string
  readonly key: string
  expiresAt: Millis
  /** When its last use was written down. */
  notedAt: Millis
}
export interface DeviceOptions {
  /** How long a device may be unused. */
  readonly lifetime: Millis
  readonly devicesMax: number
}
/** A login that has succeeded. */
export interface Login {
  readonly user: Jid
  readonly device: string
  /** For people; null if the client has not said one. */
  readonly name: string | null
  /** Those that the client has proved to know. */
  readonly credentials: Credentials
}
type Parts = Pick<Host, 'stores' | 'clock' | 'entropy' | 'log' | 'secret' | 'accounts' | 'router' | 'on' | 'tell'>

export class Devices {
  readonly watchers: DeviceWatcher[] = []
  readonly #host: Parts
  readonly #options: DeviceOptions
  readonly #secret: Buffer
  readonly #known = new BoundedMap<string, Holder>(KNOWN_MAX)
  /** Grows when tokens become void: what was read from the store before that is not remembered. */
  #voided = 0

  constructor(host: Parts, options: DeviceOptions) {
    this.#host = host
    this.#options = options
    this.#secret = host.secret('matrix')
    host.on('access-ended', ({ account, client }) => this.#ended(account, client))
    host.on('account-deleted', ({ jid: account }) => this.#ended(account, null))
  }
  /** Is the token one that is in memory? */
  holds(token: string): boolean {
    return this.#known.has(token)
  }
  /** @throws MatrixError M_UNKNOWN_TOKEN, M_USER_LOCKED */
  async holderOf(token: string): Promise<Holder> {
    const now = this.#host.clock.now()
    const holder = this.#known.get(token) ?? (await this.#look(token))
    if (holder.expiresAt <= now) throw unknownToken()
    if (now - holder.notedAt >= NOTED_EVERY) this.#note(holder, now)
    return holder
  }
  /**
   * Gives the device a token, which replaces an earlier one.
   * @throws MatrixError M_FORBIDDEN: the password was changed meanwhile. StorageError: there is no such account
   */
  async open({ user, device, name, credentials }: Login): Promise<string> {
    const { clock, entropy, stores } = this.#host
    const { devicesMax, lifetime } = this.#options
    const now = clock.now()
    const key = newKey(entropy)
    const about = { owner: user.bare, device, kind: KIND, slot: 'current', mechanism: '', name, count: -1 } as const
    const before = await this.list(user)
    await stores.devices.issue({ ...about, key, issuedAt: now, expiresAt: now + lifetime, usedAt: now }, devicesMax)
    this.#forget(user.bare)
    if (before.length >= devicesMax) await this.#tellGone(user, before)
    // Whoever changes the password does so first, and makes tokens void after that
    if (!isSame(credentials, await stores.accounts.credentials(user.bare))) {
      await this.close(user, device)
      throw forbidden('The password was changed meanwhile')
    }
    for (const watcher of this.watchers) watcher.opened(user, device)
    return this.#textOf({ owner: user.bare, device, key })
  }
  /** In the order of their ids. */
  async list({ bare }: Jid): Promise<readonly Device[]> {
    return (await this.#host.stores.devices.list(bare)).filter(({ kinds }) => kinds.includes(KIND))
  }
  /** False if there is no such device. */
  rename({ bare }: Jid, device: string, name: string): Promise<boolean> {
    return this.#host.stores.devices.rename(bare, device, KIND, name)
  }
  /** Logs the device out. */
  async close(user: Jid, device: string): Promise<void> {
    await revokeClient(this.#host, user, device, ACCESS_REVOKED)
  }
  began(user: Jid, device: string): void {
    for (const watcher of this.watchers) watcher.began(user, device)
  }
  finished(user: Jid, device: string): void {
    for (const watcher of this.watchers) watcher.finished(user, device)
  }
  active(user: Jid, device: string): void {
    for (const watcher of this.watchers) watcher.active(user, device)
  }

  async #look(text: string): Promise<Holder> {
    const voided = this.#voided
    const { stores } = this.#host
    const row = await stores.devices.find(KIND, text.slice(0, text.indexOf('.')))
    if (row === null || !equal(text, this.#textOf(row))) throw unknownToken()
    const disabled = await stores.accounts.disabled(row.owner)
    if (disabled !== null) throw locked(disabledWords(disabled))
    const { owner, device, key, expiresAt, usedAt } = row
    const holder = { user: jid(owner), device, key, expiresAt, notedAt: usedAt }
    if (voided === this.#voided) this.#known.set(text, holder)
    return holder
  }
  #note(holder: Holder, now: Millis): void {
    holder.notedAt = now
    holder.expiresAt = now + this.#options.lifetime
    const { stores, log } = this.#host
    const failed = (error: unknown): void => log.warn({ err: error }, 'The last use of a device could not be stored')
    stores.devices.prolong(KIND, holder.key, now, holder.expiresAt).catch(failed)
  }
  async #tellGone(user: Jid, before: readonly Device[]): Promise<void> {
    const there = new Set((await this.list(user)).map(({ id }) => id))
    for (const { id } of before) if (!there.has(id)) this.#ended(user, id)
  }
  #ended(user: Jid, device: string | null): void {
    this.#forget(user.bare)
    for (const watcher of this.watchers) watcher.ended(user, device)
  }
  #forget(bare: string): void {
    this.#voided += 1
    for (const [text, { user }] of this.#known) if (user.bare === bare) this.#known.delete(text)
  }
  #textOf({ owner, device, key }: Pick<DeviceToken, 'owner' | 'device' | 'key'>): string {
    const mark = createHmac('sha256', this.#secret).update([owner, device, key].join('\0')).digest('base64url')
    return `${key}.${mark}`
  }
}

/** Do they come from one password? Keys of more hashes may have been made meanwhile. */
const isSame = (one: Credentials, other: Credentials | null): boolean =>
  HASHES.some((hash) => one[hash] !== undefined && one[hash].storedKey === other?.[hash]?.storedKey)

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
