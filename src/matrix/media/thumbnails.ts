/**
 * Reduced pictures (thumbnails). Each is made in a thread of its own, one after the other, with limits of octets, pixels and time,
 * and kept beside the file of which it was made.
 */
import { Worker } from 'node:worker_threads'
import type { Clock, Millis } from '../../base/clock.ts'
import type { KnownFile } from '../../files/files.ts'
import type { Uploads } from '../../xep/0363-http-upload/index.ts'
import { limitExceeded, MatrixError, tooLarge } from '../http/errors.ts'
import type { Size } from './sizes.ts'
import type { Reduced, ThumbnailJob } from './thumbnail-worker.ts'

export interface ThumbnailLimits {
  /** Of the picture that is reduced. */
  readonly octetsMax: number
  readonly pixelsMax: number
  /** How long one may take. */
  readonly timeMs: Millis
}
/** Those that wait for their turn. */
const WAITING_MAX = 50
const WAIT: Millis = 10_000
/** Of JavaScript in the thread; the decoder has memory of its own. */
const HEAP_MB = 64

export class Thumbnails {
  readonly #uploads: Uploads
  readonly #clock: Clock
  readonly #limits: ThumbnailLimits
  /** By file and size. */
  readonly #making = new Map<string, Promise<KnownFile>>()
  #last: Promise<unknown> = Promise.resolve()

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
    if (this.#making.size >= WAITING_MAX) return Promise.reject(limitExceeded(WAIT))
    const making = this.#found(file, size, name).finally(() => this.#making.delete(key))
    this.#making.set(key, making)
    return making
  }
  async #found(file: KnownFile, size: Size, name: string): Promise<KnownFile> {
    const known = await this.#uploads.derived(file, name)
    if (known !== null) return known
    const { octetsMax, pixelsMax } = this.#limits
    if (file.size > octetsMax) throw tooLarge(`Pictures of more than ${octetsMax} octets are not reduced`)
    const made = await this.#inTurn(async () => this.#run({ octets: await this.#uploads.octetsOf(file), size, pixelsMax }))
    if (made === 'small') return file
    if (made === 'large') throw tooLarge(`Pictures of more than ${pixelsMax} pixels are not reduced`)
    if (made === 'none') throw new MatrixError(400, 'M_UNKNOWN', 'This is no picture that can be reduced')
    return this.#uploads.derive(file, name, made.type, Buffer.from(made.octets))
  }
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
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
