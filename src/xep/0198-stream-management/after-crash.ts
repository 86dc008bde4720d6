/**
 * What a session was sent after it was last stored is lost with the server, but the messages among it are in the archive of the
 * account. After a start, a session that waits for its client has them in its queue again, so that the client that resumes has no
 * gap. What a relic may have lost is delivered to the account: its client logs in anew.
 */
import type { Millis } from '../../base/clock.ts'
import { deliverMessage, maySee } from '../../im/delivery.ts'
import type { KeptMessage } from '../../server/account-archive.ts'
import { pagesFrom, type ArchiveRange } from '../../server/archive.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Changed } from '../../server/keeping/kept-states.ts'
import { withDelay } from '../../xmpp/delay.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { stanzaIdBy, withStanzaId } from '../../xmpp/stanza-id.ts'
import { readdressed } from './unreceived.ts'

/** A session from before the crash. */
interface Restored {
  readonly session: Session
  readonly isRelic: boolean
  /** The ids, in the archive of the account, of messages that are in its queue. */
  readonly has: ReadonlySet<string>
}

const PAGE = 100
/** Accounts that are looked at together. */
const AT_ONCE = 100
/**
 * How far before the last time at which all was stored a message may have come that was not stored: it waits a second before it
 * counts as not acknowledged, and may have been on its way to the archive.
 */
const UNSTORED_MS: Millis = 1500
/** How long before it was bound a message may have come that a session was sent: the archive stores it before it is delivered. */
const BINDING_MS: Millis = 250
const NOBODY: ReadonlySet<string> = new Set()

export class AfterCrash {
  readonly #host: Host
  readonly #restored = new Map<LocalAccount, Restored[]>()
  readonly #changed: Changed<'stored'>
  /** Messages were delivered after sessions were last stored, or nothing was stored yet. */
  #hasDelivered = true
  /** When sessions were last stored, before the crash too; null: never. */
  #storedAt: Millis | null = null

  constructor(host: Host) {
    this.#host = host
    this.#changed = host.keep.service<Millis>({
      name: 'stream-management',
      version: 1,
      things: () => ['stored'],
      save: (_, when) => (when === 'while running' ? this.#storedAt : null),
      load: (_, at) => void (this.#storedAt = at),
    })
    host.on('sessions-stored', ({ at }) => {
      if (!this.#hasDelivered) return // nothing depends on the time
      this.#hasDelivered = false
      this.#storedAt = at
      this.#changed('stored')
    })
  }
  /** A message was delivered to a session. */
  delivered(): void {
    this.#hasDelivered = true
  }
  /** The session is there again, with these stanzas in its queue. */
  restored(session: Session, queue: Iterable<{ readonly packet: Packet }>): void {
    const { account } = session
    const has = new Set<string>()
    for (const { packet } of queue) {
      const id = packet.kind === 'message' ? stanzaIdBy(packet, account.bare) : undefined
      if (id !== undefined) has.add(id)
    }
    const isRelic = this.#host.relics.isRelic(session)
    this.#restored.set(account, [...(this.#restored.get(account) ?? []), { session, isRelic, has }])
  }
  /** All sessions are restored. Done before any client can connect. */
  async queueAgain(): Promise<void> {
    const heard = await this.#heardOf()
    const accounts = [...this.#restored].filter(
      ([{ bare }, sessions]) => heard.has(bare.bare) || sessions.some(({ isRelic }) => !isRelic),
    )
    this.#restored.clear()
    for (let i = 0; i < accounts.length; i += AT_ONCE)
      await Promise.all(accounts.slice(i, i + AT_ONCE).map(([account, sessions]) => this.#ofAccount(account, sessions)))
  }

  /** Accounts whose relics may have lost messages. */
  async #heardOf(): Promise<ReadonlySet<string>> {
    if (this.#storedAt === null || this.#restored.size === 0) return NOBODY
    try {
      return await this.#host.stores.accountArchive.ownersSince(this.#storedAt - UNSTORED_MS)
    } catch (error) {
      this.#unread(error)
      return NOBODY
    }
  }
  async #ofAccount(account: LocalAccount, sessions: readonly Restored[]): Promise<void> {
    try {
      await this.#search(account, sessions)
    } catch (error) {
      this.#unread(error)
    }
  }
  #unread(error: unknown): void {
    this.#host.log.error({ err: error }, 'Messages from just before the crash could not be read; they are in the archive')
  }
  async #search(account: LocalAccount, sessions: readonly Restored[]): Promise<void> {
    const { accountArchive } = this.#host.stores
    const start = Math.min(...sessions.map((one) => this.#since(one)))
    if (start === Infinity) return
    const filter = { withBare: null, withFull: null, start, end: null }
    const read = (range: ArchiveRange) => accountArchive.page(account.bare, { ...filter, ...range }, PAGE, 'first')
    for await (const page of pagesFrom(read, 'first'))
      for (const message of page) if (!message.isSent) await this.#again(account, sessions, message)
  }
  async #again(account: LocalAccount, sessions: readonly Restored[], { packet, id, at }: KeptMessage): Promise<void> {
    const delivery = deliverMessage(account, packet, maySee(account, packet.from))
    const to = delivery.kind === 'deliver' ? delivery.to : []
    const lacking = sessions.filter((one) => at >= this.#since(one) && !one.has.has(id))
    const waiting = lacking.filter(({ session }) => to.includes(session))
    for (const { session } of waiting) session.take(withStanzaId(withDelay(packet, account.bare.domain, at), account.bare, id))
    const isWithNobody = waiting.length === 0 && !sessions.some(({ has }) => has.has(id))
    if (isWithNobody && lacking.some(({ isRelic }) => isRelic))
      await this.#host.router.route(withStanzaId(readdressed(packet, at), account.bare, id))
  }
  /**
   * The client has received nothing since then, or nobody knows what. What came before a relic was bound, the sessions of then
   * have received or given back.
   */
  #since({ session, isRelic }: Restored): Millis {
    if (!isRelic) return session.pause!.since
    return this.#storedAt === null ? Infinity : Math.max(this.#storedAt - UNSTORED_MS, session.boundAt - BINDING_MS)
  }
}
