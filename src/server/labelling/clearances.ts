/**
 * Who has which clearance (LAB-21). The operator gives clearances to accounts, to groups and to domains; all of them are in memory.
 * Of an account its own one counts, else those of its groups, else that of its domain, else the default of the policy. Users and
 * services elsewhere have the clearance of their domain, which is that of the link to it.
 */
import { Serial } from '../../base/serial.ts'
import type { Clearance, SecurityPolicy } from '../../im/security-policy.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { ClearanceStore, ClearedKind, StoredClearance } from './clearance-store.ts'

export interface ClearancesParts {
  readonly policy: SecurityPolicy
  readonly store: ClearanceStore
  /** Has this domain accounts of ours? */
  readonly hasAccounts: (domain: string) => boolean
  /** The groups of an account; undefined if it is in none. */
  readonly groupsOf: (bare: string) => ReadonlySet<string> | undefined
  /** Called when that account, group or domain has another clearance. */
  readonly changed: (kind: ClearedKind, subject: string) => void
}

/** Where the clearance of somebody comes from. */
export interface ClearanceSource {
  readonly kind: ClearedKind | 'default' | 'none'
  /** The account, group or domain; '' for the last two. */
  readonly subject: string
  /** Null: the policy has no clearance of this id any more. */
  readonly clearance: Clearance | null
}

/** Several, of several groups: what one of them grants is granted. None: nothing is granted. */
export type Cleared = readonly Clearance[]
const NONE: Cleared = []

export class Clearances {
  readonly #parts: ClearancesParts
  readonly #given: Readonly<Record<ClearedKind, Map<string, Cleared>>> = {
    account: new Map(),
    group: new Map(),
    domain: new Map(),
  }
  readonly #ids: Readonly<Record<ClearedKind, Map<string, string>>> = { account: new Map(), group: new Map(), domain: new Map() }
  readonly #byDefault: Cleared
  /** One change at a time. */
  readonly #serial = new Serial()

  constructor(parts: ClearancesParts) {
    this.#parts = parts
    const { defaultClearance } = parts.policy
    this.#byDefault = defaultClearance === null ? NONE : [defaultClearance]
  }
  /** Reads them from the store. @returns those whose ids the policy does not know: they grant nothing */
  async load(): Promise<readonly StoredClearance[]> {
    const all = await this.#parts.store.all()
    for (const one of all) this.#put(one)
    return all.filter(({ clearance }) => !this.#parts.policy.clearances.has(clearance))
  }

  /** The effective clearance of a user, here or elsewhere. */
  of({ bare, domain }: Jid): Cleared {
    if (!this.#parts.hasAccounts(domain)) return this.ofDomain(domain)
    return this.#given.account.get(bare) ?? this.#ofGroups(bare) ?? this.ofDomain(domain)
  }
  /** Of a domain, or of the nearest `*.` domain above it. */
  ofDomain(domain: string): Cleared {
    const { domain: domains } = this.#given
    return domains.size === 0 ? this.#byDefault : (domains.get(nameIn(domains, domain) ?? '') ?? this.#byDefault)
  }
  #ofGroups(bare: string): Cleared | null {
    const groups = this.#given.group.size === 0 ? undefined : this.#parts.groupsOf(bare)
    if (groups === undefined) return null
    let found: Cleared | null = null
    for (const name of groups) {
      const one = this.#given.group.get(name)
      if (one !== undefined) found = found === null ? one : [...found, ...one]
    }
    return found
  }

  /** The same as `of`, with where each comes from. */
  sourcesOf({ bare, domain }: Jid): readonly ClearanceSource[] {
    const own = this.#ids.account.get(bare)
    const isOurs = this.#parts.hasAccounts(domain)
    if (isOurs && own !== undefined) return [this.#source('account', bare)]
    const groups = isOurs ? [...(this.#parts.groupsOf(bare) ?? [])].filter((name) => this.#ids.group.has(name)).sort() : []
    if (groups.length > 0) return groups.map((name) => this.#source('group', name))
    const name = nameIn(this.#ids.domain, domain)
    if (name !== undefined) return [this.#source('domain', name)]
    const { defaultClearance: clearance } = this.#parts.policy
    return [{ kind: clearance === null ? 'none' : 'default', subject: '', clearance }]
  }
  #source(kind: ClearedKind, subject: string): ClearanceSource {
    return { kind, subject, clearance: this.#parts.policy.clearances.get(this.#ids[kind].get(subject)!) ?? null }
  }

  /** All that were given, in order. */
  get all(): readonly StoredClearance[] {
    return (['account', 'group', 'domain'] as const).flatMap((kind) =>
      [...this.#ids[kind]]
        .map(([subject, clearance]) => ({ kind, subject, clearance }))
        .sort((a, b) => (a.subject < b.subject ? -1 : 1)),
    )
  }
  /** @param given with the id of a clearance of the policy. False: there is no such account or group */
  give(given: StoredClearance): Promise<boolean> {
    return this.#serial.run(async () => {
      if (!(await this.#parts.store.put(given))) return false
      this.#put(given)
      this.#parts.changed(given.kind, given.subject)
      return true
    })
  }
  /** False: it had none. */
  take(kind: ClearedKind, subject: string): Promise<boolean> {
    return this.#serial.run(async () => {
      if (!this.#ids[kind].has(subject)) return false
      await this.#parts.store.drop(kind, subject)
      this.#drop(kind, subject)
      this.#parts.changed(kind, subject)
      return true
    })
  }
  /**
   * The account or group was deleted, and its clearance with it. One that is made anew under the same name has none. If one was given just
   * then, the store knows whether it was before or after.
   */
  forget(kind: 'account' | 'group', subject: string): Promise<void> {
    this.#drop(kind, subject)
    return this.#serial.run(async () => {
      const clearance = await this.#parts.store.of(kind, subject)
      if (clearance === null) this.#drop(kind, subject)
      else this.#put({ kind, subject, clearance })
    })
  }
  /** Does the clearance of that account, group or domain count for this user, or would it if there were one? */
  isAbout(kind: ClearedKind, subject: string, { bare, domain }: Jid): boolean {
    const isOurs = this.#parts.hasAccounts(domain)
    if (kind === 'domain') return isAtOrBelow(domain, subject)
    return isOurs && (kind === 'account' ? subject === bare : this.#parts.groupsOf(bare)?.has(subject) === true)
  }
  /** Has the group been given a clearance? Then whoever joins or leaves it may have another one. */
  isGroupCleared(name: string): boolean {
    return this.#ids.group.has(name)
  }
  #drop(kind: ClearedKind, subject: string): void {
    this.#ids[kind].delete(subject)
    this.#given[kind].delete(subject)
  }
  #put({ kind, subject, clearance }: StoredClearance): void {
    const known = this.#parts.policy.clearances.get(clearance)
    this.#ids[kind].set(subject, clearance)
    this.#given[kind].set(subject, known === undefined ? NONE : [known])
  }
}

/** Is the clearance of `subject`, a domain or `*.` and one, about this domain? */
export const isAtOrBelow = (domain: string, subject: string): boolean =>
  subject === domain || (subject.startsWith('*.') && domain.endsWith(subject.slice(1)))

/** The entry for the domain itself, or for the nearest domain above it. */
function nameIn(domains: ReadonlyMap<string, unknown>, domain: string): string | undefined {
  if (domains.has(domain)) return domain
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
    const above = `*${domain.slice(dot)}`
    if (domains.has(above)) return above
  }
  return undefined
}
