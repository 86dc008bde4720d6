/**
 * The files of accounts, for every protocol: announced with their size, then stored once, then read until they expire. The
 * octets are in a `FileStore`, the rest is in the database. Octets without a row do not exist: the row comes first and goes last.
 */
import type { Millis } from '../base/clock.ts'
import { every } from '../base/clock.ts'
import type { Gauge } from '../base/metrics.ts'
import { Turns } from '../base/turns.ts'
import type { OpenFile } from '../server/files.ts'
import type { Host } from '../server/feature.ts'
import { FileRecords, type KnownFile, type Usage } from './store.ts'
import { fileMigrations, FILES, type Purpose } from './tables.ts'

export type { KnownFile } from './store.ts'
export type { Purpose } from './tables.ts'

export type UsageOf = Usage & { readonly owner: string }
export interface Quota {
  /** Octets of one account, of announced files too. */
  readonly octets: number
  /** How many files one account may have. */
  readonly files: number
  /** How long a file stays after it was stored, or after nothing refers to it any more; null: it stays. */
  readonly keptMs: Millis | null
}
export interface FileLimits {
  readonly quotas: Readonly<Record<Purpose, Quota>>
  /** How long an announced file is waited for. */
  readonly announcedMs: Millis
}

export interface Announced {
  readonly owner: string
  readonly name: string
  /** '' if none is said. */
  readonly type: string
  readonly size: number
  readonly purpose: Purpose
  /** The latest moment at which it may exist; null for any. */
  readonly keepUntil: Millis | null
  /** Absent: a new one, which nobody can guess. What was announced with it and did not come, or whose time is over, gives way. */
  readonly id?: string
}
/** There is no room. `until`: when the first of the owner's files goes; null if none will. */
export interface NoRoom {
  readonly until: Millis | null
}

/** 'gone': it was not announced, or its time is over. 'taken': it is stored already, or just being stored. */
export type Put = 'stored' | 'gone' | 'taken'

const SWEEP_MS: Millis = 600_000
/** Files removed in one go. */
const SWEEP_FILES = 200
/** After so many that cannot be removed, the rest waits for the next sweep. */
const FAILED_MAX = 200
const ID_OCTETS = 16

type Parts = Pick<Host, 'clock' | 'database' | 'entropy' | 'files' | 'log' | 'metrics' | 'on' | 'router'>

export class Files {
  readonly #parts: Parts
  readonly #limits: FileLimits
  readonly #records: FileRecords
  /** The announcements of one owner, one at a time: each is weighed against what the owner has. */
  readonly #turns = new Turns<() => Promise<void>>((work) => work())
  readonly #arriving = new Set<string>()
  #total = { files: 0, octets: 0 }
  #isSweeping = false

  private constructor(parts: Parts, limits: FileLimits) {
    this.#parts = parts
    this.#limits = limits
    this.#records = new FileRecords(parts.database)
    const gauges: readonly Gauge[] = [
      { name: 'porchlight_files', help: 'Stored files, as of the last ten minutes', read: () => this.#total.files },
      {
        name: 'porchlight_files_octets',
        help: 'Octets of stored files, as of the last ten minutes',
        read: () => this.#total.octets,
      },
    ]
    for (const { name, help, read } of gauges) parts.metrics.gauge(name, help, read)
    parts.on('account-deleted', ({ jid }) => parts.router.busyWith(this.#disown(jid.bare)))
    every(parts.clock, SWEEP_MS, () => parts.router.busyWith(this.sweep()))
  }
  static async open(parts: Parts, limits: FileLimits): Promise<Files> {
    await parts.database.migrate(FILES, fileMigrations)
    return new Files(parts, limits)
  }
  /** Makes room for a file. The answer is on disk. */
  async announce(wanted: Announced): Promise<KnownFile | NoRoom> {
    const answer = Promise.withResolvers<KnownFile | NoRoom>()
    await this.#turns.take(wanted.owner, async () => answer.resolve(await this.#announce(wanted)))
    return answer.promise
  }
  /** A file that was announced or stored, and whose time is not over; null if there is none. */
  async find(id: string): Promise<KnownFile | null> {
    const file = await this.#records.find(id)
    const now = this.#parts.clock.now()
    return file === null || isOver(file, now) ? null : file
  }
  /**
   * Stores the octets of an announced file. If that fails they can come again.
   * @param type of the content, if none was announced
   * @throws OperatingError, and the errors of `pieces`
   */
  async put({ id, type: announced, purpose, keepUntil }: KnownFile, type: string, pieces: AsyncIterable<Buffer>): Promise<Put> {
    if (this.#arriving.has(id)) return 'taken'
    this.#arriving.add(id)
    try {
      const { clock, files } = this.#parts
      // Another PUT may have stored it since the caller has found it; its octets must not be touched.
      const found = await this.find(id)
      if (found === null) return 'gone'
      if (found.storedAt !== null) return 'taken'
      await files.write(id, pieces)
      const now = clock.now()
      const { keptMs } = this.#limits.quotas[purpose]
      const expiresAt = keptMs === null ? keepUntil : Math.min(now + keptMs, keepUntil ?? Infinity)
      if (await this.#records.stored(id, announced || type, now, expiresAt)) return 'stored'
      await files.remove(id)
      return 'gone'
    } finally {
      this.#arriving.delete(id)
    }
  }
  /** What is stored, and who has the most of it. */
  async report(owners: number): Promise<{ readonly total: Omit<Usage, 'nextExpiry'>; readonly owners: readonly UsageOf[] }> {
    const [total, most] = await Promise.all([this.#records.total(), this.#records.owners(owners)])
    return { total, owners: most }
  }
  /** What one account has, for whatever purpose. */
  async usageOf(owner: string): Promise<Omit<Usage, 'nextExpiry'>> {
    const purposes = Object.keys(this.#limits.quotas) as Purpose[]
    const all = await Promise.all(purposes.map((purpose) => this.#records.usage(owner, purpose)))
    const sum = (of: (usage: Usage) => number): number => all.reduce((total, usage) => total + of(usage), 0)
    return { files: sum(({ files }) => files), octets: sum(({ octets }) => octets) }
  }
  /** All of it, for files that are known to be small. Empty if its octets are not there. */
  async octetsOf(file: KnownFile): Promise<Buffer> {
    const octets = await this.open(file)
    const pieces: Buffer[] = []
    if (octets !== null) for await (const piece of octets.read(0, file.size)) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  /** Null if its octets are not there. */
  open({ id }: KnownFile): Promise<OpenFile | null> {
    return this.#parts.files.open(id)
  }
  /** The file stays as long as `holder` refers to it. False if there is no such file. */
  refer(id: string, holder: string): Promise<boolean> {
    return this.#records.refer(id, holder)
  }
  /** `holder` refers to no file any more. */
  release(holder: string): Promise<void> {
    const { keptMs } = this.#limits.quotas.message
    return this.#records.release(holder, this.#parts.clock.now() + (keptMs ?? 0))
  }
  /** Removes what has expired. Repeated every ten minutes. It never rejects. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return
    this.#isSweeping = true
    const { clock, log } = this.#parts
    try {
      await this.#records.disownLost()
      const now = clock.now()
      const failed = new Set<string>()
      for (let more = true; more;) {
        const wanted = SWEEP_FILES + failed.size
        const ids = await this.#records.expired(now, wanted)
        const idle = ids.filter((id) => !this.#arriving.has(id) && !failed.has(id))
        for (const id of idle) if (!(await this.#remove(id))) failed.add(id)
        more = ids.length === wanted && idle.length > 0 && failed.size < FAILED_MAX
      }
      this.#total = { ...(await this.#records.total()) }
    } catch (error) {
      log.error({ err: error }, 'Expired files could not be removed; the next attempt is in ten minutes')
    } finally {
      this.#isSweeping = false
    }
  }

  async #announce({ owner, name, type, size, purpose, keepUntil, id }: Announced): Promise<KnownFile | NoRoom> {
    if (id !== undefined) await this.#makeWay(id)
    const quota = this.#limits.quotas[purpose]
    const { files, octets, nextExpiry } = await this.#records.usage(owner, purpose)
    if (files >= quota.files || octets + size > quota.octets) return { until: nextExpiry }
    const { clock, entropy } = this.#parts
    const now = clock.now()
    const file: KnownFile = {
      id: id ?? entropy.bytes(ID_OCTETS).toString('base64url'),
      owner,
      name,
      type,
      size,
      purpose,
      keepUntil,
      createdAt: now,
      storedAt: null,
      expiresAt: now + this.#limits.announcedMs,
      isReferred: false,
    }
    await this.#records.add(file)
    return file
  }
  async #makeWay(id: string): Promise<void> {
    const old = await this.#records.find(id)
    if (old !== null && !this.#arriving.has(id) && (old.storedAt === null || isOver(old, this.#parts.clock.now())))
      await this.#remove(id)
  }
  async #disown(owner: string): Promise<void> {
    try {
      await this.#records.disown(owner)
      await this.sweep()
    } catch (error) {
      this.#parts.log.error({ err: error, account: owner }, 'The files of a deleted account could not be removed yet')
    }
  }
  /** False if its octets cannot be removed; the row stays, so that it is tried again. */
  async #remove(id: string): Promise<boolean> {
    try {
      await this.#parts.files.remove(id)
    } catch (error) {
      this.#parts.log.error({ err: error, file: id }, 'An expired file could not be removed; the next attempt is in ten minutes')
      return false
    }
    await this.#records.drop(id)
    return true
  }
}

const isOver = ({ owner, expiresAt, keepUntil, isReferred }: KnownFile, now: Millis): boolean =>
  owner === '' || (keepUntil !== null && keepUntil <= now) || (expiresAt !== null && expiresAt <= now && !isReferred)
