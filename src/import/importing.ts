/**
 * Creates accounts from what was found: each with all its data in one transaction, or not at all. An account that exists
 * already is not changed.
 */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { ImLimits, PendingRequest, RosterItem } from '../im/account.ts'
import { SqlAccounts } from '../storage/accounts.ts'
import type { AccountArchive } from '../server/account-archive.ts'
import type { Database, Statement } from '../server/database.ts'
import { SqlRosters } from '../storage/rosters.ts'
import { StorageError } from '../storage/storage-error.ts'
import { deriveCredentials } from '../sasl/credentials.ts'
import type { Credentials } from '../xmpp/credentials.ts'
import type { Packet } from '../xmpp/packet.ts'
import { PrecisError } from '../xmpp/precis.ts'
import { fits, hasOwnNamespace, storedElement, type PrivateSettings } from '../xep/0049-private-xml/index.ts'
import { PrivateElements, type StoredElement } from '../xep/0049-private-xml/store.ts'
import { newCard, type CardSettings } from '../xep/0054-vcard-temp/index.ts'
import { Cards, type NewCard } from '../xep/0054-vcard-temp/store.ts'
import { BlockLists } from '../xep/0191-blocking/store.ts'
import type { Porting } from '../xep/0163-personal-eventing/index.ts'
import { offlineLimits, type OfflineSettings } from '../xep/0160-offline-messages/settings.ts'
import { OfflineMessages, type PoolLimits } from '../xep/0160-offline-messages/store.ts'
import type { ImportedUser, OfflineMessage } from './user.ts'

export interface ImportOptions {
  readonly database: Database
  /** Prepared. Only accounts of these domains are imported. */
  readonly domains: readonly string[]
  readonly limits: Pick<ImLimits, 'rosterItems' | 'groupsPerItem' | 'nameBytes' | 'pendingRequests'>
  readonly offline: OfflineSettings
  readonly cards: Pick<CardSettings, 'size'>
  readonly privates: PrivateSettings
  readonly nodes: Porting
  readonly archive: AccountArchive
  /** PBKDF2 iterations for passwords that the files contain in clear text. */
  readonly iterations: number
  readonly clock: Clock
  readonly entropy: Entropy
  /** Reads and reports, and changes nothing. */
  readonly dryRun: boolean
}

export interface Counts {
  readonly isDisabled: boolean
  readonly contacts: number
  readonly requests: number
  readonly blocked: number
  readonly messages: number
  /** Messages of the archive. */
  readonly archived: number
  readonly hasCard: boolean
  /** Elements of private data. */
  readonly privates: number
  /** Of personal eventing. */
  readonly nodes: number
}

export type Outcome =
  | {
      readonly kind: 'taken'
      readonly counts: Counts
      readonly credentials: Credentials | null
      readonly leftOut: readonly string[]
    }
  | { readonly kind: 'exists' }
  /** The domain is not ours. */
  | { readonly kind: 'elsewhere' }
  /** Nobody could log in to the account. */
  | { readonly kind: 'no-password'; readonly why: string }

interface Fitting {
  readonly card: NewCard | null
  readonly nodes: ReturnType<Porting['bringing']>
  readonly privates: readonly StoredElement[]
  readonly contacts: readonly RosterItem[]
  readonly requests: readonly PendingRequest[]
  readonly leftOut: readonly string[]
}

/** Messages that are stored in one transaction. */
const AT_ONCE = 1000

/** The first ones, as far as there is room for them. */
function fittingIn(
  messages: readonly OfflineMessage[],
  { messages: most, octets: octetsMax }: PoolLimits,
): readonly OfflineMessage[] {
  let octets = 0
  const fitting: OfflineMessage[] = []
  for (const message of messages) {
    const { length } = message.packet.wire
    if (fitting.length >= most || octets + length > octetsMax) continue
    octets += length
    fitting.push(message)
  }
  return fitting
}

export class Importing {
  readonly #options: ImportOptions
  readonly #accounts: SqlAccounts
  readonly #rosters: SqlRosters
  readonly #blocking: BlockLists
  readonly #offline: OfflineMessages
  readonly #cards: Cards
  readonly #privates: PrivateElements

  constructor(options: ImportOptions) {
    const { database, clock } = options
    this.#options = options
    this.#accounts = new SqlAccounts(database)
    this.#rosters = new SqlRosters(database, clock, '')
    this.#blocking = new BlockLists(database)
    this.#offline = new OfflineMessages(database, options.archive)
    this.#cards = new Cards(database)
    this.#privates = new PrivateElements(database)
  }

  /** @throws StorageError */
  async take(user: ImportedUser): Promise<Outcome> {
    const { domains, dryRun } = this.#options
    const { bare } = user.jid
    if (!domains.includes(user.jid.domain)) return { kind: 'elsewhere' }
    if (await this.#accounts.exists(bare)) return { kind: 'exists' }
    if (user.password === null && user.credentials === null)
      return { kind: 'no-password', why: 'it has neither a password nor usable keys' }
    const fitting = this.#fitted(user)
    const credentials = await this.#credentialsOf(user)
    if (credentials === null) return { kind: 'no-password', why: 'its password is empty or contains what RFC 8265 forbids' }
    const { contacts, requests, card, privates, nodes, leftOut } = fitting
    const counts = {
      isDisabled: user.isDisabled,
      contacts: contacts.length,
      requests: requests.length,
      blocked: user.blocked.size,
      messages: user.offline.length,
      archived: user.archive.length,
      hasCard: card !== null,
      privates: privates.length,
      nodes: nodes.nodes,
    }
    if (dryRun) return { kind: 'taken', counts, credentials, leftOut }
    const stored = await this.#store(user, credentials, fitting)
    if (stored === null) return { kind: 'exists' }
    const lost = counts.messages - stored
    const full =
      lost === 0 ? [] : [`${lost === 1 ? 'a stored message' : `${lost} stored messages`}, for which the store has no room`]
    return { kind: 'taken', counts: { ...counts, messages: stored }, credentials, leftOut: [...leftOut, ...full] }
  }

  /** The part of the user's data that fits into the limits of this server. */
  #fitted(user: ImportedUser): Fitting {
    const { rosterItems, groupsPerItem, nameBytes, pendingRequests } = this.#options.limits
    const leftOut = [...user.leftOut]
    const isShort = (text: string): boolean => Buffer.byteLength(text) <= nameBytes
    const all = [...user.roster.values()].map((item) => {
      const groups = item.groups.filter((group) => group !== '' && isShort(group)).slice(0, groupsPerItem)
      if (groups.length === item.groups.length && isShort(item.name)) return item
      leftOut.push(`the name or groups of ${item.jid.full}, which are too long or too many`)
      return { ...item, groups, name: isShort(item.name) ? item.name : '' }
    })
    const waiting = [...user.pending.values()]
    const contacts = all.slice(0, rosterItems)
    const requests = waiting.slice(0, pendingRequests)
    if (all.length > contacts.length) leftOut.push(`${all.length - contacts.length} contacts: a roster holds ${rosterItems}`)
    if (waiting.length > requests.length)
      leftOut.push(`${waiting.length - requests.length} subscription requests: there are too many`)
    const [card, privates] = [this.#cardOf(user, leftOut), this.#privatesOf(user, leftOut)]
    const nodes = this.#options.nodes.bringing(user.jid.bare, user.nodes.values())
    leftOut.push(...nodes.leftOut)
    return { contacts, requests, card, privates, nodes, leftOut }
  }
  #cardOf({ card }: ImportedUser, leftOut: string[]): NewCard | null {
    const made = card === null ? null : newCard(card)
    if (made === null || made.octets <= this.#options.cards.size) return made
    leftOut.push('the vCard, which is too large')
    return null
  }
  #privatesOf({ privates }: ImportedUser, leftOut: string[]): readonly StoredElement[] {
    const taken: StoredElement[] = []
    for (const [key, element] of privates) {
      const stored = storedElement(element)
      if (hasOwnNamespace(element) && fits(taken, [stored], this.#options.privates)) taken.push(stored)
      else leftOut.push(`the private data "${key}", which is too large or has no namespace`)
    }
    return taken
  }
  /** Null if the password is invalid. */
  async #credentialsOf({ password, credentials }: ImportedUser): Promise<Credentials | null> {
    if (password === null) return credentials
    const { iterations, entropy, dryRun } = this.#options
    try {
      return await deriveCredentials(password, dryRun ? 1 : iterations, entropy)
    } catch (error) {
      if (error instanceof PrecisError) return credentials
      throw error
    }
  }
  /** Stores messages before there is the account, because they may be many. What an earlier attempt has left is not shown. */
  async #bring({ jid: { bare }, archive: past }: ImportedUser, waiting: readonly OfflineMessage[]) {
    const { archive, database } = this.#options
    await archive.clear(bare)
    const messages = [
      ...past.map((one) => ({ ...one, isShown: true })),
      ...waiting.map((one) => ({ ...one, id: null, isSent: false, isShown: false })),
    ].toSorted((a, b) => a.receivedAt - b.receivedAt)
    const ids = new Set<string>()
    const entries = new Map<Packet, number>()
    for (let i = 0; i < messages.length; i += AT_ONCE) {
      const some = messages.slice(i, i + AT_ONCE).map(({ packet, receivedAt: at, id, isSent, isShown }) => {
        const own = id === null || ids.has(id) ? archive.newId(at) : id
        ids.add(own)
        return { packet, at, id: own, isSent, isShown }
      })
      const { statements, first } = await archive.additions(bare, some)
      await database.atomically(statements)
      for (const [n, { packet }] of some.entries()) entries.set(packet, first + n)
    }
    return entries
  }
  /** The number of messages that were stored; null if the account was created by someone else meanwhile. */
  async #store(user: ImportedUser, credentials: Credentials, fitting: Fitting): Promise<number | null> {
    const { clock, offline, database } = this.#options
    const now = clock.now()
    const owner = user.jid.bare
    const { contacts, requests, card, privates, nodes } = fitting
    const before: readonly Statement[] = [
      ...this.#accounts.creation(owner, credentials, now),
      ...(user.isDisabled ? [this.#accounts.disabling(owner, { at: now, reason: '' })] : []),
      ...this.#rosters.contents(owner, now, contacts, requests),
      ...this.#blocking.additions(owner, [...user.blocked.values()], now),
      ...(card === null ? [] : [this.#cards.writing(owner, card, now)]),
      ...this.#privates.writing(owner, privates),
      ...nodes.statements,
    ]
    const waiting = fittingIn(user.offline, offlineLimits(offline).known)
    const entries = await this.#bring(user, waiting)
    const rows = this.#offline.additions(
      owner,
      waiting.map(({ packet }) => ({ packet, entry: entries.get(packet)! })),
    )
    try {
      await database.atomically([...before, ...rows])
      return waiting.length
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return null
      throw error
    }
  }
}
