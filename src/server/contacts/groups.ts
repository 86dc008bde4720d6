/**
 * The operator's groups: their members see each other without asking. The members are in memory; each change is stored together
 * with the pairs of rosters that it concerns, and these are brought up to date afterwards: at once, or at the next start if
 * the server dies meanwhile.
 */
import { Serial } from '../../base/serial.ts'
import { contactKey, type ImLimits } from '../../im/account.ts'
import { joined, left, shown } from '../../im/grouping.ts'
import type { Step } from '../../im/subscribing.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Accounts } from '../account/accounts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { AccountStore, GroupLink, GroupStore, RosterStore } from '../ports.ts'
import type { RosterChanges } from './roster-changes.ts'

export interface GroupsParts {
  readonly accounts: Accounts
  readonly stores: { readonly accounts: AccountStore; readonly groups: GroupStore; readonly rosters: RosterStore }
  readonly rosterChanges: RosterChanges
  readonly limits: ImLimits
  readonly facts: FactBoard
  readonly failed: (error: unknown, what: string) => void
}

/** Pairs of rosters that are changed at the same time. */
const AT_ONCE = 50

export class Groups {
  readonly #parts: GroupsParts
  /** One change at a time. */
  readonly #serial = new Serial()
  readonly #members = new Map<string, Set<string>>()
  readonly #groups = new Map<string, Set<string>>()

  constructor(parts: GroupsParts) {
    this.#parts = parts
    parts.facts.on('account-deleted', ({ jid: { bare } }) => {
      this.#serial
        .run(() => this.#deleted(bare))
        .catch((error: unknown) => parts.failed(error, 'A deleted account could not be removed from the rosters of its groups'))
    })
  }
  /** Reads them from the store. Call it once, before anything else. */
  async load(): Promise<void> {
    const { groups } = this.#parts.stores
    for (const name of await groups.groups()) this.#members.set(name, new Set())
    for (const { name, account } of await groups.memberships()) this.#add(name, account)
  }
  /** Does what a change has left undone when the server died. */
  async finish(): Promise<void> {
    await this.#serial.run(async () => {
      await this.#bringUpToDate(await this.#parts.stores.groups.unfinished(), [])
      await this.#forgetOrphans([])
    })
  }
  /** By name, in order, with their members in order. */
  get all(): readonly (readonly [name: string, members: readonly string[]])[] {
    return [...this.#members].map(([name, members]) => [name, [...members].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  }
  /** The members; undefined if there is no such group. */
  members(name: string): ReadonlySet<string> | undefined {
    return this.#members.get(name)
  }
  /** The groups of an account; undefined if it is in none. */
  groupsOf(account: string): ReadonlySet<string> | undefined {
    return this.#groups.get(account)
  }
  /** Has the operator put the two into one group? */
  share(account: string, contact: Jid): boolean {
    return this.#groups.size > 0 && this.#common(account, contactKey(contact)).length > 0
  }
  /** False if there is one. */
  create(name: string): Promise<boolean> {
    return this.#serial.run(async () => {
      if (!(await this.#parts.stores.groups.create(name))) return false
      this.#members.set(name, new Set())
      return true
    })
  }
  /**
   * @param accounts of this server that exist
   * @returns those whose rosters are full: they do not see all members
   */
  join(name: string, accounts: readonly string[]): Promise<readonly string[]> {
    return this.#serial.run(async () => {
      const members = this.#members.get(name)!
      const fresh = [...new Set(accounts)].filter((account) => !members.has(account))
      const pairs: Pair[] = []
      for (const [i, account] of fresh.entries())
        for (const other of [...members, ...fresh.slice(0, i)]) pairs.push(...both(account, other))
      const links = await Promise.all(pairs.map((pair) => this.#linkOf(...pair)))
      await this.#parts.stores.groups.join(
        fresh.map((account) => ({ name, account })),
        links,
      )
      for (const account of fresh) this.#add(name, account)
      this.#parts.facts.tell('group-changed', { name, accounts: fresh })
      return this.#bringUpToDate(links, [])
    })
  }
  leave(name: string, accounts: readonly string[]): Promise<void> {
    return this.#serial.run(() => this.#leave(name, accounts))
  }
  delete(name: string): Promise<void> {
    return this.#serial.run(async () => {
      await this.#leave(name, [...this.#members.get(name)!])
      await this.#parts.stores.groups.delete(name)
      this.#members.delete(name)
      this.#parts.facts.tell('group-deleted', { name })
    })
  }

  async #leave(name: string, accounts: readonly string[]): Promise<void> {
    const members = this.#members.get(name)!
    const leaving = accounts.filter((account) => members.has(account))
    const pairs = new Map<string, Pair>()
    for (const account of leaving)
      for (const other of members) if (other !== account) for (const pair of both(account, other)) pairs.set(pair.join(' '), pair)
    const haveAnother = (pair: Pair): boolean => this.#common(...pair).some((common) => common !== name)
    const ending = [...pairs.values()].filter((pair) => !haveAnother(pair))
    const staying = [...pairs.values()].filter(haveAnother)
    const stored = ending.map(([owner, contact]) => ({ owner, contact }))
    await this.#parts.stores.groups.leave(
      leaving.map((account) => ({ name, account })),
      stored,
    )
    for (const account of leaving) this.#drop(name, account)
    this.#parts.facts.tell('group-changed', { name, accounts: leaving })
    const unfinished = await this.#parts.stores.groups.unfinished()
    await this.#bringUpToDate(unfinished, [name])
    await inPairs(staying, ([owner, contact]) => this.#step(owner, contact, (account, other) => left(account, other, [name])))
  }
  /** What the roster says before the operator changes it. A second common group changes nothing of that. */
  async #linkOf(owner: string, contact: string): Promise<GroupLink> {
    const account = await this.#parts.accounts.load(owner)
    return { owner, contact, before: account?.roster.item(contact)?.subscription ?? null, state: 'joining' }
  }
  /** @param labels of groups that were left @returns the accounts whose rosters are full */
  async #bringUpToDate(links: readonly GroupLink[], labels: readonly string[]): Promise<readonly string[]> {
    const full = new Set<string>()
    const done: GroupLink[] = []
    const all = [...labels, ...this.#members.keys()]
    await inPairs(links, async (link) => {
      const { owner, contact, before, state } = link
      try {
        if (state === 'joining')
          await this.#step(owner, contact, (account, other) =>
            joined(account, other, this.#common(owner, contact), this.#parts.limits),
          )
        else await this.#step(owner, contact, (account, other) => left(account, other, all, before))
        done.push(link)
      } catch (error) {
        if (!(error instanceof StanzaError)) throw error
        full.add(owner)
      }
    })
    const joining = done.filter(({ state }) => state === 'joining')
    await inPairs(joining, ({ owner, contact }) => this.#step(owner, contact, shown))
    await this.#parts.stores.groups.finished(done)
    return [...full]
  }
  async #step(owner: string, contact: string, decide: (account: LocalAccount, contact: Jid) => Step): Promise<void> {
    const account = await this.#parts.accounts.load(owner)
    if (account !== null) await this.#parts.rosterChanges.perform(account, () => decide(account, jid(contact)), null)
  }
  /** The account is gone, and so are its subscriptions. What the groups put into rosters goes, too. */
  async #deleted(bare: string): Promise<void> {
    const groups = [...(this.#groups.get(bare) ?? [])]
    for (const name of groups) this.#drop(name, bare)
    if (groups.length > 0) await this.#forgetOrphans(groups)
  }
  /** @param labels of groups that were left */
  async #forgetOrphans(labels: readonly string[]): Promise<void> {
    const orphans = await this.#parts.stores.groups.orphans()
    const ended = orphans.map(
      ({ owner, contact, before }) => ({ owner, contact, before: before && 'none', state: 'leaving' }) as const,
    )
    await this.#bringUpToDate(ended, labels)
  }

  #common(account: string, other: string): readonly string[] {
    const theirs = this.#groups.get(other)
    if (theirs === undefined || account === other) return []
    return [...(this.#groups.get(account) ?? [])].filter((name) => theirs.has(name)).sort()
  }
  #add(name: string, account: string): void {
    this.#members.getOrInsertComputed(name, () => new Set()).add(account)
    this.#groups.getOrInsertComputed(account, () => new Set()).add(name)
  }
  #drop(name: string, account: string): void {
    this.#members.get(name)?.delete(account)
    const groups = this.#groups.get(account)
    groups?.delete(name)
    if (groups?.size === 0) this.#groups.delete(account)
  }
}

/** Whose roster, and which contact. */
type Pair = readonly [owner: string, contact: string]
const both = (one: string, other: string): readonly [Pair, Pair] => [
  [one, other],
  [other, one],
]

/** Some at a time, so that their statements are stored together. */
async function inPairs<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += AT_ONCE) await Promise.all(all.slice(i, i + AT_ONCE).map(work))
}
