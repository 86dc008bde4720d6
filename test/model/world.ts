/**
 * The world that a script is played in: servers, the network between them, and clients. It does each step, lets what
 * follows from it happen, and keeps what is true: who is there, who may see whom, what is broken.
 */
import { ManualClock } from '../../src/base/manual-clock.ts'
import { Zone } from '../support/site.ts'
import { item, rosterSet } from '../support/stanzas.ts'
import { Device } from './device.ts'
import { Network } from './network.ts'
import { Place } from './place.ts'
import type { Setting, Step } from './script.ts'
import { Subscriptions, type RosterView } from './subscriptions.ts'
import type { Notice } from './view.ts'

/** A session waits so long for its client: the default. */
export const RESUME_MS = 300_000
/** Turns of the event loop in which nothing has moved: nothing is under way any more. */
const QUIET_TURNS = 8
const TURNS_MAX = 2000
const SECOND = 1000
/** Longer than the pause between two attempts to connect. */
const AT_REST_MS = 60 * SECOND
const LAST_WORDS: ReadonlySet<Step['what']> = new Set(['drop', 'close', 'kill', 'restart'])

type Relation = Extract<Step, { readonly user: string }>

export class World {
  readonly clock = new ManualClock()
  readonly places = new Map<string, Place>()
  readonly network: Network
  readonly devices: readonly Device[]
  readonly subscriptions = new Subscriptions()
  /** Whom each user has blocked. */
  readonly blocked = new Map<string, Set<string>>()
  /** When something was last wrong with a site or a link, by site or pair of sites. */
  readonly #troubles = new Map<string, number>()
  /** When each site was last killed. */
  readonly #kills = new Map<string, number>()
  /** Grows whenever what two users may see of each other is changed. */
  readonly #epochs = new Map<string, number>()
  readonly #setting: Setting
  #ids = 0
  /** Nothing is under way that can move. */
  #isSettled = false

  constructor(setting: Setting, heard: (device: Device, notice: Notice) => void) {
    const zone = new Zone()
    this.#setting = setting
    this.network = new Network(zone)
    const around = { zone, network: this.network, clock: this.clock, domains: setting.sites }
    for (const domain of setting.sites) this.places.set(domain, new Place(domain, around))
    this.devices = setting.devices.map(
      (device) =>
        new Device(device, {
          now: () => this.clock.now(),
          authenticated: (user) => this.placeOf(user).authenticated(user),
          heard,
        }),
    )
  }
  /** Servers run, rosters are as they are from the beginning, nobody is there yet. */
  async begin(): Promise<void> {
    for (const place of this.places.values()) await place.start()
    for (const user of this.#setting.users) await this.placeOf(user).site!.story.account(user)
    for (const [one, other] of this.#setting.friends) {
      await this.placeOf(one).site!.story.contact(one, other, 'both')
      await this.placeOf(other).site!.story.contact(other, one, 'both')
      this.subscriptions.befriend(one, other)
    }
  }
  placeOf(address: string): Place {
    return this.places.get(domainOf(address))!
  }
  async end(): Promise<void> {
    for (const device of this.devices) device.phone.drop()
    for (const place of this.places.values()) await place.end()
  }

  async step(step: Step): Promise<void> {
    // What is on its way to a client's own server gets there before either is gone
    if (LAST_WORDS.has(step.what)) await this.settle()
    await this.#do(step)
    this.#isSettled = false
    if (step.isHurried !== true) await this.settle()
  }
  async pass(span: number): Promise<void> {
    for (let rest = span; rest > 0; rest -= SECOND) {
      this.clock.advance(Math.min(rest, SECOND))
      await this.#rest()
    }
    if (span === 0) await this.#rest()
    this.#isSettled = true
  }
  /** Until nothing is under way that can move. */
  async settle(): Promise<void> {
    if (this.#isSettled) return
    await this.#rest()
    this.#isSettled = true
  }

  async #rest(): Promise<void> {
    let last = -1
    for (let turn = 0, quiet = 0; quiet < QUIET_TURNS; turn++, quiet++) {
      if (turn > TURNS_MAX) throw new Error('it does not come to rest')
      await new Promise<void>((next) => void setImmediate(next))
      for (const { phone } of this.devices) phone.pump()
      const moved = this.#moved()
      if (moved !== last) quiet = 0
      last = moved
    }
  }

  // What is true

  isBlocked(by: string, whom: string): boolean {
    return this.blocked.get(by)?.has(whom) === true
  }
  /** Does nothing that one site says get to the other, or is one of them gone? */
  isBroken(one: string, other: string): boolean {
    if (this.places.get(one)!.site === null || this.places.get(other)!.site === null) return true
    return one !== other && (this.network.isCut(one, other) || this.network.isHeld(one, other) || this.network.isHeld(other, one))
  }
  /** When something was last wrong between the two, or with one of them; 0: never. */
  troubledAt(one: string, other: string): number {
    return Math.max(0, ...[one, other, pairOf(one, other)].map((key) => this.#troubles.get(key) ?? 0))
  }
  /** 0: never. */
  killedAt(site: string): number {
    return this.#kills.get(site) ?? 0
  }
  epochOf(one: string, other: string): number {
    return this.#epochs.get(pairOf(one, other)) ?? 0
  }
  /** As clients are shown it; null: their server is gone. */
  async roster(user: string): Promise<RosterView | null> {
    const site = this.placeOf(user).site
    if (site === null) return null
    return (await site.host.accounts.load(user))?.roster ?? null
  }
  /** Do the rosters of both say so just now? Nobody knows of those that are not in memory. */
  isSubscribed(watcher: string, contact: string): boolean {
    if (watcher === contact) return true
    const rosterOf = (user: string) => this.placeOf(user).site?.host.accounts.get(user)?.roster
    return rosterOf(watcher)?.isSubscribedTo(contact) === true && rosterOf(contact)?.isSubscriber(watcher) === true
  }
  get errors(): readonly object[] {
    return [...this.places.values()].flatMap((place) => [...place.errors, ...(place.site?.story.errors ?? [])])
  }
  /** Everything works again, and who is away comes back. */
  async mend(): Promise<void> {
    const { sites, devices } = this.#setting
    for (const site of sites) await this.step({ what: 'start', site })
    for (const one of sites) for (const other of sites) if (one < other) await this.step({ what: 'heal', one, other })
    for (const { jid } of devices) {
      const device = this.device(jid)
      if (device.session.is === 'lost') await this.step({ what: 'connect', who: jid })
      await this.step({ what: 'look', who: jid })
    }
  }
  device(jid: string): Device {
    return this.devices.find((device) => device.jid === jid)!
  }

  async #do(step: Step): Promise<void> {
    switch (step.what) {
      case 'connect':
        return this.placeOf(step.who).site === null ? undefined : this.device(step.who).connect()
      case 'drop': {
        const device = this.device(step.who)
        return device.drop(device.isManaged ? this.clock.now() + RESUME_MS : null, true)
      }
      case 'close':
        return this.device(step.who).close()
      case 'away':
        return this.device(step.who).away()
      case 'show':
        return this.device(step.who).show()
      case 'hide':
        return this.device(step.who).hide()
      case 'look':
      case 'look-away':
        return this.device(step.who).look(step.what === 'look')
      case 'direct':
        // What is sent to who is blocked is refused
        return this.#isBlockedEitherWay(step.who, step.to) ? undefined : this.device(step.who).direct(step.to)
      case 'undirect':
        return this.#isBlockedEitherWay(step.who, step.to) ? undefined : this.device(step.who).undirect(step.to)
      case 'subscribe':
      case 'subscribed':
      case 'unsubscribe':
      case 'unsubscribed':
      case 'remove':
      case 'block':
      case 'unblock':
        return this.#relate(step)
      case 'cut':
        this.#trouble(step.one, step.other)
        return this.network.cut(step.one, step.other)
      case 'hold':
        this.#trouble(step.from, step.to)
        return this.network.hold(step.from, step.to)
      case 'heal':
        if (this.isBroken(step.one, step.other)) this.#trouble(step.one, step.other)
        return this.network.heal(step.one, step.other)
      case 'kill':
        return this.#kill(step.site)
      case 'restart':
        return this.#restart(step.site)
      case 'start':
        return this.#start(step.site)
      case 'wait':
        return this.pass(step.span)
    }
  }
  #relate({ what, user, other }: Relation): void {
    const device = this.devices.find((one) => one.bare === user && one.isConnected)
    if (device === undefined) return
    const pair = pairOf(user, other)
    this.#epochs.set(pair, (this.#epochs.get(pair) ?? 0) + 1)
    const id = `i${(this.#ids += 1)}`
    if (what !== 'block' && what !== 'unblock') {
      if (this.#isBlockedEitherWay(user, other)) return
      if (this.#isAtRest(device.domain, domainOf(other))) this.subscriptions.gotThrough(user, other)
      this.subscriptions.step(what, user, other, this.#isAtRest(device.domain, domainOf(other)))
      const remove = rosterSet(id, item(other, `subscription='remove'`))
      return device.request(what === 'remove' ? remove : `<presence to='${other}' type='${what}'/>`)
    }
    const blocked = this.blocked.get(user) ?? new Set()
    this.blocked.set(user, blocked)
    if (what === 'block') blocked.add(other)
    else blocked.delete(other)
    // XEP-0191 3.3: who is blocked is forgotten where they were remembered
    if (what === 'block')
      for (const one of this.devices)
        if (one.bare === user)
          for (const to of [...one.directed.keys()]) if (to === other || to.startsWith(`${other}/`)) one.directed.delete(to)
    device.request(`<iq type='set' id='${id}'><${what} xmlns='urn:xmpp:blocking'><item jid='${other}'/></${what}></iq>`)
  }
  /** Nothing between the two has been wrong for so long that whatever waited has got through. */
  #isAtRest(one: string, other: string): boolean {
    return this.#isSettled && !this.isBroken(one, other) && this.clock.now() - this.troubledAt(one, other) >= AT_REST_MS
  }
  #isBlockedEitherWay(one: string, other: string): boolean {
    const [a, b] = [bareOf(one), bareOf(other)]
    return this.isBlocked(a, b) || this.isBlocked(b, a)
  }

  /** What it had written down of sessions counts from when it is there again. */
  #kill(site: string): void {
    const place = this.places.get(site)!
    if (place.site === null) return
    for (const device of this.#at(site)) {
      if (device.isConnected) device.drop(device.isManaged ? Infinity : null, false)
      else device.unsure(Infinity)
    }
    place.kill()
    this.#kills.set(site, this.clock.now())
    this.#trouble(site, site)
  }
  async #restart(site: string): Promise<void> {
    const place = this.places.get(site)!
    if (place.site === null) return
    for (const device of this.#at(site)) device.lose(device.isManaged ? this.clock.now() + RESUME_MS : null, true)
    await place.stop((span) => this.pass(span))
    for (const { phone } of this.#at(site)) phone.drop()
    await place.start()
    this.#trouble(site, site)
  }
  async #start(site: string): Promise<void> {
    const place = this.places.get(site)!
    if (place.site !== null) return
    await place.start()
    for (const device of this.#at(site)) device.unsure(this.clock.now() + RESUME_MS)
    this.#trouble(site, site)
  }
  #at(site: string): readonly Device[] {
    return this.devices.filter(({ domain }) => domain === site)
  }
  #trouble(one: string, other: string): void {
    this.#troubles.set(one === other ? one : pairOf(one, other), this.clock.now())
  }
  #moved(): number {
    let sum = this.network.moved
    for (const place of this.places.values()) sum += place.writes
    for (const { received } of this.devices) sum += received.length
    return sum
  }
}

export const bareOf = (jid: string): string => jid.replace(/\/.*/, '')
export const domainOf = (jid: string): string => bareOf(jid).replace(/^.*@/, '')
const pairOf = (one: string, other: string): string => [one, other].toSorted().join(' ')
