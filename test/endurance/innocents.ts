/**
 * The two who talk to each other while others are attacked, in a thread of their own: what the attacks cost whoever makes them
 * does not count.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Link } from '../support/link.ts'
import { message, Person } from './person.ts'

export const INNOCENTS = ['alice', 'bob'] as const

export interface Outcome {
  /** How long each stanza was under way, in milliseconds, since it was last asked. */
  readonly latencies: readonly number[]
  /** How much was said that never came; before the end, what is under way. */
  readonly lost: number
}

/** As others see them. */
export class Innocents {
  readonly #thread: Worker

  /** They are friends already. */
  constructor(port: number) {
    this.#thread = new Worker(new URL(import.meta.url), { workerData: port })
  }
  async ask(what: 'so far' | 'end'): Promise<Outcome> {
    this.#thread.postMessage(what)
    const [outcome] = (await once(this.#thread, 'message')) as [Outcome]
    return outcome
  }
}

/** What stands in each stanza: which of the two has said it, and its number. */
const MARK = /mark-(\d)-\d+\./g
const MARK_OCTETS = 20

/** Two who talk to each other, and look at the clock. */
class Pair {
  latencies: number[] = []
  readonly #sentAt = new Map<string, number>()
  readonly #links: readonly Link[]
  readonly #names: readonly string[]
  #count = 0
  #isOver = false
  readonly #talking: Promise<void>

  constructor(people: readonly Person[], names: readonly string[]) {
    this.#links = people.map(({ wire }) => wire.link)
    this.#names = names
    for (const [me, link] of this.#links.entries()) {
      let rest = ''
      link.listener = (text) => {
        if (text === null && this.#isOver) return // the server stops
        assert(text !== null, 'an innocent client was thrown out')
        rest += text
        for (const [key, by] of rest.matchAll(MARK)) if (Number(by) !== me) this.#came(key)
        rest = rest.replaceAll(MARK, '').slice(-MARK_OCTETS)
      }
    }
    this.#talking = this.#talk()
  }
  /** @returns how much was said that never came */
  async end(): Promise<number> {
    this.#isOver = true
    await this.#talking
    for (let i = 0; i < 100 && this.#sentAt.size > 0; i++) await pause(50)
    return this.#sentAt.size
  }
  #came(key: string): void {
    const at = this.#sentAt.get(key)
    if (at !== undefined) this.latencies.push(performance.now() - at)
    this.#sentAt.delete(key)
  }
  async #talk(): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      for (const [i, link] of this.#links.entries()) {
        link.write(message(this.#names[1 - i]!, `${i}-${round}`, this.#next(i)))
        if (round % 25 === 0) link.write(`<presence><status>${this.#next(i)}</status></presence>`)
      }
      await pause(50)
    }
  }
  #next(by: number): string {
    const key = `mark-${by}-${(this.#count += 1)}.`
    this.#sentAt.set(key, performance.now())
    return key
  }
}

if (!isMainThread) {
  const people = await Promise.all(INNOCENTS.map((user) => Person.comes(workerData as number, user)))
  const pair = new Pair(people, INNOCENTS)
  parentPort!.on('message', (what: 'so far' | 'end') => {
    const tell = (lost: number): void => {
      parentPort!.postMessage({ latencies: pair.latencies, lost } satisfies Outcome)
      pair.latencies = []
      if (what === 'so far') return
      for (const { wire } of people) wire.link.drop()
      parentPort!.close()
    }
    if (what === 'so far') tell(0)
    else void pair.end().then(tell)
  })
}
