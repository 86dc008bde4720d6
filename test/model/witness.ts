/**
 * What no client may be told on the way: that somebody has gone who is there and was all the time, that a doubt is taken back of
 * which it has not been told, or what it has been told already and has not asked for.
 */
import type { Device } from './device.ts'
import type { Notice, View } from './view.ts'
import { bareOf, domainOf, type World } from './world.ts'

export type Kind =
  | 'false offline'
  | 'ghost'
  | 'not shown'
  | 'old'
  | 'false doubt'
  | 'no doubt'
  | 'leak'
  | 'repeated'
  | 'subscription'
  | 'error'
export interface Violation {
  readonly kind: Kind
  readonly watcher: string
  readonly about: string
  readonly words: string
}

/** What was known when a resource was last shown. */
interface Mark {
  readonly at: number
  readonly epoch: number
}
/** Of one session of a client. */
class Memory {
  readonly session: number
  /** How often its user had looked when the session began. */
  readonly looks: number
  /** By full JID, of what its client has said. */
  readonly marks = new Map<string, Mark>()
  /** By address, available or not: how often there was a reason to tell it anew when it was last told. */
  readonly reasons = new Map<string, number>()
  /**
   * Resources of which one server has just taken its doubt back while another still doubts: what that one doubts is said once
   * more behind it, for clients that keep only the last stanza (docs/decisions/029-doubt-until-confirmed.md).
   */
  readonly taken = new Set<string>()

  constructor(session: number, looks: number) {
    this.session = session
    this.looks = looks
  }
}

export class Witness {
  readonly violations: Violation[] = []
  readonly #world: () => World
  readonly #memories = new Map<Device, Memory>()

  constructor(world: () => World) {
    this.#world = world
  }
  /** A client is told something, which it does not believe yet. */
  heard(watcher: Device, notice: Notice): void {
    const memory = this.#memory(watcher)
    const { from } = notice
    this.#checkRepeated(watcher, memory, notice)
    if (!notice.isAvailable) {
      for (const full of watcher.view.dots.keys())
        if (full === from || full.startsWith(`${from}/`)) this.#checkEnd(watcher, full, memory.marks.get(full))
      return
    }
    this.#checkAnnotations(watcher, notice)
    // What is annotated is repeated: it is no newer than it was
    if (notice.annotations.length === 0 || !memory.marks.has(from))
      memory.marks.set(from, { at: this.#now, epoch: this.#epochOf(watcher, from) })
  }
  /** When the client was last shown this resource as it said itself; 0: never. */
  shownAt(watcher: Device, full: string): number {
    return this.#memory(watcher).marks.get(full)?.at ?? 0
  }
  found(kind: Kind, watcher: string, about: string, words: string): void {
    this.violations.push({ kind, watcher, about, words })
  }

  get #now(): number {
    return this.#world().clock.now()
  }
  #memory(watcher: Device): Memory {
    let memory = this.#memories.get(watcher)
    const { sessions } = watcher.phone
    if (memory?.session !== sessions) this.#memories.set(watcher, (memory = new Memory(sessions, watcher.looks)))
    return memory
  }
  /** Nobody who is there, and was all the time, is shown as gone. */
  #checkEnd(watcher: Device, full: string, mark: Mark | undefined): void {
    const world = this.#world()
    const device = world.device(full)
    if (mark === undefined || !device.isConnected || device.presence === null) return
    if (world.isBlocked(device.bare, watcher.bare) || !world.isSubscribed(watcher.bare, device.bare)) return
    if (mark.epoch === this.#epochOf(watcher, full))
      this.found('false offline', watcher.jid, full, 'is there, and was all the time')
  }
  /** What has not changed is not said again. */
  #checkRepeated(watcher: Device, { looks, marks, reasons, taken }: Memory, notice: Notice): void {
    const { from, isAvailable, content, annotations } = notice
    const isSaidBehind = taken.delete(from) && annotations.some(([, doubt]) => doubt !== null)
    const reason = watcher.looks + this.#world().epochOf(watcher.bare, bareOf(from))
    const key = isAvailable ? from : `no ${from}`
    // That a resource has gone which was never shown needs a reason; that nobody is there is an answer. A server that was started
    // since does not know all that it had shown (docs/decisions/028-repeated-presence.md).
    const isRestored = this.#world().troubledAt(watcher.domain, watcher.domain) >= watcher.sessionAt
    const isNews = isAvailable || !from.includes('/') || marks.has(from) || isRestored
    const before = reasons.get(key) ?? (isNews ? undefined : looks)
    reasons.set(key, reason)
    if (isHalfOver(watcher.view, notice)) taken.add(from)
    // What it asks for at this moment may cross what is told anyway
    const isWanted = before !== reason || watcher.looksAt === this.#now || isSaidBehind || this.#isSaidDirectly(from)
    if (!isWanted && isKnown(watcher.view, notice))
      this.found('repeated', watcher.jid, from, isAvailable ? `is still ${content}` : 'is still gone')
  }
  /** What a client says directly its server passes on, whatever the other knows (RFC 6121 4.6.3). It may be a second on its way. */
  #isSaidDirectly(from: string): boolean {
    return this.#world().devices.some((device) => device.jid === from && this.#now - device.undirectsAt <= 1000)
  }
  #checkAnnotations(watcher: Device, { from, annotations }: Notice): void {
    const repeated = (words: string): void => this.found('repeated', watcher.jid, from, words)
    if (annotations.length > 1 && annotations.some(([, doubt]) => doubt === null)) repeated('a spent annotation beside another')
    for (const [by, doubt] of annotations) {
      if (by !== watcher.domain && by !== domainOf(from)) this.found('leak', watcher.jid, from, `annotated by ${by}`)
      if (doubt === null && watcher.view.dots.get(from)?.doubts.has(by) !== true) repeated('taken back what was not said')
    }
  }
  #epochOf(watcher: Device, full: string): number {
    const world = this.#world()
    const device = world.device(full)
    return device.epoch + world.epochOf(watcher.bare, device.bare)
  }
}

/** Does the client believe just that already? */
function isKnown({ dots }: View, { from, isAvailable, content, annotations }: Notice): boolean {
  if (!isAvailable) return ![...dots.keys()].some((full) => full === from || full.startsWith(`${from}/`))
  const dot = dots.get(from)
  const doubts = annotations.filter(([, doubt]) => doubt !== null)
  return (
    dot?.content === content && dot.doubts.size === doubts.length && doubts.every(([by, doubt]) => dot.doubts.get(by) === doubt)
  )
}

/** Does the notice take back one doubt of several? */
function isHalfOver({ dots }: View, { from, annotations }: Notice): boolean {
  const [first] = annotations
  const doubts = dots.get(from)?.doubts
  return annotations.length === 1 && first![1] === null && doubts?.has(first![0]) === true && doubts.size > 1
}
