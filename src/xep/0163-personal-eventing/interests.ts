/** XEP-0163 3, XEP-0060 9.2: which nodes a client wants to hear of, by its verified capabilities (`NODE+notify`). */
import type { AvailableResource } from '../../im/heard-resource.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Resolver, SessionCaps } from '../0115-entity-capabilities/index.ts'

export type Names = ReadonlySet<string>
const SUFFIX = '+notify'
const NONE: Names = new Set()

export class Interests {
  readonly #caps: SessionCaps
  readonly #resolver: Resolver
  /** By a set of features: many clients share one. */
  readonly #names = new WeakMap<ReadonlySet<string>, Names>()

  constructor(caps: SessionCaps) {
    this.#caps = caps
    this.#resolver = caps.resolver
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
