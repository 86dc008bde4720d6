/**
 * Whose keys have changed, for those who may encrypt for them: people who belong to the same rooms (MXR-142). Nothing is looked up
 * while nothing has changed.
 */
import type { Positions } from '../sync/positions.ts'
import type { Wakes } from '../sync/wakes.ts'
import type { SigningStore } from './signing-store.ts'
import type { KeyStore } from './store.ts'

/** People who may encrypt for each other. */
export interface Circle {
  /** Do both belong to the same one? */
  share(one: string, other: string): boolean
  /** Bare JIDs; some may come several times. */
  of(bare: string): Iterable<string>
  /** From now on `share` and `of` know all about that user. */
  ready(bare: string): Promise<void>
}

export interface KeyChangesParts {
  readonly keys: KeyStore
  readonly signing: SigningStore
  readonly positions: Positions
  readonly wakes: Wakes
}

export class KeyChanges {
  /** Rooms, and whatever else people have in common. */
  readonly circles: Circle[] = []
  readonly #parts: KeyChangesParts
  /** The number of the last change of anybody. */
  #newest: number

  private constructor(parts: KeyChangesParts, newest: number) {
    this.#parts = parts
    this.#newest = newest
  }
  static async open(parts: KeyChangesParts): Promise<KeyChanges> {
    return new KeyChanges(parts, await parts.keys.newestChange())
  }
  /**
   * Writes a change with the number that it has from now on, and tells those whom it concerns.
   * @param write issues its statement before it awaits anything
   */
  async write(bare: string, write: (stream: number) => Promise<void>): Promise<void> {
    const { positions } = this.#parts
    const stream = positions.begin()
    this.#newest = stream
    await write(stream).finally(() => positions.end(stream))
    this.#tell(bare)
  }
  #tell(bare: string): void {
    const told = new Set([bare, ...this.circles.flatMap((circle) => [...circle.of(bare)])])
    for (const one of told) this.#parts.wakes.wake(one)
  }

  share(one: string, other: string): boolean {
    return one === other || this.circles.some((circle) => circle.share(one, other))
  }
  async ready(bare: string): Promise<void> {
    for (const circle of this.circles) await circle.ready(bare)
  }
  /** Whose keys have changed behind `after` and up to `upTo`, of those who concern the viewer, and whom the viewer has signed. */
  async of(viewer: string, after: number, upTo: number): Promise<readonly string[]> {
    if (this.#newest <= after) return []
    const { keys, signing } = this.#parts
    const [changed, signed] = await Promise.all([keys.changedIn(after, upTo), signing.signedIn(viewer, after, upTo)])
    return [...new Set([...changed.filter((bare) => this.share(viewer, bare)), ...signed])]
  }
}
