/** How many, and how fast, sessions of one other domain enter rooms (ROOM-109): a bridge or a server must not take a room over. */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Millis } from '../../base/clock.ts'
import { refuse, type Refusal } from '../../rooms/machine/refusals.ts'
import type { Whereabouts } from '../../rooms/whereabouts.ts'
import type { DomainKind } from '../../server/routing/router.ts'
import type { Jid } from '../../xmpp/jid.ts'

export interface CrowdingParts {
  readonly whereabouts: Whereabouts
  readonly kindOf: (domain: string) => DomainKind
  readonly now: () => Millis
  /** Of one other domain in one room. */
  readonly sessionsMax: number
  /** Entries of one other server in a second, and of a component. */
  readonly entriesElsewhere: number
  readonly entriesComponent: number
}

/** Entries that may come at once, in seconds of the rate. */
const BURST_SECONDS = 20
/** Domains whose rate is known. */
const DOMAINS_MAX = 1000

export class Crowding {
  readonly #parts: CrowdingParts
  readonly #buckets = new BoundedMap<string, Bucket>(DOMAINS_MAX)

  constructor(parts: CrowdingParts) {
    this.#parts = parts
  }
  /** Null: the session may try to enter. @param room bare */
  refusal({ full, domain }: Jid, room: Jid): Refusal | null {
    const { whereabouts, kindOf, sessionsMax } = this.#parts
    const kind = kindOf(domain)
    if (kind === 'accounts' || kind === 'service') return null
    if (!this.#isInTime(domain, kind)) return refuse('busy-domain')
    const isFull = whereabouts.countIn(room, domain) >= sessionsMax
    return isFull && !whereabouts.roomsOf(full).includes(room.bare) ? refuse('busy-domain') : null
  }
  #isInTime(domain: string, kind: DomainKind): boolean {
    const { entriesElsewhere, entriesComponent, now } = this.#parts
    const rate = kind === 'component' ? entriesComponent : entriesElsewhere
    const bucket = this.#buckets.get(domain) ?? new Bucket(rate * BURST_SECONDS, rate, now())
    this.#buckets.set(domain, bucket)
    return bucket.tryTake(1, now()) === 0
  }
}
