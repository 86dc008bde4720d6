/**
 * A server that comes back, from a restart or a crash, calls those to whom it had streams: until then they can only guess
 * that it is there again, and what they have for it waits. So it is written down to whom there is a stream.
 */
import { pause, type Millis } from '../../base/clock.ts'
import { inPortions } from '../../base/portions.ts'
import type { Host } from '../../server/feature.ts'
import type { Link } from '../../server/links/links.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'

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
    const key = pairKey({ local, remote })
    if (this.#written.has(key) || this.#written.size >= PEERS_MAX) return
    this.#written.add(key)
    this.#host.stores.linkedPeers.put(local, remote).catch(this.#failed)
  }
  /** Both sides have closed the last one, since nobody needed it, or it cannot be had. */
  parted({ local, remote }: DomainPair): void {
    if (this.#written.delete(pairKey({ local, remote }))) this.#host.stores.linkedPeers.drop(local, remote).catch(this.#failed)
  }
  /** Once the server can be reached. @param call resolves with whether there is a stream then */
  async begin(call: (pair: DomainPair) => Promise<boolean>): Promise<void> {
    const { clock, stores } = this.#host
    const all = await stores.linkedPeers.all()
    for (const pair of all) this.#written.add(pairKey(pair))
    const callOne = async (pair: DomainPair): Promise<void> => {
      if (!(await call(pair))) this.parted(pair)
    }
    await inPortions(
      all,
      AT_ONCE,
      () => pause(clock, PAUSE),
      (some) => some.forEach((pair) => void callOne(pair).catch(this.#failed)),
    )
  }

  readonly #failed = (error: unknown): void =>
    this.#host.log.error({ err: error }, 'The list of connected servers could not be stored')
}
