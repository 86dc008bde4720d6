/** Backups of the keys of rooms (MXR-143): clients encrypt them for themselves, and only the newest backup is written to. */
import { Turns } from '../../base/turns.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, MatrixError, notFound, tooLarge } from '../http/errors.ts'
import type { JsonObject } from './canonical.ts'
import type { Backup, BackupKey, BackupPart, BackupStore } from './backup-store.ts'

export interface BackupParts {
  readonly store: BackupStore
  /** Numbers in the order of everything that the server keeps. */
  readonly nextStream: () => number
  /** Of one backup. */
  readonly keysMax: number
  readonly octetsMax: number
}
interface Size {
  readonly count: number
  readonly etag: string
}

const BACKUPS_MAX = 10
const KEY_OCTETS_MAX = 64 * 1024
const AUTH_OCTETS_MAX = 64 * 1024

export class Backups {
  readonly #parts: BackupParts
  /** By account: what checks and then writes does not overlap. */
  readonly #turns = new Turns<() => Promise<void>>((work) => work())

  constructor(parts: BackupParts) {
    this.#parts = parts
  }
  /** @returns its version @throws MatrixError M_TOO_LARGE */
  async create({ bare }: Jid, algorithm: string, auth: JsonObject): Promise<string> {
    let made = 0
    const text = authText(auth)
    await this.#turns.take(bare, async () => {
      const { backups, highest } = await this.#parts.store.list(bare)
      if (backups.length >= BACKUPS_MAX) throw tooLarge(`There are ${BACKUPS_MAX} backups: delete one first`)
      made = highest + 1
      await this.#parts.store.create(bare, { version: made, algorithm, auth: text })
    })
    return String(made)
  }
  /** @param version null: the newest one @throws MatrixError M_NOT_FOUND */
  async describe(user: Jid, version: string | null): Promise<object> {
    const { algorithm, auth, version: number } = await this.#find(user, version)
    return { algorithm, auth_data: JSON.parse(auth) as object, version: String(number), ...(await this.#size(user, number)) }
  }
  /** @throws MatrixError */
  async change(user: Jid, version: string, algorithm: string, auth: JsonObject): Promise<void> {
    const backup = await this.#find(user, version)
    if (backup.algorithm !== algorithm) throw badJson('A backup keeps its algorithm')
    await this.#parts.store.change(user.bare, { version: backup.version, auth: authText(auth) })
  }
  /** @throws MatrixError M_NOT_FOUND */
  async drop(user: Jid, version: string): Promise<void> {
    await this.#turns.take(user.bare, async () => {
      await this.#parts.store.drop(user.bare, (await this.#find(user, version)).version)
    })
  }

  /** A key takes the place of another one only if it is better. @throws MatrixError */
  async put(user: Jid, version: string, keys: readonly BackupKey[]): Promise<Size> {
    const { store, nextStream, keysMax, octetsMax } = this.#parts
    let octets = 0
    for (const { content } of keys) {
      const size = Buffer.byteLength(content)
      if (size > KEY_OCTETS_MAX) throw tooLarge(`A key in a backup has at most ${KEY_OCTETS_MAX} octets`)
      octets += size
    }
    let number = 0
    await this.#turns.take(user.bare, async () => {
      number = await this.#writable(user, version)
      const size = await store.size(user.bare, number)
      if (size.count + keys.length > keysMax || size.octets + octets > octetsMax) throw tooLarge('The backup is full')
      await store.put(user.bare, number, keys, nextStream())
    })
    return this.#size(user, number)
  }
  /** @throws MatrixError M_NOT_FOUND */
  async keys(user: Jid, version: string, part: BackupPart) {
    return this.#parts.store.keys(user.bare, (await this.#find(user, version)).version, part)
  }
  /** @throws MatrixError */
  async dropKeys(user: Jid, version: string, part: BackupPart): Promise<Size> {
    const { version: number } = await this.#find(user, version)
    await this.#parts.store.dropKeys(user.bare, number, part)
    return this.#size(user, number)
  }

  async #find({ bare }: Jid, version: string | null): Promise<Backup> {
    const { backups } = await this.#parts.store.list(bare)
    const found = version === null ? backups[0] : backups.find((one) => String(one.version) === version)
    if (found === undefined) throw notFound('There is no such backup')
    return found
  }
  async #writable(user: Jid, version: string): Promise<number> {
    const newest = await this.#find(user, null)
    if (String(newest.version) === version) return newest.version
    const more = { current_version: String(newest.version) }
    throw new MatrixError(403, 'M_WRONG_ROOM_KEYS_VERSION', 'There is a newer backup', more)
  }
  async #size({ bare }: Jid, version: number): Promise<Size> {
    const { count, newest } = await this.#parts.store.size(bare, version)
    return { count, etag: `${newest}-${count}` }
  }
}
function authText(auth: JsonObject): string {
  const text = JSON.stringify(auth)
  if (Buffer.byteLength(text) > AUTH_OCTETS_MAX) throw tooLarge(`What describes a backup has at most ${AUTH_OCTETS_MAX} octets`)
  return text
}
