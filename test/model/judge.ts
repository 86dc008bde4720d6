/**
 * What each client has to believe when all is quiet: from RFC 6121 and the promises of docs/presence-truth.md, never from the
 * server's code.
 *
 * What it leaves open, since nothing says what is right:
 * - Whom a user has blocked they are told nothing of (XEP-0191 3.3): what their clients show of them may be old.
 * - Where two rosters do not agree since both users have changed something at the same time, either may be right: a refusal
 *   that crosses a request looks like the answer to it, and RFC 6121 has nothing to tell the two apart (A.3.2, A.3.4).
 * - Who tells a subscriber directly that they have gone, and has not, is shown again when somebody asks (4.6.3).
 * - Who sends presence directly and by subscription may be shown with what was said either way (4.6.3).
 * - What was sent directly may be forgotten by a server that is killed: nobody is told then, and who asks for
 *   annotations is left with the doubt.
 * - What was sent directly stays in doubt when the sender's server was killed, until it is said again
 *   (docs/decisions/029-doubt-until-confirmed.md).
 * - Whether a session that waited for its client has survived the death of its server, and with which presence, depends on what
 *   was written down.
 */
import type { Device } from './device.ts'
import type { RosterView } from './subscriptions.ts'
import type { Dot } from './view.ts'
import type { Kind, Witness } from './witness.ts'
import type { World } from './world.ts'

/** What may be seen of a device by another one. */
interface Sight {
  /** It must be seen, when nothing is broken. */
  readonly must: boolean
  readonly may: boolean
  /** By what was sent directly alone. */
  readonly isDirect: boolean
}
const UNSEEN: Sight = { must: false, may: false, isDirect: false }

/** Around the end of a session that waits, either is right. */
const SLACK_MS = 15_000

export class Judge {
  readonly #world: World
  readonly #witness: Witness
  /** Of users whose server runs. */
  #rosters: ReadonlyMap<string, RosterView> = new Map()

  constructor(world: World, witness: Witness) {
    this.#world = world
    this.#witness = witness
  }

  /** All is quiet. @param isMended and nothing is broken, so that what was said has got through */
  async quiet(isMended: boolean): Promise<void> {
    const world = this.#world
    this.#rosters = await this.#readRosters()
    for (const watcher of world.devices) {
      if (!watcher.takesPart || !watcher.isLooking) continue
      for (const device of world.devices) if (device !== watcher) this.#check(watcher, device)
    }
    if (isMended) this.#checkSubscriptions()
    for (const error of world.errors) this.#witness.found('error', '', '', JSON.stringify(error))
  }

  async #readRosters(): Promise<ReadonlyMap<string, RosterView>> {
    const rosters = new Map<string, RosterView>()
    for (const user of new Set(this.#world.devices.map(({ bare }) => bare))) {
      const roster = await this.#world.roster(user)
      if (roster !== null) rosters.set(user, roster)
    }
    return rosters
  }
  #checkSubscriptions(): void {
    for (const [watcher, watchers] of this.#rosters)
      for (const [contact, contacts] of this.#rosters) {
        if (watcher === contact) continue
        const fault = this.#world.subscriptions.fault(watcher, contact, watchers, contacts)
        if (fault !== null) this.#witness.found('subscription', watcher, contact, fault)
      }
  }

  /** Null: nobody can say what is right. */
  #sight(watcher: Device, device: Device): Sight | null {
    const world = this.#world
    if (world.isBlocked(watcher.bare, device.bare)) return null
    if (device.session.is === 'none' || world.isBlocked(device.bare, watcher.bare)) return UNSEEN
    const names = [watcher.jid, watcher.bare]
    const isDirect = names.some((to) => device.directed.has(to))
    if (device.presence !== null) {
      const isOwn = device.bare === watcher.bare
      const wants = isOwn || this.#rosters.get(watcher.bare)?.isSubscribedTo(device.bare) === true
      const shows = isOwn || this.#rosters.get(device.bare)?.isSubscriber(watcher.bare) === true
      if (wants !== shows || (wants && names.some((to) => device.denied.has(to)))) return null
      if (wants) return { must: true, may: true, isDirect: false }
    }
    return isDirect ? { must: false, may: true, isDirect: true } : UNSEEN
  }
  #check(watcher: Device, device: Device): void {
    const sight = this.#sight(watcher, device)
    const dot = watcher.view.dots.get(device.jid)
    const found = (kind: Kind, words: string): void => this.#witness.found(kind, watcher.jid, device.jid, words)
    const isDoubted = dot !== undefined && dot.doubts.size > 0
    if (isDoubted && !watcher.asks) found('false doubt', 'annotated for who does not ask')
    if (sight === null) return
    if (this.#world.isBroken(watcher.domain, device.domain)) {
      if (dot !== undefined && watcher.asks && !isDoubted) found('no doubt', `${dot.content} behind a link that is broken`)
    } else if (dot === undefined) {
      if (sight.must && this.#isSure(device)) found('not shown', `is there: ${device.presence}`)
    } else if (this.#isOver(device) !== false || !sight.may) {
      if (this.#isOver(device) === null) return
      if (!this.#mayBeForgotten(watcher, device, sight, isDoubted)) found('ghost', `${dot.content}, and is not there`)
    } else this.#checkDot(watcher, device, dot, sight, found)
  }
  #checkDot(
    watcher: Device,
    device: Device,
    { content, doubts }: Dot,
    { isDirect }: Sight,
    found: (kind: Kind, words: string) => void,
  ): void {
    const { session } = device
    const isDoubted = doubts.size > 0
    const contents = [device.presence, ...device.directed.values()]
    const isWritten = session.is !== 'lost' || session.isSure
    if (isWritten && !contents.includes(content)) found('old', `${content} in place of ${contents.join(' or ')}`)
    if (!watcher.asks) return
    const isUnrepeated = isDirect && this.#world.killedAt(device.domain) >= this.#witness.shownAt(watcher, device.jid)
    if (session.is === 'connected' && isDoubted && !isUnrepeated) found('false doubt', `${content}, and nothing is wrong`)
    if (session.is === 'lost' && !isDoubted && this.#mustBeTold(watcher, device))
      found('no doubt', `${content}, and the session waits for its client`)
  }
  /** Is it certain that its session is there? */
  #isSure({ session }: Device): boolean {
    const isWaiting = session.is === 'lost' && session.isSure && this.#world.clock.now() < session.until - SLACK_MS
    return session.is === 'connected' || isWaiting
  }
  /** Null: either is right. */
  #isOver({ session }: Device): boolean | null {
    if (session.is !== 'lost') return session.is === 'none'
    const late = this.#world.clock.now() - session.until
    return Math.abs(late) <= SLACK_MS ? null : late > 0
  }
  /** Nobody tells who was told directly by somebody whose server has died since, or could not be reached. */
  #mayBeForgotten(watcher: Device, device: Device, { isDirect }: Sight, isDoubted: boolean): boolean {
    const isTroubled = this.#world.troubledAt(watcher.domain, device.domain) >= this.#witness.shownAt(watcher, device.jid)
    return device.wasDirect && !isDirect && isTroubled && (isDoubted || !watcher.asks)
  }
  /** A server tells those elsewhere of a pause whose presence it has, since only that says that they ask (PSA-22). */
  #mustBeTold(watcher: Device, device: Device): boolean {
    if (watcher.domain === device.domain) return true
    return watcher.presence !== null && this.#sight(device, watcher)?.must === true
  }
}
