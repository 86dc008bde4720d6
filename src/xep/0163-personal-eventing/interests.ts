/** XEP-0163 3, XEP-0060 9.2: which nodes a client wants to hear of, by its verified capabilities (`NODE+notify`). */
import type { AvailableResource } from '../../im/heard-resource.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Host } from '../../server/feature.ts'
import type { Resolver, SessionCaps } from '../0115-entity-capabilities/index.ts'

export type Names = ReadonlySet<string>
const SUFFIX = '+notify'
const NONE: Names = new Set()

export class Interests {
  readonly #caps: SessionCaps
  readonly #resolver: Resolver
  /** By a set of features: many clients share one. */
  readonly #names = new WeakMap<ReadonlySet<string>, Names>()

  /** The nodes that a client has said it wants, as far as it was offered their last items; null: it is not available. */
  readonly #offered: Slot<Session, Names | null>

  constructor(host: Host, caps: SessionCaps) {
    this.#caps = caps
    this.#resolver = caps.resolver
    this.#offered = host.sessionSlot<Names | null>('nodes-wanted', 'kept', () => null)
    host.keep.session<readonly string[]>({
      name: 'nodes-wanted',
      version: 1,
      stamp: (session) => String(this.offeredTo(session)?.size ?? -1),
      save: (session) => (this.offeredTo(session) === null ? null : [...this.offeredTo(session)!]),
      load: (session, kept) => this.setOffered(session, kept === null ? null : new Set(kept)),
    })
  }
  offeredTo(session: Session): Names | null {
    return session.get(this.#offered)
  }
  setOffered(session: Session, names: Names | null): void {
    session.set(this.#offered, names)
  }
  /** Does it want to hear of the node? Until its capabilities are known again after a restart, as before. */
  wants(session: Session, node: string): boolean {
    return (this.ofSession(session) ?? this.offeredTo(session))?.has(node) === true
  }
  /** Of a client of ours; null: not known, perhaps not yet. */
  ofSession(session: Session): Names | null {
    const features = this.#caps.trusted(session)
    return features === null ? null : this.#of(features)
  }
  /** Of a resource of a contact; null: not known. */
  ofResource({ caps }: AvailableResource): Names | null {
    if (caps === null) return NONE
    const features = this.#resolver.verified(caps)
    return features === null ? null : this.#of(features)
  }
  /** Asks the resource, in the name of the account; null: it could not be found out. */
  find(account: LocalAccount, { jid, caps }: AvailableResource, found: (names: Names | null) => void): void {
    if (caps === null) return found(NONE)
    this.#resolver.verify(account.bare, jid, caps, (features) => found(features === null ? null : this.#of(features)))
  }

  #of(features: ReadonlySet<string>): Names {
    let names = this.#names.get(features)
    if (names === undefined) {
      const wanted = [...features]
        .filter((feature) => feature.endsWith(SUFFIX))
        .map((feature) => feature.slice(0, -SUFFIX.length))
      this.#names.set(features, (names = wanted.length === 0 ? NONE : new Set(wanted)))
    }
    return names
  }
}
