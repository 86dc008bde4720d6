/**
 * What each client has to believe when all is quiet, and what it may not be told on the way: from RFC 6121 and the promises of
 * docs/presence-truth.md, never from the server's code.
 *
 * What it leaves open, since nothing says what is right:
 * - Whom a user has blocked they are told nothing of (XEP-0191 3.3): what their clients show of them may be old.
 * - Where the two rosters do not agree, either may be right: a refusal that crosses a second request looks like the answer
 *   to it, and RFC 6121 has nothing to tell the two apart (A.3.2, A.3.4).
 * - Who tells a subscriber directly that they have gone, and has not, is shown again when somebody asks (4.6.3).
 * - Who sends presence directly and by subscription may be shown with what was said either way (4.6.3).
 * - What was sent directly may be forgotten by a server that is killed: nobody is told then, and who asks for
 *   annotations is left with the doubt.
 * - Whether a session that waited for its client has survived the death of its server depends on what was written down.
 */
import type { Device } from './device.ts'
import type { Notice } from './view.ts'
import { domainOf, type World } from './world.ts'

export interface Violation {
  readonly kind: 'false offline' | 'ghost' | 'not shown' | 'old' | 'false doubt' | 'no doubt' | 'leak' | 'repeated' | 'error'
  readonly watcher: string
  readonly about: string
  readonly words: string
}

/** What may be seen of a device by another one. */
interface Sight {
  /** It must be seen, when nothing is broken. */
  readonly must: boolean
  readonly may: boolean
  /** By what was sent directly alone. */
  readonly isDirect: boolean
  /** Nobody can say what is right. */
  readonly isOpen: boolean
}
const OPEN: Sight = { must: false, may: true, isDirect: false, isOpen: true }
const UNSEEN: Sight = { must: false, may: false, isDirect: false, isOpen: false }

/** What was known when a dot was last shown. */
interface Mark {
  readonly at: number
  readonly epoch: number
}
type Sees = ReadonlyMap<string, ReadonlySet<string>>

/** Around the end of a session that waits, either is right. */
const SLACK_MS = 15_000

export class Judge {
  readonly violations: Violation[] = []
  readonly #world: () => World
  readonly #marks = new Map<Device, Map<string, Mark>>()

  constructor(world: () => World) {
    this.#world = world
  }

  /** A client is told something. */
  heard(watcher: Device, notice: Notice): void {
    const marks = this.#marks.get(watcher) ?? new Map<string, Mark>()
    this.#marks.set(watcher, marks)
    const { from } = notice
    if (notice.isAvailable) {
      this.#checkAnnotations(watcher, notice)
      // What is annotated is repeated: it is no newer than it was
      if (notice.annotations.length === 0 || !marks.has(from))
        marks.set(from, { at: this.#world().clock.now(), epoch: this.#epochOf(watcher, from) })
      return
    }
    for (const full of watcher.view.dots.keys())
      if (full === from || full.startsWith(`${from}/`)) this.#checkEnd(watcher, full, marks.get(full))
  }
  /** All is quiet. */
  async quiet(): Promise<void> {
    const world = this.#world()
    const sees = new Map<string, ReadonlySet<string>>()
    const subscribers = new Map<string, ReadonlySet<string>>()
    const users = new Set(world.devices.map(({ bare }) => bare))
    for (const user of users) {
      const roster = await world.roster(user)
      if (roster === null) continue
      sees.set(user, new Set([...users].filter((other) => roster.isSubscribedTo(other))))
      subscribers.set(user, new Set([...users].filter((other) => roster.isSubscriber(other))))
    }
    for (const watcher of world.devices) {
      if (!watcher.takesPart || !watcher.isLooking) continue
      for (const device of world.devices)
        if (device !== watcher) this.#check(watcher, device, this.#sight(watcher, device, sees, subscribers))
    }
    for (const error of world.errors) this.#found('error', '', '', JSON.stringify(error))
  }

  #sight(watcher: Device, device: Device, sees: Sees, subscribers: Sees): Sight {
    const world = this.#world()
    if (world.isBlocked(watcher.bare, device.bare)) return OPEN
    if (device.session.is === 'none') return UNSEEN
    if (world.isBlocked(device.bare, watcher.bare)) return UNSEEN
    const isDirect = [watcher.jid, watcher.bare].some((to) => device.directed.has(to))
    const isOwn = device.bare === watcher.bare
    const one = isOwn || sees.get(watcher.bare)?.has(device.bare)
    const other = isOwn || subscribers.get(device.bare)?.has(watcher.bare)
    const isBroadcast = device.presence !== null
    if (isBroadcast && one !== other) return OPEN
    if (isBroadcast && one === true && [watcher.jid, watcher.bare].some((to) => device.denied.has(to))) return OPEN
    if (isBroadcast && one === true) return { must: true, may: true, isDirect: false, isOpen: false }
    return isDirect ? { must: false, may: true, isDirect: true, isOpen: false } : UNSEEN
  }
  #check(watcher: Device, device: Device, { must, may, isDirect, isOpen }: Sight): void {
    const world = this.#world()
    const dot = watcher.view.dots.get(device.jid)
    const found = (kind: Violation['kind'], words: string): void => this.#found(kind, watcher.jid, device.jid, words)
    if (dot !== undefined && !watcher.asks && dot.doubts.size > 0) found('false doubt', 'annotated for who does not ask')
    if (isOpen) return
    const isDoubted = dot !== undefined && dot.doubts.size > 0
    if (world.isBroken(watcher.domain, device.domain)) {
      if (dot !== undefined && watcher.asks && !isDoubted) found('no doubt', `${dot.content} behind a link that is broken`)
      return
    }
    if (dot === undefined) {
      if (must && this.#isSure(device)) found('not shown', `is there: ${device.presence}`)
      return
    }
    if ((!may || this.#isOver(device)) && !this.#mayBeOver(device)) {
      const at = this.#marks.get(watcher)?.get(device.jid)?.at ?? 0
      const isForgotten = device.wasDirect && !isDirect && world.troubledAt(watcher.domain, device.domain) >= at
      if (!isForgotten || (watcher.asks && !isDoubted)) found('ghost', `${dot.content}, and is not there`)
      return
    }
    const contents = [device.presence, ...device.directed.values()]
    if (!contents.includes(dot.content)) found('old', `${dot.content} in place of ${contents.join(' or ')}`)
    if (!watcher.asks) return
    const { session } = device
    if (session.is === 'connected' && isDoubted) found('false doubt', `${[...dot.doubts].join(' ')}, and nothing is wrong`)
    if (session.is === 'lost' && !isDoubted && !this.#isOver(device) && this.#mustBeTold(watcher, device))
      found('no doubt', `${dot.content}, and the session waits for its client`)
  }
  /** Is it certain that its session is there? */
  #isSure({ session }: Device): boolean {
    const now = this.#world().clock.now()
    return session.is === 'connected' || (session.is === 'lost' && session.isSure && now < session.until - SLACK_MS)
  }
  #isOver({ session }: Device): boolean {
    return session.is === 'none' || (session.is === 'lost' && this.#world().clock.now() > session.until + SLACK_MS)
  }
  #mayBeOver({ session }: Device): boolean {
    return session.is === 'lost' && Math.abs(this.#world().clock.now() - session.until) <= SLACK_MS
  }
  /** A server elsewhere tells of a pause who it knows to ask: those whose presence it has (PSA-22). */
  #mustBeTold(watcher: Device, device: Device): boolean {
    return watcher.domain === device.domain
  }

  /** Nobody who is there, and was all the time, is shown as gone. */
  #checkEnd(watcher: Device, full: string, mark: Mark | undefined): void {
    const device = this.#world().device(full)
    if (mark === undefined || !device.isConnected || device.presence === null) return
    const world = this.#world()
    if (world.isBlocked(device.bare, watcher.bare) || !world.isSubscribed(watcher.bare, device.bare)) return
    if (mark.epoch === this.#epochOf(watcher, full))
      this.#found('false offline', watcher.jid, full, 'is there, and was all the time')
  }
  #checkAnnotations(watcher: Device, { from, annotations }: Notice): void {
    const found = (words: string): void => this.#found('repeated', watcher.jid, from, words)
    if (annotations.length > 1 && annotations.some(([, doubt]) => doubt === null)) found('a spent annotation beside another')
    for (const [by, doubt] of annotations) {
      if (by !== watcher.domain && by !== domainOf(from)) this.#found('leak', watcher.jid, from, `annotated by ${by}`)
      if (doubt === null && watcher.view.dots.get(from)?.doubts.has(by) !== true) found('taken back what was not said')
    }
  }
  #epochOf(watcher: Device, full: string): number {
    const world = this.#world()
    const device = world.device(full)
    return device.epoch + world.epochOf(watcher.bare, device.bare)
  }
  #found(kind: Violation['kind'], watcher: string, about: string, words: string): void {
    this.violations.push({ kind, watcher, about, words })
  }
}
