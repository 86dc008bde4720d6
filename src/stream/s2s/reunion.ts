/**
 * A server that comes back, from a restart or a crash, calls those to whom it had streams: until then they can only guess
 * that it is there again, and what they have for it waits. So it is written down to whom there is a stream.
 */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { Link } from '../../server/links/links.ts'
import { keyOf, type Pair } from './dialback/elements.ts'

/** Called in one go, and the pause before the next. */
const AT_ONCE = 20
const PAUSE: Millis = 100
/** Written down; beyond that, nobody is called who is not there already. */
const PEERS_MAX = 5000

export class Reunion {
  readonly #host: Pick<Host, 'clock' | 'log' | 'stores'>
  readonly #written = new Set<string>()

  constructor(host: Pick<Host, 'clock' | 'log' | 'stores'>) {
    this.#host = host
  }
  /** There is a stream. */
  linked({ local, remote }: Link): void {
    const key = keyOf({ local, remote })
    if (this.#written.has(key) || this.#written.size >= PEERS_MAX) return
    this.#written.add(key)
    this.#host.stores.linkedPeers.put(local, remote).catch(this.#failed)
  }
  /** Both sides have closed the last one, since nobody needed it, or it cannot be had. */
  parted({ local, remote }: Pair): void {
    if (this.#written.delete(keyOf({ local, remote }))) this.#host.stores.linkedPeers.drop(local, remote).catch(this.#failed)
  }
  /** Once the server can be reached. @param call resolves with whether there is a stream then */
  async begin(call: (pair: Pair) => Promise<boolean>): Promise<void> {
    const { clock, stores } = this.#host
    const all = await stores.linkedPeers.all()
    for (const pair of all) this.#written.add(keyOf(pair))
    const callOne = async (pair: Pair): Promise<void> => {
      if (!(await call(pair))) this.parted(pair)
    }
    for (let i = 0; i < all.length; i += AT_ONCE) {
      for (const pair of all.slice(i, i + AT_ONCE)) callOne(pair).catch(this.#failed)
      if (i + AT_ONCE < all.length) await new Promise<void>((next) => void clock.after(PAUSE, next))
    }
  }

  readonly #failed = (error: unknown): void =>
    this.#host.log.error({ err: error }, 'The list of connected servers could not be stored')
}
