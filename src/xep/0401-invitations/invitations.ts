/** Invitations: who makes them, what becomes of them when they are used, and which contacts follow. */
import type { Millis } from '../../base/clock.ts'
import { Serial } from '../../base/serial.ts'
import type { Statement } from '../../server/database.ts'
import type { Host } from '../../server/feature.ts'
import type { StreamInfo } from '../../server/streams/stream-features.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Admission, NewAccounts, Ticket } from '../0077-registration/index.ts'
import { befriends, hashOf, isOpen, newId, newToken, pageOf, uriOf, type Invitation, type NewInvitation } from './invitation.ts'
import type { InvitationStore, Pair } from './store.ts'

const DAY: Millis = 86_400_000

export interface InvitationOptions {
  /** May accounts be made with invitations? */
  readonly makesAccounts: boolean
  readonly lifetime: Millis
  /** Of one user, at a time. */
  readonly openMax: number
  /** Of one user, in a day. */
  readonly perDay: number
  /** Of the web port, for people; '' if it is not known. */
  readonly origin: string
}
/** What somebody wants to be made. */
export type Wish = Pick<Invitation, 'inviter' | 'domain' | 'name' | 'makesAccount' | 'makesContact' | 'usesMax' | 'note'> & {
  /** How long it lasts; null for the usual time. */
  readonly lifetime: Millis | null
}
/** How an invitation is passed on. */
export interface Links {
  readonly uri: string
  /** For browsers; null if the address of the web port is not known. */
  readonly page: string | null
}
type Parts = Pick<Host, 'clock' | 'entropy' | 'log' | 'stores' | 'subscriptions'>

export class Invitations implements Admission {
  readonly #host: Parts
  readonly #store: InvitationStore
  readonly #accounts: NewAccounts
  readonly #options: InvitationOptions
  /** One is made at a time, so that no limit is passed and no name given twice. */
  readonly #making = new Serial()
  /** By domain: until when an account can be made with any invitation. */
  #openUntil: ReadonlyMap<string, Millis> = new Map()
  /** What clients have shown before they register (XEP-0445). */
  readonly #shown = new WeakMap<StreamInfo, Invitation>()

  constructor(host: Parts, store: InvitationStore, accounts: NewAccounts, options: InvitationOptions) {
    this.#host = host
    this.#store = store
    this.#accounts = accounts
    this.#options = options
  }
  /** Reads from the store which domains are open. */
  async refresh(): Promise<void> {
    this.#openUntil = this.#options.makesAccounts ? await this.#store.openUntil() : new Map()
  }
  linksOf(invitation: NewInvitation): Links {
    return { uri: uriOf(invitation), page: pageOf(this.#options.origin, invitation.token) }
  }
  list(): Promise<readonly Invitation[]> {
    return this.#store.list(null)
  }
  /** For the operator. @throws StanzaError that says why not */
  create(wish: Wish): Promise<NewInvitation> {
    return this.#making.run(() => this.#create(wish))
  }
  async #create(wish: Wish): Promise<NewInvitation> {
    const { clock, entropy, stores } = this.#host
    const now = clock.now()
    if (wish.makesAccount && !this.#options.makesAccounts)
      throw new StanzaError('not-allowed', { text: 'The configuration does not allow accounts by invitation' })
    const name = wish.name === '' ? '' : await this.#freeName(wish.name, wish.domain, now)
    if (wish.inviter !== null && !(await stores.accounts.exists(wish.inviter))) throw new StanzaError('item-not-found')
    const token = newToken(entropy)
    const { lifetime, ...rest } = wish
    const expiresAt = now + (lifetime ?? this.#options.lifetime)
    const invitation: Invitation = { ...rest, name, id: newId(entropy), uses: 0, createdAt: now, expiresAt }
    await this.#store.purge(now - DAY)
    await this.#store.put(invitation, hashOf(token))
    await this.refresh()
    return { ...invitation, token }
  }
  /** For a user, who may have so many of them. @throws StanzaError policy-violation */
  createFor(inviter: Jid, wish: Pick<Wish, 'name' | 'makesAccount' | 'makesContact'>): Promise<NewInvitation> {
    return this.#making.run(() => this.#createFor(inviter, wish))
  }
  async #createFor(inviter: Jid, wish: Pick<Wish, 'name' | 'makesAccount' | 'makesContact'>): Promise<NewInvitation> {
    const now = this.#host.clock.now()
    const own = await this.#store.list(inviter.bare)
    if (own.filter((one) => isOpen(one, now)).length >= this.#options.openMax)
      throw new StanzaError('policy-violation', { text: 'Too many of your invitations are open' })
    if (own.filter(({ createdAt }) => createdAt > now - DAY).length >= this.#options.perDay)
      throw new StanzaError('policy-violation', { text: 'You have made too many invitations today' })
    return this.#create({ ...wish, inviter: inviter.bare, domain: inviter.domain, usesMax: 1, note: '', lifetime: null })
  }
  /** False if there is none of that id. */
  async revoke(id: string): Promise<boolean> {
    const isRevoked = await this.#store.revoke(id)
    await this.refresh()
    return isRevoked
  }
  /**
   * The invitation with that token, if it is open and its inviter may still use the server. It makes accounts only while the
   * operator allows that.
   */
  async find(token: string): Promise<Invitation | null> {
    const found = await this.#store.byHash(hashOf(token))
    if (found === null || !isOpen(found, this.#host.clock.now()) || !(await this.#mayInvite(found.inviter))) return null
    const makesAccount = found.makesAccount && this.#options.makesAccounts
    return makesAccount || found.makesContact ? { ...found, makesAccount } : null
  }
  async #mayInvite(inviter: string | null): Promise<boolean> {
    return inviter === null || (await this.#host.stores.accounts.find(inviter))?.disabled === null
  }

  /** XEP-0445 4: the client of that stream may register from now on, even if the invitation expires meanwhile. */
  async show(stream: StreamInfo, token: string): Promise<void> {
    const found = await this.find(token)
    if (found === null || !found.makesAccount || found.domain !== stream.domain)
      throw new StanzaError('item-not-found', { text: 'The invitation is invalid or expired' })
    this.#shown.set(stream, found)
  }
  isOpen(domain: string): boolean {
    return (this.#openUntil.get(domain) ?? 0) > this.#host.clock.now()
  }
  ticketOf(stream: StreamInfo): Ticket | null {
    const shown = this.#shown.get(stream)
    return shown === undefined ? null : this.ticketFor(shown)
  }
  ticketFor({ id, name, inviter, makesContact }: Invitation): Ticket {
    const owing = (account: Jid): readonly Statement[] =>
      inviter !== null && makesContact ? [this.#store.owing(account.bare, inviter)] : []
    return {
      name: name === '' ? null : name,
      check: (account) => (makesContact ? this.#checkRoom(inviter, account) : Promise.resolve()),
      along: (account) => [this.#store.using(id), ...owing(account)],
    }
  }
  /** Without room for a contact the invitation would be used up for nothing. */
  async #checkRoom(inviter: string | null, account: Jid): Promise<void> {
    if (inviter === null || (await this.#host.subscriptions.hasRoom(jid(inviter), account))) return
    const text = 'The person who invites has no room for one more contact. The invitation stays good.'
    throw new StanzaError('resource-constraint', { text })
  }
  isReserved({ local, domain }: Jid): Promise<boolean> {
    return this.#store.isReserved(domain, local, this.#host.clock.now())
  }

  /** An account was made, perhaps with an invitation: the two become contacts. @param account null: all that were left over */
  async settle(account: string | null): Promise<void> {
    await this.refresh()
    for (const pair of await this.#store.owed(account)) await this.#befriend(pair)
  }
  async #befriend(pair: Pair): Promise<void> {
    const { subscriptions, log } = this.#host
    const [account, inviter] = [jid(pair.account), jid(pair.inviter)]
    try {
      await subscriptions.grant(account, inviter)
      await subscriptions.grant(inviter, account)
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error // it is tried again at the next start
      log.info({ ...pair, reason: error.message }, 'An invited user and the inviter could not become contacts')
    }
    await this.#store.settled(pair)
  }

  /** XEP-0379 3.5: `contact` asks to see `owner` and shows a token. Without a good one nothing happens. */
  async welcome(owner: Jid, contact: Jid, token: string): Promise<void> {
    const found = await this.find(token)
    if (found === null || !befriends(found, owner, this.#host.clock.now()) || !(await this.#store.use(found.id))) return
    try {
      await this.#host.subscriptions.welcome(owner, contact)
    } catch (error) {
      // The roster is full: the request waits like any other, and may come again with the token
      await this.#store.giveBack(found.id)
      if (!(error instanceof StanzaError)) throw error
    }
  }

  /** @throws StanzaError not-acceptable, conflict */
  async #freeName(wanted: string, domain: string, now: Millis): Promise<string> {
    const account = this.#accounts.addressOf(wanted, domain)
    const isTaken = await this.#host.stores.accounts.exists(account.bare)
    if (isTaken || (await this.#store.isReserved(domain, account.local, now)))
      throw new StanzaError('conflict', { text: `The name ${account.local} is taken` })
    return account.local
  }
}
