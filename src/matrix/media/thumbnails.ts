/**
 * Reduced pictures (thumbnails). Each is made in a thread of its own, one after the other, with limits of octets, pixels and time,
 * and kept beside the file of which it was made.
 */
import { Worker } from 'node:worker_threads'
import type { Clock, Millis } from '../../base/clock.ts'
import type { KnownFile } from '../../files/files.ts'
import type { Uploads } from '../../xep/0363-http-upload/index.ts'
import { limitExceeded, MatrixError, tooLarge } from '../http/errors.ts'
import { FairTurns } from './fair-turns.ts'
import type { Size } from './sizes.ts'
import type { Reduced, ThumbnailJob } from './thumbnail-worker.ts'

export interface ThumbnailLimits {
  /** Of the picture that is reduced. */
  readonly octetsMax: number
  readonly pixelsMax: number
  /** How long one may take. */
  readonly timeMs: Millis
}
/** Pictures that wait for their turn. */
const WAITING_MAX = { ofOne: 40, ofAll: 500 }
const WAIT: Millis = 10_000
/** Of JavaScript in the thread; the decoder has memory of its own. */
const HEAP_MB = 64
/** Of so many it is remembered that nothing was made of them; then the one that came longest ago is tried again. */
const UNMADE_MAX = 1000
const UNMADE: Millis = 3_600_000
type Unmade = Extract<Reduced, string>

export class Thumbnails {
  readonly #uploads: Uploads
  readonly #clock: Clock
  readonly #limits: ThumbnailLimits
  /** By file and size. */
  readonly #making = new Map<string, Promise<KnownFile>>()
  /** By file and size: the work is not done anew for each request. */
  readonly #unmade = new Map<string, { readonly why: Unmade; readonly until: Millis }>()
  readonly #turns = new FairTurns(WAITING_MAX)

  constructor(uploads: Uploads, clock: Clock, limits: ThumbnailLimits) {
    this.#uploads = uploads
    this.#clock = clock
    this.#limits = limits
  }
  /** The file to show: the reduced picture, or the picture itself if it is small. @throws MatrixError */
  of(file: KnownFile, size: Size): Promise<KnownFile> {
    const name = `${size.width}x${size.height}`
    const key = `${file.id} ${name}`
    const under = this.#making.get(key)
    if (under !== undefined) return under
    const making = this.#found(file, size, name, key).finally(() => this.#making.delete(key))
    this.#making.set(key, making)
    return making
  }
  async #found(file: KnownFile, size: Size, name: string, key: string): Promise<KnownFile> {
    const known = await this.#uploads.derived(file, name)
    if (known !== null) return known
    const { octetsMax, pixelsMax } = this.#limits
    if (file.size > octetsMax) throw tooLarge(`Pictures of more than ${octetsMax} octets are not reduced`)
    const made = this.#whyUnmade(key) ?? (await this.#made(file, size))
    const kept = typeof made === 'string' ? null : await this.#uploads.derive(file, name, made.type, Buffer.from(made.octets))
    if (kept !== null) return kept
    // Without room to keep it, it would be made anew for each request
    const why = typeof made === 'string' ? made : 'none'
    this.#remember(key, why)
    if (why === 'small') return file
    if (why === 'large') throw tooLarge(`Pictures of more than ${pixelsMax} pixels are not reduced`)
    throw new MatrixError(400, 'M_UNKNOWN', 'This is no picture that can be reduced, or there is no room for reduced pictures')
  }
  /** @throws MatrixError M_LIMIT_EXCEEDED */
  #made(file: KnownFile, size: Size): Promise<Reduced> {
    const { owner } = file
    if (this.#turns.isFullFor(owner)) throw limitExceeded(WAIT)
    const { pixelsMax } = this.#limits
    return this.#turns.take(owner, async () => this.#run({ octets: await this.#uploads.octetsOf(file), size, pixelsMax }))
  }
  #whyUnmade(key: string): Unmade | null {
    const unmade = this.#unmade.get(key)
    if (unmade === undefined) return null
    if (unmade.until > this.#clock.now()) return unmade.why
    this.#unmade.delete(key)
    return null
  }
  #remember(key: string, why: Unmade): void {
    if (this.#unmade.has(key)) return
    if (this.#unmade.size >= UNMADE_MAX) this.#unmade.delete(this.#unmade.keys().next().value!)
    this.#unmade.set(key, { why, until: this.#clock.now() + UNMADE })
  }
  #run(job: ThumbnailJob): Promise<Reduced> {
    // The same kind of file as this one: '.ts' in the repository, '.js' in the package
    const kind = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
    const worker = new Worker(new URL(`./thumbnail-worker${kind}`, import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    })
    return new Promise((resolve) => {
      const tooLong = this.#clock.after(this.#limits.timeMs, () => void worker.terminate())
      worker.once('message', resolve)
      worker.once('error', () => resolve('none'))
      worker.once('exit', () => {
        tooLong.cancel()
        resolve('none')
      })
    })
  }
}
