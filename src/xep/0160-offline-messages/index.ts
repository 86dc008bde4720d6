/**
 * XEP-0160: messages that no resource could get are stored, and delivered when the account next has a resource
 * with a priority that is not negative. Which messages may be stored at all is decided by RFC 6121 8.5
 * (`im/delivery.ts`); what is left of them here, by `storing.ts`.
 */
import type { Counter } from '../../base/metrics.ts'
import { isKnown } from '../../im/delivery.ts'
import { readPresence } from '../../im/presence.ts'
import type { LocalAccount } from '../../server/accounts.ts'
import type { ToAccount } from '../../server/contexts.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Verdict } from '../../server/pipeline.ts'
import type { Session } from '../../server/session.ts'
import type { Slot } from '../../server/slots.ts'
import type { Database } from '../../storage/database.ts'
import { DELAY, withDelay } from '../../xmpp/delay.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { Turnstile } from './queue.ts'
import { offlineLimits, offlineSettings } from './settings.ts'
import { Shares } from './shares.ts'
import { migrations, OfflineMessages, type OfflineLimits, type StoredMessage } from './store.ts'
import { storingOf } from './storing.ts'

/** Messages that are read, handed over and forgotten together. */
const BATCH = 50

export const offlineMessages = defineFeature<typeof offlineSettings, Database>({
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
    // Also when an account is made: a message may have been on its way into the store while the old one was deleted.
    for (const change of ['account-created', 'account-deleted'] as const) host.on(change, ({ jid }) => offline.forget(jid.bare))
    host.disco.serverFeatures.push('msgoffline')
  },
})

/** RFC 6121 4.7.2.3: a resource of negative priority wants no messages but those to itself. */
const isWilling = (session: Session): boolean => !session.ended && session.takesPart && session.priority >= 0

/** Of one account. */
interface Mailbox {
  readonly turnstile: Turnstile
  /** Messages that were sent to the store since the account is in memory. */
  arrived: number
  /** `arrived` as it was before the last reading that left nothing in the store. */
  emptiedAt: number | null
}

class Offline {
  readonly #host: Host<Database>
  readonly #store: OfflineMessages
  readonly #limits: OfflineLimits
  readonly #shares: Shares
  readonly #dropped: Counter
  readonly #mailboxes: Slot<LocalAccount, Mailbox>

  constructor(host: Host<Database>, store: OfflineMessages, limits: OfflineLimits) {
    this.#host = host
    this.#store = store
    this.#limits = limits
    this.#shares = new Shares(host.router, host.parties)
    this.#dropped = host.metrics.counter(
      'porchlight_strangers_messages_dropped_total',
      'Messages of strangers that were not stored because those have used up their share',
    )
    this.#mailboxes = host.accountSlot('offline-messages', () => ({
      turnstile: new Turnstile(),
      arrived: 0,
      emptiedAt: null,
    }))
  }
  /** What comes while stored messages are being delivered waits behind them. */
  turn({ account, packet }: ToAccount): Verdict | Promise<Verdict> {
    if (packet.kind !== 'message') return 'next'
    const { turnstile } = account.get(this.#mailboxes)
    return turnstile.isClosed ? turnstile.turn('next') : 'next'
  }
  /** The sender's next stanza waits until this one is on disk. */
  store({ account, packet, delivered }: ToAccount): Verdict | Promise<Verdict> {
    if (delivered.length > 0) return 'next'
    switch (storingOf(packet)) {
      case 'drop':
        return 'done'
      case 'refuse':
        // RFC 6121 8.1: a stranger must not learn that there is such an account and that nobody is there
        if (isKnown(account, packet.from)) throw new StanzaError('service-unavailable')
        return 'done'
      case 'store':
        return this.#append(account, packet)
    }
  }
  /** The account has a resource that wants messages. */
  deliver(account: LocalAccount): void {
    const mailbox = account.get(this.#mailboxes)
    if (mailbox.emptiedAt === mailbox.arrived) return
    mailbox.turnstile
      .close(() => this.#deliverAll(account, mailbox))
      .catch((error: unknown) =>
        this.#host.log.error({ err: error }, 'Stored messages could not be delivered; they stay in store'),
      )
  }
  forget(bare: string): void {
    const { log } = this.#host
    this.#store
      .clear(bare)
      .catch((error: unknown) => log.error({ err: error }, 'Stored messages of a deleted account could not be removed'))
  }

  async #append(account: LocalAccount, packet: Packet): Promise<Verdict> {
    account.get(this.#mailboxes).arrived += 1
    const share = this.#shares.of(account, packet.from)
    if (await this.#store.append(account.bare.bare, packet, this.#host.clock.now(), this.#limits, share)) return 'done'
    if (share.pool === 'known') throw new StanzaError('service-unavailable', { text: 'Too many messages wait there already' })
    this.#dropped.value += 1
    return 'done' // RFC 6121 8.1: as if there were no such account
  }
  /**
   * Nothing is stored while this runs: what arrives waits at the turnstile, and what was on its way into the
   * store when the resource became available is before our first reading in the order of statements.
   */
  async #deliverAll(account: LocalAccount, mailbox: Mailbox): Promise<void> {
    const { bare } = account.bare
    for (;;) {
      const { arrived } = mailbox
      const batch = await this.#store.first(bare, BATCH)
      const handedOver = this.#handOver(account, batch)
      if (handedOver > 0) await this.#store.drop(bare, batch[handedOver - 1]!.seq)
      if (handedOver === BATCH) continue
      if (handedOver === batch.length) mailbox.emptiedAt = arrived
      return
    }
  }
  /** How many of them a resource got: fewer than there are when the last one has left in between. */
  #handOver(account: LocalAccount, batch: readonly StoredMessage[]): number {
    let n = 0
    for (const message of batch) {
      const session = account.sessions.find(isWilling)
      if (session === undefined) break
      this.#host.deliver(session, delayed(message, account.bare.domain))
      n += 1
    }
    return n
  }
}

/** XEP-0203: since when we have it. Who stored it for us before, such as stream management, knows better. */
function delayed({ packet, receivedAt }: StoredMessage, domain: string): Packet {
  const isMarked = packet.payload.elements.some((e) => e.is('delay', DELAY) && e.attr('from') === domain)
  return isMarked ? packet : withDelay(packet, domain, receivedAt)
}
