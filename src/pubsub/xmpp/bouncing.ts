/**
 * PEP-15, XEP-0060 12.4: errors that answer events. They are never told to the publisher: a subscription ends at once if its address
 * is gone, otherwise after some errors.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { isRefused } from '../machine/decide.ts'
import type { Subscription } from '../machine/node.ts'
import { serverFor, type Nodes } from '../nodes.ts'
import { PUBSUB_EVENT } from './ns.ts'

const COUNTED_MAX = 10_000
const ERRORS_MAX = 5
const DAY: Millis = 86_400_000

interface Count {
  readonly since: Millis
  errors: number
}

export class Bouncing {
  readonly #nodes: Nodes
  readonly #clock: Clock
  readonly #counts = new BoundedMap<string, Count>(COUNTED_MAX)

  constructor(nodes: Nodes, clock: Clock) {
    this.#nodes = nodes
    this.#clock = clock
  }
  /** An error has come back to an owner of nodes. */
  async take(owner: string, packet: Packet): Promise<void> {
    const { from, payload } = packet
    const error = payload.child('error')
    const isFinal = error?.attr('type') === 'cancel' || error?.elements.some(({ name }) => name === 'gone') === true
    if (!isFinal && !this.#isOneTooMany(`${owner} ${from.full}`)) return
    const event = payload.child('event', PUBSUB_EVENT)
    // What answers another message, such as a form, ends nothing
    if (event === undefined && payload.elements.length > 1) return
    const named = event?.elements[0]?.attr('node')
    const theirs = await this.#nodes.store.subscriptionsAt(owner, from.bare)
    const concerned = theirs.filter(({ name }) => named === undefined || name === named)
    for (const name of new Set(concerned.map((one) => one.name))) {
      const here = concerned.filter((one) => one.name === name).map(({ subscription }) => subscription)
      const address = [from.full, from.bare].find((one) => here.some(({ jid }) => jid === one))
      for (const one of here) if (one.jid === address) await this.#unsubscribe(owner, name, from, one)
    }
  }
  async #unsubscribe(owner: string, name: string, from: Jid, { jid, subid }: Subscription): Promise<void> {
    const actor = { ...serverFor(owner), bare: from.bare, full: from.full }
    const command = { do: 'unsubscribe', jid, subid } as const
    const outcome = await this.#nodes.perform({ owner, name, actor, command, make: null })
    if (!isRefused(outcome)) outcome.tell()
  }

  #isOneTooMany(key: string): boolean {
    const now = this.#clock.now()
    const before = this.#counts.get(key)
    const count = before === undefined || now - before.since > DAY ? { since: now, errors: 0 } : before
    count.errors += 1
    this.#counts.set(key, count)
    return count.errors >= ERRORS_MAX
  }
}
