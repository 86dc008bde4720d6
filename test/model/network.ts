/**
 * The network between servers, in memory: what is sent takes a turn of the event loop. A way from one site to another can
 * hold what is sent on it, so that neither side knows, and a link can be cut, with what is still held on it.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Connect } from '../../src/net/dialling.ts'
import { asSocket } from '../support/link.ts'
import type { Zone } from '../support/site.ts'

/** From one site to another. */
class Way {
  /** What is sent stays where it is. */
  isHeld = false
  readonly ends = new Set<End>()

  release(): void {
    this.isHeld = false
    for (const end of this.ends) end.flow()
  }
}

/** One end of a connection: what it sends goes along its way. */
class End extends Duplex {
  peer!: End
  readonly #way: Way
  readonly #moved: () => void
  /** What is on its way; null: its end. */
  #sent: (Buffer | null)[] = []

  constructor(way: Way, moved: () => void) {
    super({ allowHalfOpen: true })
    this.#way = way
    this.#moved = moved
    way.ends.add(this)
    this.on('error', () => {})
  }
  override _read(): void {}
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#send(chunk)
    done()
  }
  override _final(done: () => void): void {
    this.#send(null)
    done()
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#way.ends.delete(this)
    // The other side does not know before something comes through again
    if (!this.#way.isHeld) setImmediate(() => this.peer.destroy())
    done(error)
  }
  /** What can move moves. */
  flow(): void {
    if (this.#way.isHeld || this.peer === VOID || this.#sent.length === 0) return
    if (this.peer.destroyed) return void this.destroy(new Error('connection reset'))
    for (const chunk of this.#sent.splice(0)) {
      this.#moved()
      this.peer.push(chunk)
    }
  }

  #send(chunk: Buffer | null): void {
    this.#sent.push(chunk)
    setImmediate(() => this.flow())
  }
}

export class Network {
  /** How much has moved: while it changes, something is under way. */
  moved = 0
  readonly #zone: Zone
  readonly #ways = new Map<string, Way>()
  readonly #isCut = new Set<string>()

  constructor(zone: Zone) {
    this.#zone = zone
  }
  /** How `from` reaches others. @param isDead its process is gone, whatever it still tries */
  connector(from: string, isDead: () => boolean): Connect {
    return (_, port): Socket => {
      const to = this.#siteAt(port)
      const near = this.#end(from, to)
      const socket = asSocket(near, `192.0.2.${port % 256}`, port)
      setImmediate(() => {
        if (isDead()) return near.destroy()
        const door = this.#zone.doors.get(port)
        if (door === undefined || this.isCut(from, to)) return near.destroy(new Error('connection refused'))
        if (this.#way(from, to).isHeld || this.#way(to, from).isHeld) return // nobody answers
        const far = this.#end(to, from)
        near.peer = far
        far.peer = near
        near.emit('connect')
        door(asSocket(far, '192.0.2.1', 50_000))
      })
      return socket
    }
  }
  isCut(one: string, other: string): boolean {
    return this.#isCut.has(pairOf(one, other))
  }
  /** What is sent from `from` to `to` stays on its way. */
  hold(from: string, to: string): void {
    this.#way(from, to).isHeld = true
  }
  isHeld(from: string, to: string): boolean {
    return this.#way(from, to).isHeld
  }
  /** Nothing gets through, and both sides know; what was held is lost. */
  cut(one: string, other: string): void {
    this.#isCut.add(pairOf(one, other))
    this.#break(one, other)
  }
  heal(one: string, other: string): void {
    this.#isCut.delete(pairOf(one, other))
    for (const way of [this.#way(one, other), this.#way(other, one)]) way.release()
  }
  /** The process at `site` is gone, and the others know; what it still says goes nowhere. */
  kill(site: string, others: readonly string[]): void {
    for (const other of others) {
      for (const end of this.#way(site, other).ends) end.peer = VOID
      for (const end of [...this.#way(other, site).ends]) if (end.peer !== VOID) this.#lose(end)
      this.#way(site, other).ends.clear()
    }
  }

  #break(one: string, other: string): void {
    for (const way of [this.#way(one, other), this.#way(other, one)]) for (const end of [...way.ends]) this.#lose(end)
  }
  #lose(end: End): void {
    end.peer = VOID
    end.destroy(new Error('connection reset'))
  }
  #end(from: string, to: string): End {
    const end = new End(this.#way(from, to), () => (this.moved += 1))
    end.peer = VOID
    return end
  }
  #way(from: string, to: string): Way {
    const key = `${from} ${to}`
    let way = this.#ways.get(key)
    if (way === undefined) this.#ways.set(key, (way = new Way()))
    return way
  }
  #siteAt(port: number): string {
    for (const [domain, service] of this.#zone.services) if (service.port === port) return domain
    throw new Error(`nobody was ever at port ${port}`)
  }
}

/** Takes whatever is sent to it, and never answers. */
const VOID = { destroyed: true, destroy() {} } as unknown as End

const pairOf = (one: string, other: string): string => [one, other].toSorted().join(' ')
