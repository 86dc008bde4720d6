/**
 * A server that starts again connects to the servers with which it had streams: otherwise they would have to guess that it is
 * back, while their stanzas for it wait. So it stores with which servers it has a stream.
 */
import { pause, type Millis } from '../../base/clock.ts'
import { inPortions } from '../../base/portions.ts'
import type { Host } from '../../server/feature.ts'
import type { Link } from '../../server/links/links.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'

/** Servers that are connected to at a time, and the pause before the next ones. */
const AT_ONCE = 20
const PAUSE: Millis = 100
/** The most stored servers; further ones are not connected to at the start. */
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
  /** Both sides closed the last stream because it was idle, or no stream can be opened. */
  parted({ local, remote }: DomainPair): void {
    if (this.#written.delete(pairKey({ local, remote }))) this.#host.stores.linkedPeers.drop(local, remote).catch(this.#failed)
  }
  /** Called once the server can be reached. @param call resolves with whether there is a stream then */
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
