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
import { Delivering, isWilling } from './delivering.ts'
import { offlineLimits, offlineSettings } from './settings.ts'
import { Shares } from './shares.ts'
import { migrations, OfflineMessages, type OfflineLimits } from './store.ts'
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
    const offline = new Offline(host, new OfflineMessages(host.database), offlineLimits(settings))
    host.toAccount('offline-turn', (context) => offline.turn(context))
    host.toAccount('offline', (context) => offline.store(context))
    host.on('presence-changed', ({ session, before }) => {
      if (isWilling(session) && (before === null || readPresence(before).priority < 0)) offline.deliver(session.account)
    })
    host.on('visibility-changed', ({ session }) => {
      if (session.invisible && isWilling(session)) offline.deliver(session.account)
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
  readonly #delivering: Delivering

  constructor(host: Host, store: OfflineMessages, limits: OfflineLimits) {
    this.#host = host
    this.#store = store
    this.#limits = limits
    this.#shares = new Shares(host.router, host.parties)
    this.#dropped = host.metrics.counter(
      'porchlight_strangers_messages_dropped_total',
      'Messages of strangers that were not stored because those have used up their share',
    )
    this.#delivering = new Delivering(host, store)
  }
  /** A message that may be stored goes behind stored ones, or is stored because the sessions have no room; others need not wait. */
  turn(context: ToAccount): Verdict | Promise<Verdict> {
    const { account, packet } = context
    if (packet.kind !== 'message' || NEVER_STORED.has(packet.type)) return 'next'
    const named = packet.to!.isBare ? undefined : account.session(packet.to!.resource)
    const addressee = named?.vacant === true ? undefined : named
    const isFull = (session: Session): boolean => !hasRoomFor(account, session, packet)
    const isCrowded = addressee === undefined ? account.sessions.some((s) => isWilling(s) && isFull(s)) : isFull(addressee)
    if (!isCrowded && addressee !== undefined && !isWilling(addressee)) return 'next'
    const isInLine = isCrowded || this.#delivering.isInLine(account, packet.from)
    if (typeof isInLine !== 'boolean') return isInLine.then(() => this.turn(context))
    if (!isInLine || storingOf(packet) !== 'store') return 'next'
    return this.#append(account, packet).finally(() => this.#delivering.begin(account))
  }
  /** The sender's next stanza waits until this one is on disk. */
  store({ account, packet, delivered }: ToAccount): Verdict | Promise<Verdict> {
    if (delivered.length > 0) return 'next'
    switch (storingOf(packet)) {
      case 'drop':
        return 'done'
      case 'refuse':
        // RFC 6121 8.1: a sender who may not see the user must not learn that the account exists and that the user is away
        if (maySee(account, packet.from)) throw new StanzaError('service-unavailable')
        return 'done'
      case 'store':
        return this.#append(account, packet)
    }
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

  async #append(account: LocalAccount, packet: Packet): Promise<Verdict> {
    const share = this.#shares.of(account, packet.from)
    this.#delivering.arriving(account, share.pool === 'known')
    if (await this.#store.append(account.bare.bare, packet, this.#host.clock.now(), this.#limits, share)) return 'done'
    if (share.pool === 'known')
      throw new StanzaError('service-unavailable', { text: 'Too many messages are stored for this account' })
    this.#dropped.value += 1
    return 'done' // RFC 6121 8.1: as without such an account
  }
}

/** RFC 6121 8.5.2.2: types that are useless later. */
const NEVER_STORED: ReadonlySet<string> = new Set(['groupchat', 'headline', 'error'])
