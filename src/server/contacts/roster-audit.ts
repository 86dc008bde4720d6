/**
 * Compares the rosters of local accounts with each other, one page of accounts at a time, and corrects faults on request; the
 * rules are in im/roster-agreement.ts. The first look proves nothing, because two rosters change one after the other: a
 * disagreement counts only if it still exists when no change of either account is in progress.
 */
import type { Clock } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { Roster, type Account, type ImLimits } from '../../im/account.ts'
import { isStranger } from '../../im/strangers.ts'
import {
  disagreement,
  faultsOf,
  REMEDIES,
  showing,
  tidied,
  watching,
  type Disagreement,
  type Fault,
  type Showing,
  type Watching,
} from '../../im/roster-agreement.ts'
import { inbound, outbound } from '../../im/subscribing.ts'
import type { SubscriptionType } from '../../im/subscription.ts'
import { wire } from '../../xml/wire.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import { atRest } from '../account/at-rest.ts'
import type { AccountStore, RosterStore } from '../ports.ts'
import type { RosterChanges } from './roster-changes.ts'

/** Two rosters disagree about what one user may see of the other. */
export interface Quarrel {
  readonly what: Disagreement
  readonly watcher: string
  readonly watching: Watching
  readonly shower: string
  /** Null if there is no such account. */
  readonly showing: Showing | null
}
/** A roster contains what it must not. */
export interface Nonsense {
  readonly what: readonly Fault[]
  readonly owner: string
  readonly contact: string
}
export type Finding = (Quarrel | Nonsense) & {
  /** Whether it was corrected; null if that was not requested. */
  readonly mended: boolean | null
}

/** Where to continue: after this contact in the roster of this account; '' for its first contact, and for the first account. */
export interface Place {
  readonly owner: string
  readonly contact: string
}
/** Accounts of a domain, from a place on. */
export interface AuditRange {
  readonly domain: string
  readonly from: Place
  /** The most accounts of one page. */
  readonly accountsMax: number
  /** Are findings set right, too? */
  readonly mend: boolean
}
export interface AuditPage {
  readonly findings: readonly Finding[]
  readonly accounts: number
  readonly contacts: number
  /** Null if this was the last page. */
  readonly next: Place | null
}

export interface RosterAuditParts {
  readonly domains: readonly string[]
  readonly clock: Clock
  readonly entropy: Entropy
  readonly accounts: Accounts
  readonly stores: { readonly accounts: AccountStore; readonly rosters: RosterStore }
  readonly rosterChanges: RosterChanges
  readonly limits: ImLimits
}

/** The most findings of one page; then the next page begins, even in the middle of a roster. */
const FINDINGS_MAX = 500
/** The most rosters that are remembered for one page; others are read again. */
const REMEMBERED_MAX = 2000
export class RosterAudit {
  readonly #parts: RosterAuditParts

  constructor(parts: RosterAuditParts) {
    this.#parts = parts
  }
  async page({ domain, from, accountsMax, mend }: AuditRange): Promise<AuditPage> {
    const rows = await this.#parts.stores.accounts.list(domain, from.owner, accountsMax)
    const owners = rows.map((row) => row.bare)
    if (from.contact !== '') owners.unshift(from.owner)
    const look = new Look(this.#parts, mend)
    for (const owner of owners) {
      const stopped = await look.at(owner, owner === from.owner ? from.contact : '')
      if (stopped !== null) return look.page({ owner, contact: stopped })
    }
    return look.page(rows.length < accountsMax ? null : { owner: owners.at(-1)!, contact: '' })
  }
}

/** The work on one page. */
class Look {
  readonly #parts: RosterAuditParts
  readonly #mend: boolean
  readonly #findings: Finding[] = []
  /** The rosters at first sight. Null if there is no such account. */
  readonly #rosters = new Map<string, Roster | null>()
  #accounts = 0
  #contacts = 0

  constructor(parts: RosterAuditParts, mend: boolean) {
    this.#parts = parts
    this.#mend = mend
  }
  page(next: Place | null): AuditPage {
    return { findings: this.#findings, accounts: this.#accounts, contacts: this.#contacts, next }
  }
  /** @returns the contact after which to continue; null if this roster is done */
  async at(owner: string, behind: string): Promise<string | null> {
    const roster = await this.#roster(owner)
    if (roster === null) return null
    if (behind === '') this.#accounts += 1
    const bare = jid(owner)
    for (const contact of contactsOf(roster)) {
      if (contact.full <= behind) continue
      this.#contacts += 1
      await this.#contact(bare, roster, contact)
      if (this.#findings.length >= FINDINGS_MAX) return contact.full
    }
    return null
  }

  async #contact(owner: Jid, roster: Roster, contact: Jid): Promise<void> {
    if (faultsOf(owner, roster, contact.full).length > 0) await this.#nonsense(owner, contact)
    if (!this.#parts.domains.includes(contact.domain) || contact.bare === owner.bare || !contact.isBare) return
    const other = contact.local === '' ? null : await this.#roster(contact.bare)
    // Both accounts have each other: the pair is checked once, in the roster that comes first.
    if (other !== null && knows(other, owner) && contact.bare < owner.bare) return
    await this.#pair(owner, roster, contact, other)
    await this.#pair(contact, other, owner, roster)
  }
  async #pair(watcher: Jid, watchers: Roster | null, shower: Jid, showers: Roster | null): Promise<void> {
    if (disagreement(watching(watchers, shower), showing(showers, watcher), true) === null) return
    const [w, s] = await atRest(this.#parts.accounts, watcher, shower)
    const what = between(w, watcher, s, shower)
    if (what === null) return
    const says = { watching: watching(w?.roster ?? null, shower), showing: s === null ? null : showing(s.roster, watcher) }
    let mended: boolean | null = null
    if (this.#mend) {
      for (const type of REMEDIES[what]) await this.#send(type, watcher, w, shower, s)
      const [wAfter, sAfter] = await atRest(this.#parts.accounts, watcher, shower)
      mended = between(wAfter, watcher, sAfter, shower) === null
    }
    this.#findings.push({ what, watcher: watcher.full, shower: shower.full, ...says, mended })
  }
  async #nonsense(owner: Jid, contact: Jid): Promise<void> {
    const account = await this.#parts.accounts.load(owner.bare)
    if (account === null) return
    const what = faultsOf(owner, account.roster, contact.full)
    if (what.length === 0) return
    if (this.#mend) await this.#parts.rosterChanges.perform(account, () => tidied(owner, account.roster, contact.full), null)
    const mended = this.#mend ? faultsOf(owner, account.roster, contact.full).length === 0 : null
    this.#findings.push({ what, owner: owner.full, contact: contact.full, mended })
  }

  /** As if the stanza had been lost earlier and arrived now. A request is sent by the account, and passes the usual checks. */
  async #send(type: SubscriptionType, watcher: Jid, w: LocalAccount | null, shower: Jid, s: LocalAccount | null): Promise<void> {
    const { rosterChanges, limits, clock, entropy } = this.#parts
    const [from, to] = type === 'unsubscribed' ? [shower, watcher] : [watcher, shower]
    const stanza = Packet.of({ kind: 'presence', type, from, to, id: wire(token(entropy)) })
    if (type === 'subscribe') {
      if (w !== null) await rosterChanges.perform(w, () => outbound(w, stanza, limits), watcher)
      return
    }
    const account = type === 'unsubscribed' ? w : s
    if (account !== null) await rosterChanges.perform(account, () => inbound(account, stanza, clock.now(), limits), null)
  }
  async #roster(bare: string): Promise<Roster | null> {
    const inMemory = this.#parts.accounts.get(bare)
    if (inMemory !== undefined) return inMemory.roster
    const known = this.#rosters.get(bare)
    if (known !== undefined) return known
    const { accounts, rosters } = this.#parts.stores
    const [exists, { version, items, pending, epoch }] = await Promise.all([accounts.exists(bare), rosters.load(bare)])
    const roster = exists ? new Roster(version, items, pending, epoch) : null
    if (this.#rosters.size >= REMEMBERED_MAX) this.#rosters.clear()
    this.#rosters.set(bare, roster)
    return roster
  }
}

function between(w: Account | null, watcher: Jid, s: Account | null, shower: Jid): Disagreement | null {
  return disagreement(watching(w?.roster ?? null, shower), showing(s?.roster ?? null, watcher), s !== null && hears(s, watcher))
}
const hears = (account: Account, watcher: Jid): boolean =>
  !account.hidden(watcher) && (account.policy.strangers !== 'none' || !isStranger(account, watcher))

const knows = (roster: Roster, contact: Jid): boolean =>
  roster.has(contact.full) || roster.pendingFrom(contact.full) !== undefined

/** The addresses of items and requests, in order. */
function contactsOf(roster: Roster): readonly Jid[] {
  const all = new Map<string, Jid>()
  for (const item of roster.items()) all.set(item.jid.full, item.jid)
  for (const request of roster.pending()) all.set(request.from.full, request.from)
  return [...all.values()].sort((a, b) => (a.full < b.full ? -1 : 1))
}
