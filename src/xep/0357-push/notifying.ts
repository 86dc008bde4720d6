/** Which devices of an account are away, and the notifications of their push services. */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Host } from '../../server/feature.ts'
import type { ToAccount } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { PushService } from '../../server/ports.ts'
import { jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { errorIn } from '../../xmpp/stanza-error.ts'
import { clientStatesOf, type ClientStates } from '../0352-client-state-indication/index.ts'
import { isWorthPushing, outcomeOf, Waking } from './machine.ts'
import { notification } from './request.ts'

export interface NotifyingLimits {
  readonly intervalMs: Millis
  readonly unreadMs: Millis
}

const SECOND: Millis = 1000
/** How long after its arrival a message is stored, or its loss is known. */
const SOON_MS: Millis = 200
/** Failures in a row after which a service is left alone for a while, and how long. */
const FAILURES_MAX = 5
const LEFT_ALONE_MS: Millis = 3_600_000
/** Devices whose pace is known; beyond it the one that was notified longest ago begins anew. */
const DEVICES_MAX = 20_000
const NONE: readonly PushService[] = []

/** 'away': nothing reaches it. 'inactive': its user does not look (XEP-0352). */
type Whereabouts = 'here' | 'inactive' | 'away'

export class Notifying {
  readonly #host: Host
  readonly #limits: NotifyingLimits
  readonly #states: ClientStates
  readonly #services: Slot<LocalAccount, readonly PushService[]>
  /** The account has services from now on, or no longer. */
  readonly #chosen: (account: LocalAccount) => void
  readonly #wakings: BoundedMap<string, Waking>
  /** Failures in a row, by service. */
  readonly #failures = new BoundedMap<string, { count: number; until: Millis }>(DEVICES_MAX)
  readonly #learnt: ((account: LocalAccount) => void)[] = []
  readonly #sent: Counter
  readonly #failed: Counter

  constructor(host: Host, limits: NotifyingLimits) {
    this.#host = host
    this.#limits = limits
    this.#states = clientStatesOf(host)
    this.#wakings = new BoundedMap(DEVICES_MAX)
    this.#services = host.accountSlot<readonly PushService[]>('push', 'learnt again', () => NONE)
    this.#sent = host.metrics.counter('porchlight_pushes_total', 'Notifications for push services (XEP-0357)')
    this.#failed = host.metrics.counter(
      'porchlight_pushes_failed_total',
      'Notifications that a push service has refused or not answered',
    )
    host.alsoLoad((bare) => this.#load(bare))
    this.#chosen = host.toAccount('push', (context) => this.#arrives(context), {
      kinds: ['message', 'iq'],
      isFor: (account) => account.get(this.#services) !== NONE,
    })
    host.on('roster-changed', ({ account, change }) => {
      const isNew = change.pending !== null && host.clock.now() - change.pending.receivedAt < SECOND
      if (isNew && account.disabled === null) this.#came(account, account.get(this.#services), false)
    })
    host.on('session-paused', ({ session, why }) => why === 'stream-lost' && this.#paused(session))
    host.on('session-bound', ({ session }) => this.#back(session))
    host.on('session-resumed', ({ session }) => this.#back(session))
    this.#states.onActive((session) => this.#back(session))
    host.on('access-ended', ({ account }) => host.router.busyWith(this.#learnAgain(account.bare)))
  }
  /** `observer` is called when the services of an account may have changed. */
  onLearnt(observer: (account: LocalAccount) => void): void {
    this.#learnt.push(observer)
  }
  /** Reads the services of the account. */
  async learn(account: LocalAccount): Promise<void> {
    const give = await this.#load(account.bare.bare)
    give(account)
    for (const observer of this.#learnt) observer(account)
  }
  /** Services have gone from the store. */
  async #learnAgain(owner: string): Promise<void> {
    const account = this.#host.accounts.get(owner)
    if (account === undefined || account.get(this.#services) === NONE) return
    try {
      await this.learn(account)
    } catch (error) {
      this.#host.log.warn({ err: error, account: owner }, 'The push services of an account could not be read')
    }
  }
  /** The installation of the client; without one, its resource. */
  deviceOf(session: Session): string {
    return this.#host.relics.deviceOf(session) ?? `/${session.jid.resource}`
  }

  /** Is there a service that can wake the client of this session now? */
  reaches(session: Session): boolean {
    return this.#servicesOf(session).some((service) => !this.#isLeftAlone(service))
  }
  /** Is there one at all? */
  hasService(session: Session): boolean {
    return this.#servicesOf(session).length > 0
  }
  #servicesOf(session: Session): readonly PushService[] {
    const device = this.deviceOf(session)
    return session.account.get(this.#services).filter((service) => service.device === device)
  }

  async #load(bare: string): Promise<(account: LocalAccount) => void> {
    const services = await this.#host.stores.devices.pushes(bare)
    return (account) => {
      account.set(this.#services, services.length === 0 ? NONE : services)
      this.#chosen(account)
    }
  }
  #arrives({ account, packet }: ToAccount): Verdict {
    const services = account.get(this.#services)
    if (account.disabled === null && isWorthPushing(packet, account.bare.bare))
      this.#came(account, services, packet.kind === 'message')
    return 'next'
  }
  #came(account: LocalAccount, services: readonly PushService[], isMessage: boolean): void {
    for (const service of services) {
      const where = this.#whereabouts(account, service.device)
      if (where !== 'here') this.#wake(account, service, isMessage, where === 'away' ? SOON_MS : this.#limits.unreadMs)
    }
  }
  /** What the client has not acknowledged has not reached it. */
  #paused(session: Session): void {
    const { account } = session
    const services = this.#servicesOf(session)
    if (services.length === 0 || session.room.backlog === null) return
    for (const { packet } of session.room.backlog)
      if (isWorthPushing(packet, account.bare.bare))
        for (const service of services) this.#wake(account, service, packet.kind === 'message', SOON_MS)
  }
  #wake(account: LocalAccount, service: PushService, isMessage: boolean, afterMs: Millis): void {
    const { clock } = this.#host
    const key = keyOf(service)
    const waking = this.#wakings.get(key) ?? new Waking()
    this.#wakings.set(key, waking)
    const now = clock.now()
    const at = waking.came(isMessage, now + afterMs, this.#limits.intervalMs)
    if (at !== null) clock.after(at - now, () => void this.#notify(account.bare.bare, service, waking))
  }
  #back(session: Session): void {
    const device = this.deviceOf(session)
    for (const service of session.account.get(this.#services))
      if (service.device === device) this.#wakings.get(keyOf(service))?.back()
  }

  /** The store is asked again: the device may have been signed out meanwhile. */
  async #notify(owner: string, { service, node }: PushService, waking: Waking): Promise<void> {
    const { accounts, clock, log, stores } = this.#host
    if (!waking.isDue(clock.now())) return
    try {
      const known = (await stores.devices.pushes(owner)).find((one) => one.service === service && one.node === node)
      const account = accounts.get(owner)
      if (known === undefined) return void (await this.#learnAgain(owner))
      if (this.#isLeftAlone(known)) return
      if (account !== undefined && !this.#isMissed(account, known)) return
      waking.notified(clock.now())
      this.#send(known, waking.messages, account?.roster.pendingCount ?? 0)
    } catch (error) {
      log.warn({ err: error, account: owner }, 'A device could not be notified')
    }
  }
  /** Has something not reached the device? */
  #isMissed(account: LocalAccount, { device }: PushService): boolean {
    const where = this.#whereabouts(account, device)
    if (where !== 'inactive') return where === 'away'
    return this.#sessionsOf(account, device).some(({ room }) => room.unacknowledged > 0)
  }
  #whereabouts(account: LocalAccount, device: string): Whereabouts {
    let where: Whereabouts = 'away'
    for (const session of this.#sessionsOf(account, device)) {
      if (session.pause !== null || session.isAway) continue
      if (!this.#states.isInactive(session)) return 'here'
      where = 'inactive'
    }
    return where
  }
  #sessionsOf(account: LocalAccount, device: string): readonly Session[] {
    return account.sessions.filter((session) => this.deviceOf(session) === device)
  }

  #send(known: PushService, messages: number, requests: number): void {
    this.#sent.add(1)
    const payload = notification(known.node, known.options, { messages, requests })
    const from = jid(storedJid(known.owner).domain)
    const answered = (answer: Packet | null): void => this.#answered(known, answer)
    this.#host.ask(from, storedJid(known.service), payload, answered, undefined, 'set')
  }
  /** PUSH-4 */
  #answered(known: PushService, answer: Packet | null): void {
    const error = answer === null ? { condition: '', type: 'wait' } : answer.type === 'error' ? errorIn(answer) : null
    const outcome = outcomeOf(error)
    if (outcome === 'delivered') return void this.#failures.delete(keyOf(known))
    this.#failed.add(1)
    if (outcome === 'refused') return void this.#disable(known, error!.condition)
    const failures = this.#failures.get(keyOf(known)) ?? { count: 0, until: 0 }
    failures.count += 1
    if (failures.count >= FAILURES_MAX) {
      if (error!.type !== 'wait') return void this.#disable(known, error!.condition)
      failures.until = this.#host.clock.now() + LEFT_ALONE_MS
      failures.count = 0
    }
    this.#failures.set(keyOf(known), failures)
  }
  #isLeftAlone(known: PushService): boolean {
    return (this.#failures.get(keyOf(known))?.until ?? 0) > this.#host.clock.now()
  }
  async #disable({ owner, service, node }: PushService, condition: string): Promise<void> {
    const { accounts, log, stores } = this.#host
    log.info({ account: owner, service, condition }, 'A push service refuses notifications; the device is not notified any more')
    try {
      await stores.devices.disablePush(owner, service, node)
      const account = accounts.get(owner)
      if (account !== undefined) await this.learn(account)
    } catch (error) {
      log.warn({ err: error, account: owner }, 'A push service could not be forgotten; it is tried again')
    }
  }
}

const keyOf = ({ owner, service, node }: PushService): string => `${owner} ${service} ${node}`
