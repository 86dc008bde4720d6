/**
 * XEP-0160: messages that no resource could receive are stored, and delivered when the account next has a resource with
 * non-negative priority. RFC 6121 8.5 (`im/delivery.ts`) decides which messages may be stored at all; of these, `storing.ts`
 * decides here.
 */
import type { Counter } from '../../base/metrics.ts'
import { maySee } from '../../im/delivery.ts'
import { readPresence } from '../../im/presence.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { ToAccount } from '../../server/pipeline/contexts.ts'
import { hasRoomFor } from '../../server/account/crowding.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Session } from '../../server/account/session.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { stanzaIdBy, withStanzaId } from '../../xmpp/stanza-id.ts'
import { ArchiveFirst, type Chance } from './archive-first.ts'
import { Delivering, isWilling } from './delivering.ts'
import { offlineLimits, offlineSettings } from './settings.ts'
import { Shares, type Share } from './shares.ts'
import { OfflineMessages, type OfflineLimits } from './store.ts'
import { migrations } from './tables.ts'
import { storingOf } from './storing.ts'

export const offlineMessages = defineFeature({
  name: 'offline-messages',
  specs: [
    xep(160, 'Best Practices for Handling Offline Messages', '1.0.1'),
    xep(334, 'Message Processing Hints', '1.0.0', 'complete', 'Hints are heeded by offline storage and carbons.'),
  ],
  settings: offlineSettings,
  async install(host, settings) {
    await host.database.migrate('xep-0160', migrations)
    const store = new OfflineMessages(host.database, host.stores.accountArchive)
    await store.takeOver()
    const archiveFirst = new ArchiveFirst({
      clock: host.clock,
      store,
      waitMs: settings['archive-wait'],
      slot: host.sessionSlot<Chance | null>('archive-first', 'forgotten', () => null),
      left: (account) => offline.leftToArchive(account),
      over: (account) => offline.deliver(account),
      failed: (err) => host.log.error({ err }, 'Messages that a client reads in its archive are delivered again'),
      mayRead: ({ bare }) => {
        const { labels } = host
        return labels === null ? null : (packet) => labels.whyUnread(bare, packet) === null
      },
    })
    const offline = new Offline(host, store, offlineLimits(settings), archiveFirst)
    host.streamFeatures.whileBinding.push((account) => archiveFirst.binding(account))
    host.on('archive-asked', ({ session }) => archiveFirst.asked(session))
    host.on('session-ending', ({ session }) => archiveFirst.ended(session))
    // XEP-0313 6.1.1: what a client has found there before it became available it does not get a second time
    host.on('archive-read', ({ session, positions }) => {
      if (session.presence === null) offline.found(session.account.bare.bare, positions, session.account)
    })
    host.on('archive-followed', ({ owner, positions }) => offline.found(owner, positions))
    host.toAccount('offline-turn', (context) => offline.turn(context), { kinds: ['message'] })
    host.toAccount('offline', (context) => offline.store(context), { kinds: ['message'] })
    host.on('archive-shortened', ({ owner, edge }) => edge > 0 && offline.shorten(owner, edge))
    host.on('kept-message-withheld', ({ account, packet }) => host.router.busyWith(offline.waitOn(account, packet)))
    host.on('presence-changed', ({ session, before }) => {
      if (isWilling(session) && (before === null || readPresence(before).priority < 0)) offline.available(session)
    })
    host.on('visibility-changed', ({ session }) => {
      if (session.invisible && isWilling(session)) offline.available(session)
    })
    // Also when an account is created: a message may have been on its way to the store while the old account was deleted.
    for (const change of ['account-created', 'account-deleted'] as const) host.on(change, ({ jid }) => offline.forget(jid.bare))
    host.disco.server.features.push('msgoffline')
  },
})

class Offline {
  readonly #host: Host
  readonly #store: OfflineMessages
  readonly #limits: OfflineLimits
  readonly #shares: Shares
  readonly #dropped: Counter
  readonly #archiveFirst: ArchiveFirst
  readonly #delivering: Delivering

  constructor(host: Host, store: OfflineMessages, limits: OfflineLimits, archiveFirst: ArchiveFirst) {
    this.#host = host
    this.#store = store
    this.#limits = limits
    this.#shares = new Shares(host.router, host.parties)
    this.#dropped = host.metrics.counter(
      'porchlight_strangers_messages_dropped_total',
      'Messages of strangers that were not stored because those have used up their share',
    )
    this.#archiveFirst = archiveFirst
    this.#delivering = new Delivering(host, store, archiveFirst)
  }
  /** A message that may be stored goes behind stored ones, or is stored because the sessions have no room; others need not wait. */
  turn(context: ToAccount): Verdict | Promise<Verdict> {
    const { account, packet } = context
    if (NEVER_STORED.has(packet.type)) return 'next'
    const named = packet.to!.isBare ? undefined : account.session(packet.to!.resource)
    const addressee = named?.vacant === true ? undefined : named
    const isFull = (session: Session): boolean => !hasRoomFor(account, session, packet)
    const isCrowded = addressee === undefined ? account.sessions.some((s) => isWilling(s) && isFull(s)) : isFull(addressee)
    if (!isCrowded && addressee !== undefined && !isWilling(addressee)) return 'next'
    const isInLine = isCrowded || this.#delivering.isInLine(account, packet.from)
    if (typeof isInLine !== 'boolean') return isInLine.then(() => this.turn(context))
    if (!isInLine || storingOf(packet) !== 'store') return 'next'
    return this.#append(context)
      .then((): Verdict => 'done')
      .finally(() => this.#delivering.begin(account))
  }
  /** The sender's next stanza waits until this one is on disk. */
  store(context: ToAccount): Verdict | Promise<Verdict> {
    const { account, packet, delivered } = context
    if (delivered.some((one) => one.keepsMessages)) return 'next'
    const storing = storingOf(packet)
    // What only passes by is not missed. A text that no archive has is shown by none of those that have taken it
    const isLost = storing === 'refuse' && packet.payload.child('body') !== undefined
    if (delivered.length > 0 && storing !== 'store' && !isLost) return 'next'
    switch (storing) {
      case 'drop':
        return 'done'
      case 'refuse':
        // RFC 6121 8.1: a sender who may not see the user must not learn that the account exists and that the user is away
        if (maySee(account, packet.from)) throw new StanzaError('service-unavailable')
        return 'done'
      case 'store':
        // Clients that take no part see a copy (XEP-0280)
        return this.#append(context).then((isStored) => (isStored ? 'next' : 'done'))
    }
  }
  /** The session wants messages. */
  available(session: Session): void {
    this.#archiveFirst.available(session)
    this.#delivering.available(session.account)
  }
  /** The account has a resource that wants messages. */
  deliver(account: LocalAccount): void {
    this.#delivering.begin(account)
  }
  forget(bare: string): void {
    const { log } = this.#host
    this.#store
      .clear(bare)
      .catch((error: unknown) => log.error({ err: error }, 'Stored messages of a deleted account could not be removed'))
  }

  shorten(owner: string, edge: number): void {
    const { log } = this.#host
    this.#store
      .shorten(owner, edge)
      .catch((error: unknown) => log.error({ err: error }, 'Messages that waited for too long are still counted'))
  }
  /** Messages of the archive wait no longer. */
  leftToArchive(account: LocalAccount): void {
    this.#delivering.changed(account)
  }
  /** @param account null: none of its clients has found them */
  found(bare: string, positions: ReadonlySet<number>, account: LocalAccount | null = null): void {
    const { log } = this.#host
    this.#store
      .found(bare, positions)
      .then(() => account !== null && this.leftToArchive(account))
      .catch((error: unknown) => log.error({ err: error }, 'Messages that a client has read in the archive are delivered again'))
  }

  /** A message in the archive, which is withheld by its label, comes when the user may have it. Without room for it, it stays in the archive. */
  async waitOn(account: LocalAccount, packet: Packet): Promise<void> {
    const { stores, log } = this.#host
    const { bare } = account
    if (NEVER_STORED.has(packet.type) || storingOf(packet) !== 'store') return
    try {
      const entry = await stores.accountArchive.positionOf(bare.bare, stanzaIdBy(packet, bare)!)
      if (entry === null) return
      const share = this.#shares.of(account, packet.from)
      const issued = (): void => this.#delivering.arriving(account, share.pool === 'known')
      await this.#store.appendKept(bare.bare, { entry, packet }, this.#limits, share, issued)
      this.#delivering.begin(account)
    } catch (error) {
      log.error({ err: error }, 'A message that its label withholds is only in the archive')
    }
  }

  /** False: it was dropped. @throws StanzaError there is no room for it */
  async #append(context: ToAccount): Promise<boolean> {
    const { account, packet } = context
    const share = this.#shares.of(account, packet.from)
    if (await this.#keep(context, share)) {
      context.isStored = true
      this.#delivering.begin(account) // a resource may have come meanwhile
      return true
    }
    if (share.pool === 'known')
      throw new StanzaError('service-unavailable', { text: 'Too many messages are stored for this account' })
    this.#dropped.value += 1
    return false // RFC 6121 8.1: as without such an account
  }
  async #keep(context: ToAccount, share: Share): Promise<boolean> {
    const { account, packet, archiving } = context
    const { bare } = account.bare
    const { stores, clock } = this.#host
    const entry = archiving?.isKept === true ? await stores.accountArchive.positionOf(bare, archiving.id) : null
    const issued = (): void => this.#delivering.arriving(account, share.pool === 'known')
    if (entry !== null) return this.#store.appendKept(bare, { entry, packet }, this.#limits, share, issued)
    const at = clock.now()
    if (archiving !== null && !archiving.isKept) {
      const { id, along } = archiving
      const message = { packet, id, at, isSent: false, isArchived: true, along }
      if (await this.#store.append(bare, message, this.#limits, share, issued)) {
        context.packet = withStanzaId(packet, account.bare, id)
        return true
      }
    }
    const held = { packet, id: stores.accountArchive.newId(at), at, isSent: false, isArchived: false, along: () => [] }
    return this.#store.append(bare, held, this.#limits, share, issued)
  }
}

/** RFC 6121 8.5.2.2: types that are useless later. */
const NEVER_STORED: ReadonlySet<string> = new Set(['groupchat', 'headline', 'error'])
