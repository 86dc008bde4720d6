/** When clients and contacts come, go, want other nodes, or are let in: what that means for the nodes of accounts (PEP-11, 12). */
import { contactKey, type RosterItem } from '../../im/account.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import type { AccountsOf } from './accounts-of.ts'
import type { Approvals } from './approvals.ts'
import { isMutual } from './asker.ts'
import type { Bounced } from './bounced.ts'
import type { Interests, Names } from './interests.ts'
import type { Offers } from './offers.ts'
import type { Receivers } from './receivers.ts'
import { review } from './reviewing.ts'

export interface WatchingParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly nodes: Nodes
  readonly accounts: AccountsOf
  readonly interests: Interests
  readonly offers: Offers
  readonly receivers: Receivers
  readonly bounced: Bounced
  readonly approvals: Approvals
}

export class Watching {
  readonly #parts: WatchingParts

  constructor(parts: WatchingParts) {
    const { host, caps } = parts
    this.#parts = parts
    caps.onKnown((session) => this.#look(session))
    host.on('presence-changed', ({ session, before, after }) => {
      if (after === null) parts.interests.setOffered(session, null)
      else if (before === null) this.#comes(session)
    })
    host.on('contact-heard', ({ account, heard, news }) => {
      if (news === 'available') parts.bounced.back(account, heard.jid)
      if ((news === 'available' || news === 'capabilities') && heard.isBySubscription) parts.offers.toResource(account, heard)
    })
    host.on('contact-lost', ({ account, jid }) => parts.offers.gone(account, jid))
    host.on('roster-changed', ({ account, change, before }) => this.#rosterChanged(account, change.contact, change.item, before))
    host.on('blocking-changed', ({ account, isChanged }) => this.#blockingChanged(account, isChanged))
  }

  #comes(session: Session): void {
    this.#parts.interests.setOffered(session, NONE)
    this.#look(session)
    this.#parts.accounts.later(this.#parts.approvals.remind(session))
  }
  /** What does the client want that it was not offered? */
  #look(session: Session): void {
    const { interests } = this.#parts
    const before = interests.offeredTo(session)
    const names = session.presence === null || before === null ? null : interests.ofSession(session)
    if (names === null || before === null) return
    interests.setOffered(session, names)
    const added = before.size === 0 ? names : new Set([...names].filter((name) => !before.has(name)))
    this.#parts.offers.toSession(session, added)
  }

  /** PUB-7 */
  #rosterChanged(account: LocalAccount, contact: Jid, after: RosterItem | null, before: RosterItem | null): void {
    const { nodes, accounts } = this.#parts
    if (!nodes.index.has(account.bare.bare)) return
    const isNew = after?.subscription === 'both' && before?.subscription !== 'both'
    const isMoved = after !== null && before !== null && !isSameSet(after.groups, before.groups)
    if (isNew || (isMoved && isMutual(account, contact))) this.#offer(account, contact, isNew ? null : 'roster')
    const isLost = before !== null && (before.subscription === 'both' || before.subscription === 'from')
    if (isLost && (isMoved || !account.roster.isSubscriber(contactKey(contact)))) accounts.later(review(account, nodes))
  }
  /** Those who are unblocked get the account's last items, and its own clients get theirs. */
  #blockingChanged(account: LocalAccount, isChanged: (entity: Jid) => boolean): void {
    const { nodes, receivers, interests, offers } = this.#parts
    const isBack = (contact: Jid): boolean => isChanged(contact) && !account.hidden(contact)
    if (nodes.index.has(account.bare.bare))
      for (const contact of receivers.contacts(account)) if (isBack(contact)) this.#offer(account, contact, null)
    for (const session of account.sessions) {
      const names = interests.offeredTo(session)
      if (names !== null && session.takesPart) offers.toSessionOf(session, names, isBack)
    }
  }
  /** @param model only nodes with this access model; null: all */
  #offer(account: LocalAccount, contact: Jid, model: 'roster' | null): void {
    const { nodes, accounts, receivers, interests, offers } = this.#parts
    const offered = nodes.index.offeredBy(account.bare.bare)
    if (offered.length === 0) return
    const offering = nodes.some(account.bare.bare, offered).then((all) => {
      const meant = all.filter(({ config }) => model === null || config.access_model === model).map(({ origin }) => origin.name)
      for (const resource of receivers.resources(account, contact)) {
        const names = meant.filter((name) => interests.ofResource(resource)?.has(name) === true)
        if (names.length > 0) void offers.toOne(account.bare, resource.jid, names)
      }
    })
    accounts.later(offering)
  }
}
const NONE: Names = new Set()

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one))
